"""Features of the colour: contrasts of the interpolated fluxes of two passbands."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba

from fink_t2.science.features.mean_curve import steps_per_day, value_at


class Colour(NamedTuple):
    """Features that `colour` computes."""

    mean: float
    first: float
    peak: float
    peak_15: float
    peak_30: float
    last: float


@numba.njit(nogil=True, error_model="numpy")
def contrast(blue, red) -> Any:  # type: ignore[no-untyped-def]
    """Return (red - blue) / (\\|red\\| + \\|blue\\|), or zero where both fluxes are zero.

    Unlike a difference of magnitudes it is defined for negative fluxes, and it lies between
    -1 and 1.

    Parameters
    ----------
    blue, red : float
        Fluxes in the bluer and in the redder passband.
    """
    size = abs(red) + abs(blue)
    return (red - blue) / size if size > 0.0 else 0.0


@numba.njit(nogil=True, error_model="numpy")
def colour(blue, red, top, step) -> Any:  # type: ignore[no-untyped-def]
    """Compute the features of the colour of one light curve.

    Parameters
    ----------
    blue, red : ndarray of float64, shape (L,)
        Interpolated flux in the bluer and in the redder passband; L is 2 or more.
    top : int
        Index of the maximum of the mean curve.
    step : float
        Days between two times of the grid.

    Returns
    -------
    Colour
    """
    per_day = steps_per_day(step)
    after_15 = top + 15.0 * per_day
    after_30 = top + 30.0 * per_day
    return Colour(
        mean=contrast(blue.mean(), red.mean()),
        first=contrast(blue[0], red[0]),
        peak=contrast(blue[top], red[top]),
        peak_15=contrast(value_at(blue, after_15), value_at(red, after_15)),
        peak_30=contrast(value_at(blue, after_30), value_at(red, after_30)),
        last=contrast(blue[-1], red[-1]),
    )
