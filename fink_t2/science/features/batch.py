"""The loop over the light curves of a batch, compiled once and kept on disk."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types

from fink_t2.science.compilation import compile_and_keep
from fink_t2.science.features.brightness import Brightness, brightness
from fink_t2.science.features.colour import Colour, colour
from fink_t2.science.features.context import UNKNOWN
from fink_t2.science.features.curve_shape import CurveShape, curve_shape
from fink_t2.science.features.duration import Duration, duration
from fink_t2.science.features.mean_curve import largest_size, mean_curve
from fink_t2.science.features.passband_shape import PassbandShape, passband_shape
from fink_t2.science.features.registry import (
    COLOUR_FEATURES,
    LIGHT_CURVE_FEATURES,
    PASSBAND_FEATURES,
    columns_of,
)
from fink_t2.science.features.variability import Variability, variability

# The columns that the fields of each group of features are written to: of the whole row, of the
# columns of one passband, and of the columns of one pair of passbands.
_BRIGHTNESS = columns_of(Brightness._fields, LIGHT_CURVE_FEATURES)
_DURATION = columns_of(Duration._fields, LIGHT_CURVE_FEATURES)
_VARIABILITY = columns_of(Variability._fields, LIGHT_CURVE_FEATURES)
_CURVE_SHAPE = columns_of(CurveShape._fields, LIGHT_CURVE_FEATURES)
_PASSBAND_SHAPE = columns_of(PassbandShape._fields, PASSBAND_FEATURES)
_COLOUR = columns_of(Colour._fields, COLOUR_FEATURES)
(_LIMIT_GAP,) = columns_of(("log_limit_gap",), LIGHT_CURVE_FEATURES)
(_LOG_POINTS,) = columns_of(("log_points",), PASSBAND_FEATURES)

_N_LIGHT_CURVE = len(LIGHT_CURVE_FEATURES)
_N_PASSBAND = len(PASSBAND_FEATURES)
_N_COLOUR = len(COLOUR_FEATURES)


def _read_only(dtype: types.Type) -> types.Array:
    return types.Array(dtype, 1, "C", readonly=True)


_SIGNATURE = types.int64(
    _read_only(types.int64),
    *[_read_only(types.float64)] * 3,
    _read_only(types.int8),
    *[_read_only(types.float64)] * 4,
    types.Array(types.float64, 3, "C", readonly=True),
    types.float64[:, ::1],
)


def n_columns(n_bands: int) -> int:
    """Return the number of features that are computed from light curves.

    Parameters
    ----------
    n_bands : int
        Number of passbands.
    """
    return _N_LIGHT_CURVE + _N_PASSBAND * n_bands + _N_COLOUR * (n_bands - 1)


@functools.cache
def compiled_batch() -> Callable[..., int]:
    """Return the compiled loop; see `fink_t2.science.compilation.compile_and_keep`."""
    return compile_and_keep(_make_batch, _SIGNATURE, __package__)


@numba.njit(nogil=True, error_model="numpy")
def _write(row, first, columns, values) -> Any:  # type: ignore[no-untyped-def]
    """Write a group of features to its columns, counted from the column `first`."""
    for field in range(len(columns)):
        row[first + columns[field]] = values[field]


@numba.njit(nogil=True, error_model="numpy")
def _point_features(  # type: ignore[no-untyped-def]
    row,
    time,
    flux,
    flux_error,
    passband,
    n_bands,
    last_limit,
    first_seen,
    time_scale,
    amplitude,
) -> Any:
    """Compute the features that come from the points of one light curve."""
    _write(row, 0, _BRIGHTNESS, brightness(flux, flux_error, passband, n_bands, amplitude))
    _write(row, 0, _DURATION, duration(time, flux, last_limit, first_seen, time_scale))
    _write(row, 0, _VARIABILITY, variability(time, flux, flux_error, passband, n_bands))


@numba.njit(nogil=True, error_model="numpy")
def _grid_features(row, grid, span, count) -> Any:  # type: ignore[no-untyped-def]
    """Compute the features that come from the interpolated flux of one light curve."""
    length, n_bands = grid.shape
    curve, largest = mean_curve(grid)
    if largest == 0.0:
        return
    top = curve.argmax()
    step = span / (length - 1)
    _write(row, 0, _CURVE_SHAPE, curve_shape(curve, step))

    brightest = 0.0
    for band in range(n_bands):
        brightest = max(brightest, largest_size(grid[:, band]))
    for band in range(n_bands):
        first = _N_LIGHT_CURVE + _N_PASSBAND * band
        shape = passband_shape(grid[:, band], count[band], brightest, top, step)
        _write(row, first, _PASSBAND_SHAPE, shape)
    for pair in range(n_bands - 1):
        first = _N_LIGHT_CURVE + _N_PASSBAND * n_bands + _N_COLOUR * pair
        _write(row, first, _COLOUR, colour(grid[:, pair], grid[:, pair + 1], top, step))


def _make_batch(source_digest: int) -> Callable[..., int]:
    def features_of_batch(  # type: ignore[no-untyped-def]
        starts,
        time,
        flux,
        flux_error,
        passband,
        last_limit,
        first_seen,
        time_scale,
        amplitude,
        grids,
        features,
    ) -> Any:
        n_curves, length, n_bands = grids.shape
        count = np.empty(n_bands, np.int64)
        for curve in range(n_curves):
            begin, end = starts[curve], starts[curve + 1]
            row = features[curve]
            row[:] = 0.0
            if end == begin:
                row[_LIMIT_GAP] = UNKNOWN
                continue
            _point_features(
                row,
                time[begin:end],
                flux[begin:end],
                flux_error[begin:end],
                passband[begin:end],
                n_bands,
                last_limit[curve],
                first_seen[curve],
                time_scale[curve],
                amplitude[curve],
            )
            count[:] = 0
            for point in range(begin, end):
                count[passband[point]] += 1
            for band in range(n_bands):
                column = _N_LIGHT_CURVE + _N_PASSBAND * band + _LOG_POINTS
                row[column] = np.log10(1.0 + count[band])
            if length > 1:
                _grid_features(row, grids[curve], time[end - 1] - time[begin], count)
        return source_digest

    return features_of_batch
