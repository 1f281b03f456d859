"""The 14 classes, in the order in which every model puts them out."""

from __future__ import annotations

from typing import Final

#: PLAsTiCC target code of each class; iteration order is the published output order
#: (Allam Jr. & McEwen, arXiv:2105.06178, and the deployed Fink model).
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

#: Every kind of supernova among the 14 classes.
SUPERNOVA_CLASSES: Final[tuple[str, ...]] = (
    "SNII",
    "SNIax",
    "SNIbc",
    "SNIa-91bg",
    "SNIa",
    "SLSN-I",
)

#: What contaminates a photometric SNIa sample in the published contamination figure.
CORE_COLLAPSE_CLASSES: Final[tuple[str, ...]] = ("SNII", "SNIbc")
