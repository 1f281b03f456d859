"""The 14 classes, in the order of the output of every model."""

from __future__ import annotations

from typing import Final

#: PLAsTiCC target code of each class, in the order of the published output (Allam Jr. & McEwen,
#: arXiv:2105.06178, and the model deployed in Fink).
PLASTICC_CODES: Final[dict[str, int]] = {
    "mu-Lens-Single": 6,
    "TDE": 15,
    "EB": 16,
    "SNII": 42,
    "SNIax": 52,
    "Mira": 53,
    "SNIbc": 62,
    "KN": 64,
    "M-dwarf": 65,
    "SNIa-91bg": 67,
    "AGN": 88,
    "SNIa": 90,
    "RRL": 92,
    "SLSN-I": 95,
}

CLASSES: Final[tuple[str, ...]] = tuple(PLASTICC_CODES)

#: The supernovae among the 14 classes.
SUPERNOVA_CLASSES: Final[tuple[str, ...]] = (
    "SNII",
    "SNIax",
    "SNIbc",
    "SNIa-91bg",
    "SNIa",
    "SLSN-I",
)

#: Core-collapse supernovae, the contaminants of a photometric sample of SNIa.
CORE_COLLAPSE_CLASSES: Final[tuple[str, ...]] = ("SNII", "SNIbc")
