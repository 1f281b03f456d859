"""The kernel in plain NumPy: what the compiled one must compute."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

#: s^2 = SQUARED_DISTANCE_FACTOR (dt^2 / M_t + dlambda^2 / 6000^2).
SQUARED_DISTANCE_FACTOR = 3.0
#: Whether it is the kernel of the published fit, with which some tests compare.
IS_PUBLISHED = True


def correlation(s: FloatArray) -> FloatArray:
    """Return f(s), Matern-3/2."""
    return (1 + s) * np.exp(-s)


def covariance(
    time: FloatArray, wavelength: FloatArray, amplitude: float, metric: float
) -> FloatArray:
    """Return the matrix a f(s) of all pairs of points.

    Parameters
    ----------
    time, wavelength : ndarray, shape (n,)
        Days, Angstrom.
    amplitude, metric : float
        a and M_t.
    """
    r2 = (time[:, None] - time) ** 2 / metric + (wavelength[:, None] - wavelength) ** 2 / 6000.0**2
    return amplitude * correlation(np.sqrt(SQUARED_DISTANCE_FACTOR * r2))
