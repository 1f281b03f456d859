"""Preprocessing: from light curves to the input of a network.

Training, the stream, ``fink-t2 classify`` and the benchmark all use `preprocess`. A change of its
output requires a new `PREPROCESSING_VERSION`; a model that was trained with another version is
refused when it is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fink_t2.science.features import compute_features
from fink_t2.science.gaussian_process import interpolate
from fink_t2.science.light_curves import LightCurves

#: Version of the output of `preprocess`, which ``tests/science/frozen_reference.npz`` records.
PREPROCESSING_VERSION: Final = "1"


@dataclass(frozen=True)
class NetworkInput:
    """Input of a network for N light curves.

    Attributes
    ----------
    grid : ndarray of float32, shape (N, L, M)
        Interpolated flux at L times in M passbands, oldest first, divided by the largest absolute
        value of the light curve.
    features : ndarray of float32, shape (N, R)
        Auxiliary features, in the order of `fink_t2.science.features.feature_names`.
    """

    grid: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]


def preprocess(light_curves: LightCurves, grid_length: int = 100) -> NetworkInput:
    """Interpolate and scale light curves, and compute their auxiliary features.

    Parameters
    ----------
    light_curves : LightCurves
        N light curves that passed the quality cuts. The rows of others are finite but have no
        meaning.
    grid_length : int
        L, the number of equally spaced times from the first to the last point.

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
    """Divide every light curve by its largest absolute flux in any passband.

    Parameters
    ----------
    grid : ndarray of float64, shape (N, L, M)
        Interpolated fluxes.

    Returns
    -------
    ndarray of float32, shape (N, L, M)
        Values in [-1, 1]. A light curve that is zero everywhere stays zero. All passbands are
        divided by the same factor, so that the colour is retained.
    """
    largest = np.abs(grid).max(axis=(1, 2), keepdims=True, initial=0.0)
    return np.divide(grid, largest, out=np.zeros_like(grid), where=largest > 0).astype(np.float32)
