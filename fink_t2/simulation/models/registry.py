"""The families of sources that each class consists of, with their shares."""

from __future__ import annotations

from fink_t2.simulation.models import (
    active_nuclei,
    core_collapse,
    irregular,
    luminous,
    stellar,
    thermonuclear,
)
from fink_t2.simulation.models.source import Source

#: Families of each class and their shares, which sum to 1. The class "other" is none of the 14
#: classes and is simulated on request only.
FAMILIES: dict[str, tuple[tuple[Source, float], ...]] = {
    "mu-Lens-Single": ((stellar.LENSING, 1.0),),
    "TDE": ((luminous.TIDAL_DISRUPTION, 1.0),),
    "EB": ((stellar.ECLIPSING, 1.0),),
    "SNII": (
        (core_collapse.PLATEAU, 0.57),
        (core_collapse.LINEAR, 0.20),
        (core_collapse.INTERACTING, 0.13),
        (core_collapse.STRIPPED_HYDROGEN, 0.10),
    ),
    "SNIax": ((thermonuclear.IAX, 1.0),),
    "Mira": ((stellar.MIRA, 1.0),),
    "SNIbc": ((core_collapse.STRIPPED, 0.93), (core_collapse.HELIUM_INTERACTING, 0.07)),
    "KN": ((luminous.KILONOVA, 1.0),),
    "M-dwarf": ((stellar.FLARING, 1.0),),
    "SNIa-91bg": ((thermonuclear.SUBLUMINOUS, 1.0),),
    "AGN": ((active_nuclei.QUASAR, 0.40), (active_nuclei.BLAZAR, 0.60)),
    "SNIa": ((thermonuclear.NORMAL, 1.0),),
    "RRL": ((stellar.LYRAE, 1.0),),
    "SLSN-I": ((luminous.SUPERLUMINOUS, 1.0),),
    "other": (
        (irregular.CATACLYSMIC, 0.30),
        (irregular.YOUNG, 0.25),
        (irregular.HOT, 0.15),
        (irregular.GIANT, 0.15),
        (irregular.SPOTTED, 0.08),
        (irregular.CEPHEID, 0.07),
    ),
}
