"""Scores of a model on the labelled reference data, for the criteria of acceptance."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fink_t2.classifier import Classification
from fink_t2.science.classes import CLASSES, SUPERNOVA_CLASSES
from fink_t2.science.cuts import Status
from fink_t2.science.light_curves import LightCurves
from fink_t2.surveys import ZTF
from fink_t2.training.data_sets.eventless import EVENTLESS_TYPES, eventless_light_curves
from fink_t2.training.data_sets.lsst_labelled import elasticc_alerts
from fink_t2.training.data_sets.ztf_labelled import (
    contaminants,
    typed_alerts,
    typed_light_curves,
)
from fink_t2.training.evaluation.confusion import Confusion, confusion
from fink_t2.training.examples.labelled import TRANSIENT_CLASSES, Labelled

#: Tables in the folder of reference data, and the published network.
LIGHT_CURVES = Path("data/labelled/ztf_lightcurves.parquet")
ALERTS = Path("data/labelled/ztf_alert_histories.parquet")
CONTAMINANTS = Path("data/labelled/ztf_contaminants.parquet")
ELASTICC = Path("data/labelled/elasticc_alerts.parquet")
PUBLISHED = Path("reference/t2_published_gr.tflite")

#: Classes over which the scores of whole light curves are taken, and the smallest number of points
#: in each passband.
LIGHT_CURVE_CLASSES = ("SNIa", "SNII", "SNIbc", "SLSN-I")
FEWEST_POINTS = 5
#: Classes over which the scores of alerts are taken.
ALERT_CLASSES = ("SNIa", "SNII", "SNIbc")
#: Number of light curves without an event, of each type.
EVENTLESS_CURVES = 200


class CanClassify(Protocol):
    """A classifier of light curves."""

    def classify(self, light_curves: LightCurves) -> Classification:
        """Classify N light curves."""


def measure_ztf(
    classifier: CanClassify,
    reference_data: str | os.PathLike[str],
    held_out: Collection[str] | None = None,
) -> dict[str, Any]:
    """Score a ZTF model on the real light curves, alerts and contaminants.

    The predicted class is that of the largest of all 14 probabilities. Light curves that fail the
    quality cuts are counted separately and enter no score. Catalogue cuts are not applied.

    Parameters
    ----------
    classifier : CanClassify
        The model.
    reference_data : path
        Folder of the reference data.
    held_out : collection of str, optional
        Objects to which the evaluation is restricted, such as those that training has not used.
        By default all objects count.

    Returns
    -------
    dict
        The scores of `fink_t2.training.evaluation.criteria.CRITERIA`, and the numbers of light
        curves on which they are based.
    """
    folder = Path(reference_data)

    def kept(labelled: Labelled) -> Labelled:
        if held_out is None:
            return labelled
        return labelled.select(np.isin(labelled.object_id, list(held_out)))

    curves = kept(typed_light_curves(folder / LIGHT_CURVES))
    enough = (curves.light_curves.points_per_passband() >= FEWEST_POINTS).all(axis=1)
    result: dict[str, Any] = {}
    result |= _of_types(classifier, curves.select(enough), LIGHT_CURVE_CLASSES, "light_curves")

    alerts = kept(typed_alerts(folder / ALERTS))
    result |= _of_types(classifier, alerts, ALERT_CLASSES, "alerts")
    supernovae = alerts.select(_is_of(alerts, SUPERNOVA_CLASSES))
    share, count = _supernova_fraction(classifier, supernovae.light_curves)
    result["supernovae_called_supernova"] = share
    result["supernovae_alerts"] = count

    variables = kept(contaminants(folder / CONTAMINANTS))
    share, count = _supernova_fraction(classifier, variables.light_curves)
    result["contaminants_called_supernova"], result["contaminants_alerts"] = share, count
    certain_variables = kept(contaminants(folder / CONTAMINANTS, transients=False))
    share, count = _supernova_fraction(classifier, certain_variables.light_curves)
    # Some of the catalogued objects are supernovae.
    result["contaminants_without_possible_transients_called_supernova"] = share
    result["contaminants_without_possible_transients_alerts"] = count
    nuclei = variables.select(_is_of(variables, ("AGN",)))
    predicted, _ = _predict(classifier, nuclei.light_curves)
    result["agn_recall"] = _mean(predicted == CLASSES.index("AGN"))
    result["agn_alerts"] = len(predicted)

    for curve_type in EVENTLESS_TYPES:
        curves_without_event = eventless_light_curves(curve_type, EVENTLESS_CURVES, ZTF.passbands)
        largest = largest_transient_probability(classifier, curves_without_event)
        result[f"{curve_type}_transient"] = float(largest.max())
    return result


def measure_elasticc(
    classifier: CanClassify,
    reference_data: str | os.PathLike[str],
    held_out: Collection[str] | None = None,
) -> dict[str, Any]:
    """Score an LSST model on the ELAsTiCC alerts of SNIa and SNII.

    Parameters
    ----------
    classifier : CanClassify
        The model.
    reference_data : path
        Folder of the reference data.
    held_out : collection of str, optional
        Objects (``SNID``) to which the evaluation is restricted. By default all objects count.

    Returns
    -------
    dict
        The balanced accuracy, which is the mean recall of the two classes, if the predicted class
        is that of the largest of all 14 probabilities; the same if it is the more probable of the
        two classes; and the same for alerts without the photometric redshifts of their hosts.
    """
    labelled = elasticc_alerts(Path(reference_data) / ELASTICC)
    if held_out is not None:
        labelled = labelled.select(np.isin(labelled.object_id, list(held_out)))
    two = labelled.select(_is_of(labelled, ("SNIa", "SNII")))
    classification = classifier.classify(two.light_curves)
    classified = classification.status == Status.OK
    labels, probabilities = two.labels()[classified], classification.probabilities[classified]
    pair = np.array([CLASSES.index("SNIa"), CLASSES.index("SNII")])
    of_two = pair[probabilities[:, pair].argmax(axis=1)]
    unknown = np.full(len(two), np.nan)
    curves = dataclasses.replace(two.light_curves, photoz=unknown, photoz_error=unknown)
    without = classifier.classify(curves).probabilities[classified].argmax(axis=1)
    return {
        "elasticc_balanced_accuracy": confusion(
            labels, probabilities.argmax(axis=1)
        ).macro_recall(),
        "elasticc_balanced_accuracy_of_two": confusion(labels, of_two).macro_recall(),
        "elasticc_balanced_accuracy_without_redshift": confusion(labels, without).macro_recall(),
        "elasticc_alerts": int(classified.sum()),
        "elasticc_not_classified": int((~classified).sum()),
    }


def score_predictions(
    predicted: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    counts_for: npt.NDArray[np.str_],
) -> dict[str, float]:
    """Return those scores of the criteria that follow from predicted classes alone.

    Parameters
    ----------
    predicted : ndarray of int, shape (N,)
        Predicted classes as indices into `CLASSES`.
    labels : ndarray of int, shape (N,)
        True classes as indices into `CLASSES`, or -1 for none of them.
    counts_for : ndarray of str, shape (N,)
        Part of the acceptance table for which each light curve counts, from `what_counts`.

    Returns
    -------
    dict of str to float
        The scores; NaN if no light curve counts for a score.
    """
    result: dict[str, float] = {}
    for name, classes in (("light_curves", LIGHT_CURVE_CLASSES), ("alerts", ALERT_CLASSES)):
        known = np.isin(labels, _indices(classes)) & (counts_for == name)
        matrix = confusion(labels[known], predicted[known])
        result |= _type_scores(matrix, classes, name)
    supernova = _indices(SUPERNOVA_CLASSES)
    is_predicted = np.isin(predicted, supernova)
    is_variable = counts_for == "contaminants"
    result["contaminants_called_supernova"] = _mean(is_predicted[is_variable])
    is_supernova = (counts_for == "alerts") & np.isin(labels, supernova)
    result["supernovae_called_supernova"] = _mean(is_predicted[is_supernova])
    nucleus = CLASSES.index("AGN")
    result["agn_recall"] = _mean(predicted[is_variable & (labels == nucleus)] == nucleus)
    two = (counts_for == "elasticc") & np.isin(labels, _indices(("SNIa", "SNII")))
    result["elasticc_balanced_accuracy"] = confusion(labels[two], predicted[two]).macro_recall()
    return result


def what_counts(labelled: Labelled) -> npt.NDArray[np.str_]:
    """Return the part of the acceptance table for which each light curve counts.

    Parameters
    ----------
    labelled : Labelled
        N labelled light curves.

    Returns
    -------
    ndarray of str, shape (N,)
        "light_curves", "alerts", "contaminants", "elasticc", or "" for none of them.
    """
    counts = np.full(len(labelled), "", dtype="U12")
    for source, name in (
        ("ztf_light_curves", "light_curves"),
        ("ztf_alerts", "alerts"),
        ("ztf_contaminants", "contaminants"),
        ("elasticc", "elasticc"),
    ):
        counts[labelled.source == source] = name
    enough = (labelled.light_curves.points_per_passband() >= FEWEST_POINTS).all(axis=1)
    counts[(counts == "light_curves") & ~enough] = ""
    return counts


def _of_types(
    classifier: CanClassify, labelled: Labelled, classes: tuple[str, ...], name: str
) -> dict[str, Any]:
    """Return the scores over some classes, with `name` as prefix of their keys."""
    of_types = labelled.select(_is_of(labelled, classes))
    predicted, classified = _predict(classifier, of_types.light_curves)
    matrix = confusion(of_types.labels()[classified], predicted)
    recall = matrix.recall()
    return {
        f"{name}_objects": len(predicted),
        f"{name}_not_classified": int((~classified).sum()),
        **_type_scores(matrix, classes, name),
        f"{name}_recall": {c: float(recall[CLASSES.index(c)]) for c in classes},
    }


def _type_scores(matrix: Confusion, classes: tuple[str, ...], name: str) -> dict[str, float]:
    return {
        f"{name}_macro_recall": matrix.macro_recall(classes),
        f"{name}_accuracy": matrix.accuracy(),
        f"{name}_snia_purity": matrix.purity(),
    }


def largest_transient_probability(
    classifier: CanClassify, light_curves: LightCurves
) -> npt.NDArray[np.floating]:
    """Return the largest probability of a transient class for each classified light curve."""
    classification = classifier.classify(light_curves)
    probabilities = classification.probabilities[classification.status == Status.OK]
    return probabilities[:, _indices(TRANSIENT_CLASSES)].max(axis=1)


def _predict(
    classifier: CanClassify, light_curves: LightCurves
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the predicted classes of the classified light curves, and a mask of these."""
    classification = classifier.classify(light_curves)
    classified = classification.status == Status.OK
    return classification.probabilities[classified].argmax(axis=1), classified


def _supernova_fraction(classifier: CanClassify, curves: LightCurves) -> tuple[float, int]:
    """Return the fraction of light curves classified as a supernova, and their number."""
    predicted, _ = _predict(classifier, curves)
    return _mean(np.isin(predicted, _indices(SUPERNOVA_CLASSES))), len(predicted)


def _is_of(labelled: Labelled, classes: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    return np.isin(labelled.labels(), _indices(classes))


def _indices(classes: tuple[str, ...]) -> list[int]:
    return [CLASSES.index(name) for name in classes]


def _mean(values: npt.NDArray[np.bool_]) -> float:
    return float(values.mean()) if values.size else float("nan")
