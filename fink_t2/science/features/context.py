"""Features that come from a catalogue, and the value of what is not known."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from fink_t2.science.light_curves import LightCurves

#: Value of a feature that is not known: no non-detection, or no redshift.
UNKNOWN: Final = -1.0


def context_features(light_curves: LightCurves) -> npt.NDArray[np.float64]:
    """Return the photometric redshift and its error, shape (N, 2).

    Parameters
    ----------
    light_curves : LightCurves
        N light curves.
    """
    photoz = np.stack([light_curves.photoz, light_curves.photoz_error], axis=1)
    return np.where(np.isfinite(photoz), photoz, UNKNOWN)
