"""What a science module is given: a batch of alerts, read and cut once for all modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fink_t2.alerts.cutouts import Stamps
from fink_t2.science.cuts import Status
from fink_t2.science.light_curves import LightCurves
from fink_t2.science.preprocessing import NetworkInput, preprocess


class AlertBatch:
    """N alerts of one survey.

    Parameters
    ----------
    light_curves : LightCurves
        Their light curves.
    status : ndarray of int8, shape (N,)
        What the quality cuts decided, values of `fink_t2.science.cuts.Status`.
    fields : mapping of str to ndarray, shape (N,)
        The fields that the modules have asked for, by their dotted names. Objects where a field
        holds strings or arrays, or 64-bit integers with nulls.
    cutouts : mapping of str to Stamps
        The cutouts that the modules have asked for, by "science", "template" and "difference".
    identifiers : ndarray, shape (N,), optional
        The alerts' own numbers (ZTF's ``candid``, Rubin's ``diaSourceId``), for log messages.

    Attributes
    ----------
    light_curves, status, fields, cutouts, identifiers
        As above.
    """

    def __init__(
        self,
        light_curves: LightCurves,
        status: npt.NDArray[np.int8],
        fields: Mapping[str, npt.NDArray[Any]] | None = None,
        cutouts: Mapping[str, Stamps] | None = None,
        identifiers: npt.NDArray[Any] | None = None,
    ) -> None:
        self.light_curves = light_curves
        self.status = status
        self.fields = fields or {}
        self.cutouts = cutouts or {}
        numbers = np.arange(len(light_curves))
        self.identifiers = numbers if identifiers is None else identifiers
        self._network_inputs: dict[int, NetworkInput] = {}

    def __len__(self) -> int:
        return len(self.light_curves)

    def passed(self) -> npt.NDArray[np.int64]:
        """Return which alerts passed the quality cuts."""
        return np.flatnonzero(self.status == Status.OK)

    def network_input(self, grid_length: int) -> NetworkInput:
        """Return the interpolated light curves and the features of the alerts that `passed`.

        They are computed when a module first asks for them, and kept for the other modules.

        Parameters
        ----------
        grid_length : int
            L, the number of equally spaced times from first to last point.
        """
        if grid_length not in self._network_inputs:
            curves = self.light_curves.select(self.passed())
            self._network_inputs[grid_length] = preprocess(curves, grid_length)
        return self._network_inputs[grid_length]

    def select(self, chosen: npt.NDArray[np.int64]) -> AlertBatch:
        """Return some of the alerts, in the given order, with what is computed of them.

        Parameters
        ----------
        chosen : ndarray of int64
            Indices of the alerts.
        """
        batch = AlertBatch(
            self.light_curves.select(chosen),
            self.status[chosen],
            {name: values[chosen] for name, values in self.fields.items()},
            {name: stamps.select(chosen) for name, stamps in self.cutouts.items()},
            self.identifiers[chosen],
        )
        has_passed = self.status == Status.OK
        rows = (np.cumsum(has_passed) - 1)[chosen[has_passed[chosen]]]
        batch._network_inputs = {
            grid_length: NetworkInput(whole.grid[rows], whole.features[rows])
            for grid_length, whole in self._network_inputs.items()
        }
        return batch
