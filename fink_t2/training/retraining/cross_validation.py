"""Cross-validation of the fine-tuning by object."""

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
from fink_t2.training.retraining.fine_tuning_set import fine_tuning_set
from fink_t2.training.retraining.real_data import RealData
from fink_t2.training.retraining.settings import ExportSettings, RetrainSettings


@dataclass(frozen=True)
class HeldOutPredictions:
    """Predictions of the networks of a cross-validation for the light curves of their folds.

    Attributes
    ----------
    probabilities : ndarray of float32, shape (N, 14)
        Predicted probabilities before calibration. The network of a fold was trained without the
        objects of the fold.
    label_mask : ndarray of bool, shape (N, 14)
        True for every class that is correct.
    fold : ndarray of int64, shape (N,)
        Fold of each light curve.
    counts_for : ndarray of str, shape (N,)
        Part of the acceptance table for which each light curve counts, from
        `fink_t2.training.evaluation.acceptance.what_counts`.
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
            Settings of the calibration.
        without : int, optional
            Fold that is left out.

        Returns
        -------
        Calibration
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
    """A classifier with the cross-validated predictions of every labelled light curve.

    The predictions of a fold are calibrated on the other folds. The label of a light curve
    therefore has no influence on its own classification.

    Parameters
    ----------
    data : RealData
        The light curves of the cross-validation.
    predictions : HeldOutPredictions
        Their predictions in the order of ``data.all()``.
    trained : keras.Model
        The network that was trained on all of them. It classifies all other light curves.
    settings : RetrainSettings
        Settings of the preprocessing and of the calibration.
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
            in_fold = predictions.fold == number
            calibration = predictions.calibration(settings.export, without=int(number))
            self._probabilities[in_fold] = calibration.apply(predictions.probabilities[in_fold])

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
            predicted = predict_light_curves(self._trained, curves, self._settings)
            probabilities[others] = self._calibration.apply(predicted)
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
    """Fine-tune one network for each fold of the objects, without the objects of the fold.

    Parameters
    ----------
    pretrained : keras.Model
        The network after training on simulated light curves; it is not changed.
    data : RealData
        All labelled light curves for training.
    simulated : Examples
        Simulated training examples, of which some are included.
    settings : RetrainSettings
        The configuration.
    n_folds : int
        Number of folds.
    say : callable
        Called with each message on the progress.
    deadline : float, optional
        Time in seconds of `time.monotonic`, over which the folds are distributed evenly.

    Returns
    -------
    HeldOutPredictions
        Predictions for the light curves of `data`, on which the final network is calibrated.
    """
    everything = concatenate(data.all())
    ids = everything.object_id
    fold = stratified_folds(ids, everything.labels(), n_folds, settings.seed)
    fold_of = dict(zip(ids.tolist(), fold.tolist(), strict=True))
    probabilities = np.empty((len(everything), len(CLASSES)), dtype=np.float32)
    for number in range(n_folds):
        say(f"fold {number + 1} of {n_folds}")
        others = data.select(lambda part, n=number: _folds_of(part.object_id, fold_of) != n)  # type: ignore[misc]
        model = fine_tune(
            pretrained,
            lambda copy, others=others: fine_tuning_set(others, simulated, settings, copy),  # type: ignore[misc]
            settings,
            deadline=share_of_time(deadline, 1 / (n_folds - number)),
        )
        in_fold = fold == number
        curves = everything.light_curves.select(np.flatnonzero(in_fold))
        probabilities[in_fold] = predict_light_curves(model, curves, settings)
    return HeldOutPredictions(probabilities, everything.label_mask, fold, what_counts(everything))


def load_predictions(path: str | os.PathLike[str]) -> HeldOutPredictions:
    """Read the predictions of a cross-validation from an ``.npz`` file."""
    with np.load(path) as arrays:
        names = [field.name for field in dataclasses.fields(HeldOutPredictions)]
        return HeldOutPredictions(**{name: stored_array(arrays, name) for name in names})


def real_scores(
    classifier: CanClassify, settings: RetrainSettings, held_out: Collection[str] | None = None
) -> dict[str, Any]:
    """Return the scores of the acceptance table on the labelled data of a configuration.

    Parameters
    ----------
    classifier : CanClassify
        The model.
    settings : RetrainSettings
        The configuration, which has the paths of the data.
    held_out : collection of str, optional
        Objects to which the evaluation is restricted. By default all objects count.

    Returns
    -------
    dict
        The scores.
    """
    named = settings.real.path_of("light_curves") or settings.real.path_of("elasticc")
    # <reference data>/data/labelled/<table>
    reference_data = Path(named).resolve().parents[2]
    if settings.survey == "lsst":
        return measure_elasticc(classifier, reference_data, held_out)
    return measure_ztf(classifier, reference_data, held_out)


def predict_light_curves(
    model: keras.Model, light_curves: LightCurves, settings: RetrainSettings
) -> npt.NDArray[np.float32]:
    """Return the probabilities that a Keras network predicts.

    Parameters
    ----------
    model : keras.Model
        The network.
    light_curves : LightCurves
        N light curves that pass the cuts.
    settings : RetrainSettings
        Settings of the preprocessing.

    Returns
    -------
    ndarray of float32, shape (N, 14)
    """
    preprocessed = preprocess(light_curves, settings.grid_length)
    examples = Examples(
        preprocessed.grid,
        preprocessed.features,
        np.zeros((len(light_curves), len(CLASSES)), dtype=bool),
        np.ones(len(light_curves), dtype=np.float32),
    )
    return predict(model, examples, settings.feature_columns())


def fingerprints(light_curves: LightCurves) -> list[str]:
    """Return a hash of the times and fluxes of each light curve."""
    names = []
    for begin, end in zip(light_curves.starts[:-1], light_curves.starts[1:], strict=True):
        digest = hashlib.blake2b(digest_size=12)
        digest.update(light_curves.time[begin:end].tobytes())
        digest.update(light_curves.flux[begin:end].tobytes())
        names.append(digest.hexdigest())
    return names


def _folds_of(object_id: npt.NDArray[np.str_], fold_of: dict[str, int]) -> npt.NDArray[np.int64]:
    return np.array([fold_of[name] for name in object_id.tolist()], dtype=np.int64)
