"""The labelled light curves that a configuration names, and those of them that are held out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fink_t2.science.cuts import CutSettings, Status, apply_cuts
from fink_t2.training.data_sets.registry import DATA_SETS, Content
from fink_t2.training.examples.labelled import Labelled
from fink_t2.training.examples.splits import stratified_folds
from fink_t2.training.retraining.settings import RetrainSettings


@dataclass(frozen=True)
class RealData:
    """Labelled light curves that pass the cuts: real ones, or from published simulations.

    Attributes
    ----------
    whole : list of Labelled
        Whole light curves of transients.
    alerts : list of Labelled
        Alerts of transients.
    contaminants : list of Labelled
        Alerts of variable stars and active galaxies.
    missing : tuple of str
        Paths that the configuration names and that do not exist.
    """

    whole: list[Labelled]
    alerts: list[Labelled]
    contaminants: list[Labelled]
    missing: tuple[str, ...]

    def all(self) -> list[Labelled]:
        """Return all data sets."""
        return [*self.whole, *self.alerts, *self.contaminants]

    def select(self, mask_of: Callable[[Labelled], npt.NDArray[np.bool_]]) -> RealData:
        """Return some of the examples.

        Parameters
        ----------
        mask_of : callable
            Function that returns for a data set the mask of its selected examples.
        """

        def selected(parts: list[Labelled]) -> list[Labelled]:
            return [part.select(mask_of(part)) for part in parts]

        return RealData(
            selected(self.whole), selected(self.alerts), selected(self.contaminants), self.missing
        )


def real_data(settings: RetrainSettings) -> RealData:
    """Read the labelled light curves that the configuration names.

    Parameters
    ----------
    settings : RetrainSettings
        The configuration.

    Returns
    -------
    RealData

    Raises
    ------
    LightCurveError
        If a table lacks a column.
    """
    parts: dict[Content, list[Labelled]] = {content: [] for content in Content}
    missing = []
    for name, data_set in DATA_SETS.items():
        path = settings.real.path_of(name)
        if not path:
            continue
        if not Path(path).exists():
            missing.append(path)
            continue
        paths = [path]
        if data_set.second_file:
            paths.append(settings.real.path_of(data_set.second_file))
        labelled = data_set.read(*paths)
        passes = apply_cuts(labelled.light_curves, CutSettings()) == Status.OK
        parts[data_set.content].append(labelled.select(passes))
    return RealData(
        parts[Content.LIGHT_CURVES],
        parts[Content.ALERTS],
        parts[Content.CONTAMINANTS],
        tuple(missing),
    )


def held_out_objects(data: RealData, share: float, seed: int) -> frozenset[str]:
    """Choose the objects that are kept out of training: a fraction of every class.

    Parameters
    ----------
    data : RealData
        All labelled light curves.
    share : float
        The fraction; with 0, no object is held out.
    seed : int
        Seed of the choice.

    Returns
    -------
    frozenset of str
        Names of the objects.
    """
    parts = data.all()
    if not parts or share <= 0:
        return frozenset()
    ids = np.concatenate([part.object_id for part in parts])
    labels = np.concatenate([part.labels() for part in parts])
    folds = stratified_folds(ids, labels, max(2, round(1.0 / share)), seed)
    return frozenset(ids[folds == 0].tolist())


def is_among(objects: frozenset[str]) -> Callable[[Labelled], npt.NDArray[np.bool_]]:
    """Return a function that returns the mask of the examples of some objects."""
    return lambda part: np.array([name in objects for name in part.object_id], dtype=bool)
