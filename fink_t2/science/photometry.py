"""Photometric units. Fluxes inside the package are SNANA FLUXCAL (zero point 27.5)."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

#: Relative error of the flux for an error of one magnitude, 0.4 ln 10.
MAGNITUDE_TO_RELATIVE_FLUX: Final = 0.4 * np.log(10.0)

#: AB magnitude of one unit of FLUXCAL.
FLUXCAL_ZERO_POINT: Final = 27.5

#: FLUXCAL of one unit of flux. The AB zero points are 27.5 for FLUXCAL, 31.4 for nJy and 23.9 for
#: uJy (Oke & Gunn 1983: 3631 Jy at magnitude 0).
FLUXCAL_PER_UNIT: Final = {
    "fluxcal": 1.0,
    "nJy": 10.0 ** (-0.4 * (31.4 - FLUXCAL_ZERO_POINT)),
    "uJy": 10.0 ** (-0.4 * (23.9 - FLUXCAL_ZERO_POINT)),
}

#: Julian Date at which the Modified Julian Date is zero.
JULIAN_DATE_OF_MJD_ZERO: Final = 2400000.5


def magnitude_to_fluxcal(
    magnitude: npt.ArrayLike, magnitude_error: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Convert magnitudes to SNANA FLUXCAL.

    FLUXCAL = 10^(-0.4 m) 10^11 and its error is FLUXCAL 0.4 ln(10) sigma_m (SNANA manual; the
    published Fink module uses the same conversion).

    Parameters
    ----------
    magnitude, magnitude_error : array_like
        Magnitudes and their errors, any shape.

    Returns
    -------
    flux, flux_error : ndarray of float64
        FLUXCAL and its error; NaN where the magnitude is NaN.
    """
    flux = 10.0 ** (-0.4 * np.asarray(magnitude, dtype=np.float64) + 11.0)
    return flux, flux * MAGNITUDE_TO_RELATIVE_FLUX * np.asarray(magnitude_error, np.float64)


def fluxcal_to_magnitude(flux: npt.ArrayLike) -> FloatArray:
    """Convert positive FLUXCAL to magnitudes; NaN where the flux is not positive."""
    flux = np.asarray(flux, dtype=np.float64)
    positive = np.where(flux > 0, flux, np.nan)
    return FLUXCAL_ZERO_POINT - 2.5 * np.log10(positive)
