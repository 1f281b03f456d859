"""The loop over the light curves of a batch, compiled once and kept on disk."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types

from fink_t2.science.compilation import compile_and_keep
from fink_t2.science.gaussian_process.binning import shorten
from fink_t2.science.gaussian_process.kernel import scaled_wavelength
from fink_t2.science.gaussian_process.likelihood import log_likelihood
from fink_t2.science.gaussian_process.maximum import find_weights, maximise
from fink_t2.science.gaussian_process.points import allocate_points, copy, measurements
from fink_t2.science.gaussian_process.prediction import predict
from fink_t2.science.gaussian_process.workspace import allocate, fill, padded

#: Initial value of ln a: the published (0.5 scale)^2, for fluxes divided by the scale.
FIRST_LOG_AMPLITUDE = np.log(0.5**2)


def _read_only(dtype: types.Type) -> types.Array:
    return types.Array(dtype, 1, "C", readonly=True)


_INPUTS = (
    _read_only(types.int64),
    *[_read_only(types.float64)] * 3,
    _read_only(types.int8),
    _read_only(types.float64),
    types.int64,
    types.int64,
)
_RESULTS = (types.float64[:, :, ::1], *[types.float64[::1]] * 3, types.boolean[::1])
_SIGNATURE = types.int64(*_INPUTS, *_RESULTS)


@functools.cache
def compiled_batch() -> Callable[..., int]:
    """Return the compiled loop; see `fink_t2.science.compilation.compile_and_keep`."""
    return compile_and_keep(_make_batch, _SIGNATURE, __package__)


def _make_batch(source_digest: int) -> Callable[..., int]:
    def interpolate_batch(  # type: ignore[no-untyped-def]
        starts,
        time,
        flux,
        flux_error,
        passband,
        wavelengths,
        most_fitted,
        most_points,
        grids,
        amplitudes,
        time_scales,
        log_likelihoods,
        converged,
    ) -> Any:
        n_curves = starts.size - 1
        n_bands = wavelengths.size
        length = grids.shape[1]
        longest = 0
        for curve in range(n_curves):
            longest = max(longest, starts[curve + 1] - starts[curve])
        longest_used = min(longest, max(most_fitted, most_points))
        space = allocate(longest_used)
        all_points = allocate_points(longest)
        fitted = allocate_points(longest_used)
        cost = np.empty(longest)
        previous = np.empty(n_bands, np.int64)
        colours = np.empty(n_bands)
        for band in range(n_bands):
            colours[band] = scaled_wavelength(wavelengths[band])
        _, padded_length = padded(length)
        grid_times = np.empty(padded_length)
        row = np.empty(padded_length)

        for curve in range(n_curves):
            n, scale = measurements(
                starts[curve],
                starts[curve + 1],
                time,
                flux,
                flux_error,
                passband,
                n_bands,
                all_points,
            )
            if scale == 0.0:
                continue
            span = 0.0
            for point in range(n):
                span = max(span, all_points.time[point])
            log_scale = n * np.log(scale)
            n, log_factor = shorten(n, most_points, all_points, previous, cost)
            copy(n, all_points, fitted)
            n_fitted, _ = shorten(n, most_fitted, fitted, previous, cost)
            fill(n_fitted, fitted, colours, space)
            log_amplitude, log_metric, likelihood, is_maximum = maximise(
                n_fitted, FIRST_LOG_AMPLITUDE, space
            )
            if n_fitted < n:
                fill(n, all_points, colours, space)
                likelihood = log_likelihood(n, log_amplitude, log_metric, space)
                find_weights(n, space)

            amplitude = np.exp(log_amplitude)
            for point in range(n):
                space.weight[point] *= amplitude * scale
            step = span / max(length - 1, 1)
            for position in range(padded_length):
                grid_times[position] = position * step
            predict(n, space, np.exp(-log_metric), grid_times, colours, row, grids[curve])
            amplitudes[curve] = amplitude * scale * scale
            time_scales[curve] = np.exp(0.5 * log_metric)
            log_likelihoods[curve] = likelihood + log_factor - log_scale
            converged[curve] = is_maximum
        return source_digest

    return interpolate_batch
