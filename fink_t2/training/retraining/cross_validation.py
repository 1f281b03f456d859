"""Cross-validate the fine-tuning by object: what the recipe is worth on objects not learnt from."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.classifier import NOT_CLASSIFIED, Classification
from fink_t2.science.classes import CLASSES
from fink_t2.science.cuts import CutSettings, Status, apply_cuts
from fink_t2.science.light_curves import LightCurves
from fink_t2.science.preprocessing import preprocess
from fink_t2.training.calibration.class_factors import choose_factors
from fink_t2.training.calibration.logit_calibration import (
    Calibration,
    fit_calibration,
    fit_temperature,
)
from fink_t2.training.evaluation.acceptance import (
    CanClassify,
    measure_elasticc,
    measure_ztf,
    what_counts,
)
from fink_t2.training.examples.example_files import stored_array
from fink_t2.training.examples.examples import Examples
from fink_t2.training.examples.labelled import concatenate
from fink_t2.training.examples.splits import stratified_folds
from fink_t2.training.optimisation.fit import predict, share_of_time
from fink_t2.training.optimisation.flat_log_loss import class_weights
from fink_t2.training.retraining.fine_tuning import fine_tune
from fink_t2.training.retraining.settings import ExportSettings, RetrainSettings
from fink_t2.training.retraining.training_sets import RealData, fine_tuning_set


@dataclass(frozen=True)
class HeldOutPredictions:
    """What the networks of a cross-validation say of the light curves they had not seen.

    Attributes
    ----------
    probabilities : ndarray of float32, shape (N, 14)
        Not calibrated.
    label_mask : ndarray of bool, shape (N, 14)
        Classes that are right.
    fold : ndarray of int64, shape (N,)
        Fold of each light curve.
    counts_for : ndarray of str, shape (N,)
        Which criteria of acceptance it counts for
        (`fink_t2.training.evaluation.acceptance.what_counts`).
    """

    probabilities: npt.NDArray[np.float32]
    label_mask: npt.NDArray[np.bool_]
    fold: npt.NDArray[np.int64]
    counts_for: npt.NDArray[np.str_]

    def calibration(self, export: ExportSettings, without: int | None = None) -> Calibration:
        """Fit a calibration on all folds, or on all but one.

        Parameters
        ----------
        export : ExportSettings
            How.
        without : int, optional
            The fold to leave out.
        """
        keep = np.ones(len(self.fold), bool) if without is None else self.fold != without
        probabilities, label_mask = self.probabilities[keep], self.label_mask[keep]
        if export.factor_groups:
            factors = choose_factors(
                probabilities, label_mask, self.counts_for[keep], export.factor_groups
            )
            return fit_temperature(probabilities, label_mask, factors)
        weights = class_weights(label_mask, export.class_power)
        return fit_calibration(probabilities, label_mask, weights, export.class_shifts)


class HeldOutClassifier:
    """Answers for every real light curve with the network that had not seen its object.

    Its calibration was fitted on the other folds, each of their light curves as the network
    that had not seen it has it: no label decides how its own light curve is called.

    Parameters
    ----------
    data : RealData
        The light curves that were cross-validated.
    predictions : HeldOutPredictions
        What was said of them, in the order of ``data.all()``.
    trained : keras.Model
        The network that has learnt from all; it answers for light curves that are not real.
    settings : RetrainSettings
        How a light curve is prepared, and how the calibration is fitted.
    """

    def __init__(
        self,
        data: RealData,
        predictions: HeldOutPredictions,
        trained: keras.Model,
        settings: RetrainSettings,
    ) -> None:
        names = fingerprints(concatenate(data.all()).light_curves)
        self._row = {name: row for row, name in enumerate(names)}
        self._trained = trained
        self._settings = settings
        self._calibration = predictions.calibration(settings.export)
        self._probabilities = np.empty(predictions.probabilities.shape, dtype=np.float32)
        for number in np.unique(predictions.fold):
            apart = predictions.fold == number
            calibration = predictions.calibration(settings.export, without=int(number))
            self._probabilities[apart] = calibration.apply(predictions.probabilities[apart])

    def classify(self, light_curves: LightCurves) -> Classification:
        """Classify N light curves."""
        status = apply_cuts(light_curves, CutSettings())
        probabilities = np.full((len(light_curves), len(CLASSES)), NOT_CLASSIFIED, np.float32)
        row = np.array([self._row.get(name, -1) for name in fingerprints(light_curves)], int)
        known = np.flatnonzero((status == Status.OK) & (row >= 0))
        probabilities[known] = self._probabilities[row[known]]
        others = np.flatnonzero((status == Status.OK) & (row < 0))
        if others.size:
            curves = light_curves.select(others)
            found = predict_light_curves(self._trained, curves, self._settings)
            probabilities[others] = self._calibration.apply(found)
        return Classification(probabilities, status, light_curves.points_per_passband())


def cross_validate(
    pretrained: keras.Model,
    data: RealData,
    simulated: Examples,
    settings: RetrainSettings,
    n_folds: int,
    say: Callable[[str], None] = print,
    deadline: float | None = None,
) -> HeldOutPredictions:
    """Fine-tune once per fold of the objects, each time without that fold.

    Parameters
    ----------
    pretrained : keras.Model
        Network trained on simulated light curves; it is left as it is.
    data : RealData
        All real examples that may be learnt from.
    simulated : Examples
        Simulated training examples, mixed in as ever.
    settings : RetrainSettings
        The recipe.
    n_folds : int
        Number of folds.
    say : callable
        Told of the progress.
    deadline : float, optional
        In `time.monotonic` seconds; each fold may take its share of the time left.

    Returns
    -------
    HeldOutPredictions
        Of the light curves in `data`: what the final network's calibration is fitted on.
    """
    everything = concatenate(data.all())
    ids = everything.object_id
    fold = stratified_folds(ids, everything.labels(), n_folds, settings.seed)
    fold_of = dict(zip(ids.tolist(), fold.tolist(), strict=True))
    probabilities = np.empty((len(everything), len(CLASSES)), dtype=np.float32)
    for number in range(n_folds):
        say(f"fold {number + 1} of {n_folds}")
        learn = data.select(lambda part, n=number: _folds_of(part.object_id, fold_of) != n)  # type: ignore[misc]
        model = fine_tune(
            pretrained,
            lambda copy, learn=learn: fine_tuning_set(learn, simulated, settings, copy),  # type: ignore[misc]
            settings,
            deadline=share_of_time(deadline, 1 / (n_folds - number)),
        )
        apart = fold == number
        curves = everything.light_curves.select(np.flatnonzero(apart))
        probabilities[apart] = predict_light_curves(model, curves, settings)
    return HeldOutPredictions(probabilities, everything.label_mask, fold, what_counts(everything))


def load_predictions(path: str | os.PathLike[str]) -> HeldOutPredictions:
    """Read the predictions of a cross-validation from an ``.npz`` file."""
    with np.load(path) as arrays:
        names = [field.name for field in dataclasses.fields(HeldOutPredictions)]
        return HeldOutPredictions(**{name: stored_array(arrays, name) for name in names})


def real_scores(
    classifier: CanClassify, settings: RetrainSettings, held_out: Collection[str] | None = None
) -> dict[str, Any]:
    """Return the numbers of the acceptance table for the labelled data that were used.

    Parameters
    ----------
    classifier : CanClassify
        The model.
    settings : RetrainSettings
        Where the data are.
    held_out : collection of str, optional
        Objects to restrict it to.
    """
    named = settings.real.path_of("light_curves") or settings.real.path_of("elasticc")
    # <shared>/data/labelled/<table>
    shared = Path(named).resolve().parents[2]
    if settings.survey == "lsst":
        return measure_elasticc(classifier, shared, held_out)
    return measure_ztf(classifier, shared, held_out)


def predict_light_curves(
    model: keras.Model, light_curves: LightCurves, settings: RetrainSettings
) -> npt.NDArray[np.float32]:
    """Return a Keras network's probabilities of light curves that passed the cuts."""
    prepared = preprocess(light_curves, settings.grid_length)
    examples = Examples(
        prepared.grid,
        prepared.features,
        np.zeros((len(light_curves), len(CLASSES)), dtype=bool),
        np.ones(len(light_curves), dtype=np.float32),
    )
    return predict(model, examples, settings.feature_columns())


def fingerprints(light_curves: LightCurves) -> list[str]:
    """Return a name for each light curve that depends on its times and fluxes alone."""
    names = []
    for begin, end in zip(light_curves.starts[:-1], light_curves.starts[1:], strict=True):
        digest = hashlib.blake2b(digest_size=12)
        digest.update(light_curves.time[begin:end].tobytes())
        digest.update(light_curves.flux[begin:end].tobytes())
        names.append(digest.hexdigest())
    return names


def _folds_of(object_id: npt.NDArray[np.str_], fold_of: dict[str, int]) -> npt.NDArray[np.int64]:
    return np.array([fold_of[name] for name in object_id.tolist()], dtype=np.int64)
