"""The published network with the input that it received in its deployment."""

from __future__ import annotations

import dataclasses
import os

import numpy as np

from fink_t2.classifier import NOT_CLASSIFIED, Classification
from fink_t2.science.classes import CLASSES
from fink_t2.science.cuts import CutSettings, Status, apply_cuts
from fink_t2.science.inference import TfliteNetwork
from fink_t2.science.light_curves import LightCurves
from fink_t2.science.preprocessing import preprocess


class PublishedDeployment:
    """The published TFLite file with the preprocessing of its deployment.

    The deployed module did not reverse the history of an alert, which is in order of decreasing
    time, and took negative subtractions for positive flux. The Gaussian process is that of this
    package, which agrees with the library of the deployment.

    Parameters
    ----------
    path : path
        The published TFLite file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._network = TfliteNetwork(path)

    def classify(self, light_curves: LightCurves) -> Classification:
        """Classify light curves in g and r.

        Parameters
        ----------
        light_curves : LightCurves
            N light curves of ZTF.
        """
        status = apply_cuts(light_curves, CutSettings())
        probabilities = np.full((len(light_curves), len(CLASSES)), NOT_CLASSIFIED, np.float32)
        chosen = np.flatnonzero(status == Status.OK)
        curves = light_curves.select(chosen)
        unsigned = dataclasses.replace(curves, flux=np.abs(curves.flux))
        grid = preprocess(unsigned, self._network.light_curve_shape[0]).grid
        probabilities[chosen] = self._network.predict(np.ascontiguousarray(grid[:, ::-1]))
        return Classification(probabilities, status, light_curves.points_per_passband())
