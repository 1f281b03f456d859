"""The published way from photometry to probabilities, as efficient as its libraries allow.

One alert at a time: magnitudes to fluxes, the published george fit, scaling by the largest
flux, the published TFLite file in the interpreter that fink_t2 uses too. The published
module itself is slower: it builds tables, and a new george kernel, for each alert.
"""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from fink_t2.benchmark.george_fit import reference_interpolate
from fink_t2.science.inference import TfliteNetwork
from fink_t2.science.photometry import magnitude_to_fluxcal
from fink_t2.surveys import ZTF

FloatArray = npt.NDArray[np.float64]


class ReferencePath:
    """The stages of the reference path, each for one alert.

    Parameters
    ----------
    published : path, optional
        The published ``.tflite`` file; without it there is no inference.
    """

    def __init__(self, published: str | os.PathLike[str] | None) -> None:
        self._network = TfliteNetwork(published) if published is not None else None
        self._wavelengths = ZTF.passbands.wavelength_array()

    def light_curve(
        self, jd: FloatArray, fid: npt.NDArray[np.int_], magpsf: FloatArray, sigmapsf: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, npt.NDArray[np.int_]]:
        """Select the detections in g and r, and convert them to FLUXCAL.

        Parameters
        ----------
        jd, fid, magpsf, sigmapsf : ndarray, shape (n,)
            History and candidate of one alert.

        Returns
        -------
        time, flux, flux_error, passband : ndarray, shape (k,)
            Points in time order.
        """
        keep = np.flatnonzero((magpsf == magpsf) & (fid < 3))
        keep = keep[np.argsort(jd[keep], kind="stable")]
        flux, flux_error = magnitude_to_fluxcal(magpsf[keep], sigmapsf[keep])
        return jd[keep], flux, flux_error, fid[keep] - 1

    def interpolate(
        self,
        time: FloatArray,
        flux: FloatArray,
        flux_error: FloatArray,
        passband: npt.NDArray[np.int_],
    ) -> FloatArray:
        """Fit with george and L-BFGS-B, evaluate the mean on 100 times, shape (100, 2)."""
        return reference_interpolate(time, flux, flux_error, passband, self._wavelengths)[0]

    def scale(self, grid: FloatArray) -> npt.NDArray[np.float32]:
        """Divide by the largest absolute flux."""
        largest = np.abs(grid).max()
        return (grid / largest if largest > 0 else grid).astype(np.float32)

    def infer(self, scaled: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Run the published network, shape (14,)."""
        if self._network is None:
            raise ValueError("no published network was given")
        return self._network.predict(scaled[None])[0]
