"""Cross-validate the fine-tuning by object: what the recipe is worth on objects not learnt from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.classes import CLASSES
from fink_t2.classifier import NOT_CLASSIFIED, Classification
from fink_t2.cuts import CutSettings, Status, apply_cuts
from fink_t2.light_curves import LightCurves
from fink_t2.preprocessing import prepare
from fink_t2.training.calibration import Calibration, class_shift, fold
from fink_t2.training.evaluation.acceptance import (
    CanClassify,
    measure_elasticc,
    measure_ztf,
)
from fink_t2.training.examples import Examples
from fink_t2.training.fine_tuning import fine_tune
from fink_t2.training.fit import predict
from fink_t2.training.labelled import concatenate
from fink_t2.training.settings import RetrainSettings
from fink_t2.training.splits import stratified_folds
from fink_t2.training.training_sets import RealData, fine_tuning_set


@dataclass(frozen=True)
class FoldedClassifier:
    """Classifies every real light curve with the network that has not seen its object.

    Attributes
    ----------
    models : list of keras.Model
        One network per fold, fine-tuned without that fold's objects.
    folds : dict of str to int
        Fold of each light curve, by its fingerprint; others are given to the first network.
    settings : RetrainSettings
        How a light curve is prepared.
    """

    models: list[keras.Model]
    folds: dict[str, int]
    settings: RetrainSettings

    def classify(self, light_curves: LightCurves) -> Classification:
        """Classify N light curves."""
        status = apply_cuts(light_curves, CutSettings())
        probabilities = np.full((len(light_curves), len(CLASSES)), NOT_CLASSIFIED, np.float32)
        number = np.array([self.folds.get(name, 0) for name in fingerprints(light_curves)], int)
        for place, model in enumerate(self.models):
            chosen = np.flatnonzero((status == Status.OK) & (number == place))
            if chosen.size:
                probabilities[chosen] = predict_light_curves(
                    model, light_curves.select(chosen), self.settings
                )
        return Classification(probabilities, status, light_curves.points_per_passband())


def cross_validate(
    pretrained: keras.Model,
    data: RealData,
    simulated: Examples,
    settings: RetrainSettings,
    n_folds: int,
    say: Callable[[str], None] = print,
) -> FoldedClassifier:
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

    Returns
    -------
    FoldedClassifier
    """
    parts = data.all()
    ids = np.concatenate([part.object_id for part in parts])
    labels = np.concatenate([part.labels() for part in parts])
    fold_of = dict(
        zip(
            ids.tolist(),
            stratified_folds(ids, labels, n_folds, settings.seed).tolist(),
            strict=True,
        )
    )
    everything = concatenate(parts)
    folds = {
        name: fold_of[object_id]
        for name, object_id in zip(
            fingerprints(everything.light_curves), everything.object_id.tolist(), strict=True
        )
    }
    shift = Calibration(1.0, class_shift(settings.export.class_factors))
    models = []
    for number in range(n_folds):
        say(f"fold {number + 1} of {n_folds}")
        learn = data.select(lambda part, n=number: _folds_of(part.object_id, fold_of) != n)  # type: ignore[misc]
        model = fine_tune(
            pretrained,
            lambda copy, learn=learn: fine_tuning_set(learn, simulated, settings, copy),  # type: ignore[misc]
            settings,
        )
        fold(model, shift)
        models.append(model)
    return FoldedClassifier(models, folds, settings)


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
    named = settings.real.light_curves or settings.real.elasticc
    # <shared>/data/labelled/<table>
    shared = Path(named).resolve().parents[2]
    if settings.survey == "lsst":
        return measure_elasticc(classifier, shared, held_out)
    return measure_ztf(classifier, shared, held_out)


def predict_light_curves(
    model: keras.Model, light_curves: LightCurves, settings: RetrainSettings
) -> npt.NDArray[np.float32]:
    """Return a Keras network's probabilities of light curves that passed the cuts."""
    prepared = prepare(light_curves, settings.grid_length)
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
