"""The one way from light curves to what the network sees.

Training, the stream, ``fink-t2 classify``, the benchmark and the explainers all call
`preprocess`. Whatever changes its output changes `PREPROCESSING_VERSION`, and a model made
with another version is refused when it is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fink_t2.science.features import compute_features
from fink_t2.science.gaussian_process import interpolate
from fink_t2.science.light_curves import LightCurves

PREPROCESSING_VERSION: Final = "1"


@dataclass(frozen=True)
class NetworkInput:
    """What a network gets.

    Attributes
    ----------
    grid : ndarray of float32, shape (N, L, M)
        Interpolated flux, time forward, divided by the curve's largest absolute value.
    features : ndarray of float32, shape (N, R)
        Auxiliary features; columns as `fink_t2.science.features.feature_names`.
    """

    grid: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]


def preprocess(light_curves: LightCurves, grid_length: int = 100) -> NetworkInput:
    """Interpolate and scale light curves.

    Parameters
    ----------
    light_curves : LightCurves
        N light curves that passed the cuts; others give finite but meaningless rows.
    grid_length : int
        L, the number of equally spaced times from first to last point.

    Returns
    -------
    NetworkInput
    """
    interpolation = interpolate(
        light_curves.starts,
        light_curves.time,
        light_curves.flux,
        light_curves.flux_error,
        light_curves.passband,
        light_curves.passbands.wavelength_array(),
        grid_length,
    )
    return NetworkInput(
        grid=scale(interpolation.flux),
        features=compute_features(light_curves, interpolation),
    )


def scale(grid: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Divide every curve by its own largest absolute flux, over all its passbands.

    Parameters
    ----------
    grid : ndarray of float64, shape (N, L, M)
        Interpolated fluxes.

    Returns
    -------
    ndarray of float32, shape (N, L, M)
        Values in [-1, 1]; a curve that is zero everywhere stays zero. One factor for all
        passbands keeps the colour.
    """
    largest = np.abs(grid).max(axis=(1, 2), keepdims=True, initial=0.0)
    return np.divide(grid, largest, out=np.zeros_like(grid), where=largest > 0).astype(np.float32)
