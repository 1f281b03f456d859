"""The acceptance table: what a model must reach on the real, labelled data."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fink_t2.classifier import Classification
from fink_t2.science.classes import CLASSES, SUPERNOVA_CLASSES
from fink_t2.science.cuts import Status
from fink_t2.science.light_curves import LightCurves
from fink_t2.surveys import ZTF
from fink_t2.training.data_sets.eventless import KINDS, eventless_light_curves
from fink_t2.training.data_sets.lsst_labelled import elasticc_alerts
from fink_t2.training.data_sets.ztf_labelled import (
    contaminants,
    typed_alerts,
    typed_light_curves,
)
from fink_t2.training.evaluation.confusion import Confusion, confusion
from fink_t2.training.evaluation.markdown import markdown_table
from fink_t2.training.examples.labelled import TRANSIENT_CLASSES, Labelled

LIGHT_CURVES = Path("data/labelled/ztf_lightcurves.parquet")
ALERTS = Path("data/labelled/ztf_alert_histories.parquet")
CONTAMINANTS = Path("data/labelled/ztf_contaminants.parquet")
ELASTICC = Path("data/labelled/elasticc_alerts.parquet")
PUBLISHED = Path("reference/t2_published_gr.tflite")

#: Classes of the full light curves, and the fewest points in each passband.
LIGHT_CURVE_CLASSES = ("SNIa", "SNII", "SNIbc", "SLSN-I")
FEWEST_POINTS = 5
ALERT_CLASSES = ("SNIa", "SNII", "SNIbc")
EVENTLESS_CURVES = 200
#: For `eventless_shares`: so many curves of each of these lengths in days.
MANY_CURVES = 1000
MANY_SPANS = (6.0, 15.0, 30.0, 60.0, 100.0)


class CanClassify(Protocol):
    """Anything that classifies light curves."""

    def classify(self, light_curves: LightCurves) -> Classification:
        """Return the classification of N light curves."""


@dataclass(frozen=True)
class Criterion:
    """One line of the acceptance table.

    Attributes
    ----------
    key : str
        Name of the number, as `measure_ztf` and `measure_elasticc` give it.
    text : str
        What it is.
    target, aim : float
        What it must reach, and should.
    at_most : bool
        Whether it is an upper limit.
    step : float
        What is noticeably better or worse.
    """

    key: str
    text: str
    target: float
    aim: float | None = None
    at_most: bool = False
    step: float = 0.05

    def holds(self, value: float | None) -> bool | None:
        """Tell whether a value meets the target; None where there is no value."""
        margin = self.margin(value)
        return None if margin is None else margin >= 0

    def margin(self, value: float | None) -> float | None:
        """Return by how many steps a value meets the target, negative if it misses it."""
        if value is None or value != value:
            return None
        return (self.target - value if self.at_most else value - self.target) / self.step


CRITERIA = (
    Criterion("light_curves_macro_recall", "light curves: macro recall", 0.63, 0.75, step=0.12),
    Criterion("light_curves_accuracy", "light curves: accuracy", 0.88, 0.92, step=0.04),
    Criterion("light_curves_snia_purity", "light curves: SNIa purity", 0.93, 0.96, step=0.03),
    Criterion("alerts_macro_recall", "alerts: macro recall", 0.45, 0.60, step=0.15),
    Criterion("alerts_accuracy", "alerts: accuracy", 0.78, step=0.04),
    Criterion(
        "contaminants_called_supernova",
        "contaminants called any supernova class",
        0.15,
        0.05,
        at_most=True,
    ),
    Criterion("supernovae_called_supernova", "typed supernova alerts called so", 0.95, step=0.03),
    Criterion("agn_recall", "AGN alerts: recall", 0.50, step=0.3),
    Criterion("flat_transient", "flat curves: largest transient p", 0.5, at_most=True),
    Criterion("noise_transient", "noise-only curves: largest transient p", 0.5, at_most=True),
    Criterion("outlier_transient", "single-outlier curves: largest transient p", 0.5, at_most=True),
    Criterion("elasticc_balanced_accuracy", "ELAsTiCC: balanced accuracy SNIa/SNII", 0.75, 0.88),
)


def measure_ztf(
    classifier: CanClassify,
    shared: str | os.PathLike[str],
    held_out: Collection[str] | None = None,
) -> dict[str, Any]:
    """Measure a ZTF.passbands model on the real light curves, alerts and contaminants.

    The predicted class is always that of the largest of all 14 probabilities. A light curve
    that the quality cuts turn away is counted apart and enters no score; catalogue cuts are
    not applied.

    Parameters
    ----------
    classifier : CanClassify
        The model.
    shared : path
        The folder of reference data.
    held_out : collection of str, optional
        Objects to restrict the measurement to: those that fine-tuning has not seen.
        Default: all.

    Returns
    -------
    dict
        The numbers of `CRITERIA`, and how many light curves stand behind each.
    """
    shared = Path(shared)

    def kept(labelled: Labelled) -> Labelled:
        if held_out is None:
            return labelled
        return labelled.select(np.isin(labelled.object_id, list(held_out)))

    curves = kept(typed_light_curves(shared / LIGHT_CURVES))
    enough = (curves.light_curves.points_per_passband() >= FEWEST_POINTS).all(axis=1)
    result: dict[str, Any] = {}
    result |= _of_types(classifier, curves.select(enough), LIGHT_CURVE_CLASSES, "light_curves")

    alerts = kept(typed_alerts(shared / ALERTS))
    result |= _of_types(classifier, alerts, ALERT_CLASSES, "alerts")
    supernovae = alerts.select(_is_of(alerts, SUPERNOVA_CLASSES))
    share, count = _called_supernova(classifier, supernovae.light_curves)
    result["supernovae_called_supernova"] = share
    result["supernovae_alerts"] = count

    variables = kept(contaminants(shared / CONTAMINANTS))
    share, count = _called_supernova(classifier, variables.light_curves)
    result["contaminants_called_supernova"], result["contaminants_alerts"] = share, count
    surely = kept(contaminants(shared / CONTAMINANTS, transients=False))
    share, count = _called_supernova(classifier, surely.light_curves)
    # Some of the catalogue's entries are supernovae themselves.
    result["contaminants_without_possible_transients_called_supernova"] = share
    result["contaminants_without_possible_transients_alerts"] = count
    nuclei = variables.select(_is_of(variables, ("AGN",)))
    predicted, _ = _predict(classifier, nuclei.light_curves)
    result["agn_recall"] = _mean(predicted == CLASSES.index("AGN"))
    result["agn_alerts"] = len(predicted)

    for kind in KINDS:
        largest = _largest_transient(
            classifier, eventless_light_curves(kind, EVENTLESS_CURVES, ZTF.passbands)
        )
        result[f"{kind}_transient"] = float(largest.max())
    return result


def eventless_shares(classifier: CanClassify) -> dict[str, float]:
    """Return how many of many curves without an event have a transient class above one half.

    The largest probability of a few hundred says little of what is rare.

    Returns
    -------
    dict of str to float
        Share of the flat, noise-only and single-outlier curves, by kind.
    """
    shares = {}
    for kind in KINDS:
        largest = [
            _largest_transient(
                classifier,
                eventless_light_curves(kind, MANY_CURVES, ZTF.passbands, seed=1, span_days=span),
            )
            for span in MANY_SPANS
        ]
        shares[kind] = float((np.concatenate(largest) > 0.5).mean())
    return shares


def eventless_shares_text(shares: dict[str, float]) -> str:
    """Say what `eventless_shares` found."""
    parts = ", ".join(f"{100 * share:.2f} % of the {kind}" for kind, share in shares.items())
    return (
        f"Of {MANY_CURVES * len(MANY_SPANS):,} curves of each kind, of {MANY_SPANS[0]:g} to "
        f"{MANY_SPANS[-1]:g} days, {parts} curves have a transient class above 0.5."
    )


def measure_elasticc(
    classifier: CanClassify,
    shared: str | os.PathLike[str],
    held_out: Collection[str] | None = None,
) -> dict[str, Any]:
    """Measure an LSST model on the ELAsTiCC alerts of SNIa and SNII.

    Parameters
    ----------
    classifier : CanClassify
        The model.
    shared : path
        The folder of reference data.
    held_out : collection of str, optional
        Objects (``SNID``) to restrict the measurement to.

    Returns
    -------
    dict
        Balanced accuracy: mean recall of both classes, the prediction being the largest of
        all 14 probabilities; beside it the same for the larger of the two alone, and for the
        alerts without their hosts' photometric redshifts.
    """
    labelled = elasticc_alerts(Path(shared) / ELASTICC)
    if held_out is not None:
        labelled = labelled.select(np.isin(labelled.object_id, list(held_out)))
    two = labelled.select(_is_of(labelled, ("SNIa", "SNII")))
    found = classifier.classify(two.light_curves)
    classified = found.status == Status.OK
    labels, probabilities = two.labels()[classified], found.probabilities[classified]
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
    called: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    counts_for: npt.NDArray[np.str_],
) -> dict[str, float]:
    """Return those numbers of `CRITERIA` that follow from calls alone.

    Parameters
    ----------
    called, labels : ndarray of int, shape (N,)
        Indices into `CLASSES`; labels of -1 are of none of them.
    counts_for : ndarray of str, shape (N,)
        What each light curve counts for, as `what_counts` gives it.

    Returns
    -------
    dict of str to float
        NaN where nothing counts for a number.
    """
    result: dict[str, float] = {}
    for name, classes in (("light_curves", LIGHT_CURVE_CLASSES), ("alerts", ALERT_CLASSES)):
        known = np.isin(labels, _places(classes)) & (counts_for == name)
        found = confusion(labels[known], called[known])
        result |= _type_scores(found, classes, name)
    supernova = _places(SUPERNOVA_CLASSES)
    called_so = np.isin(called, supernova)
    is_variable = counts_for == "contaminants"
    result["contaminants_called_supernova"] = _mean(called_so[is_variable])
    is_supernova = (counts_for == "alerts") & np.isin(labels, supernova)
    result["supernovae_called_supernova"] = _mean(called_so[is_supernova])
    nucleus = CLASSES.index("AGN")
    result["agn_recall"] = _mean(called[is_variable & (labels == nucleus)] == nucleus)
    two = (counts_for == "elasticc") & np.isin(labels, _places(("SNIa", "SNII")))
    result["elasticc_balanced_accuracy"] = confusion(labels[two], called[two]).macro_recall()
    return result


def what_counts(labelled: Labelled) -> npt.NDArray[np.str_]:
    """Return for which numbers of `CRITERIA` each light curve counts.

    Returns
    -------
    ndarray of str, shape (N,)
        "light_curves", "alerts", "contaminants", "elasticc", or "" for none.
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


def acceptance_table(columns: dict[str, dict[str, Any]]) -> str:
    """Return the acceptance table in Markdown.

    Parameters
    ----------
    columns : dict of str to dict
        Title of each column, and its numbers.
    """
    header = ["on real data", "target", "aim", *columns]
    rows = []
    for criterion in CRITERIA:
        sign = "<=" if criterion.at_most else ">="
        if all(numbers.get(criterion.key) is None for numbers in columns.values()):
            continue  # another survey's
        cells: list[Any] = [
            criterion.text,
            f"{sign} {criterion.target:.2f}",
            None if criterion.aim is None else f"{criterion.aim:.2f}",
        ]
        for numbers in columns.values():
            value = numbers.get(criterion.key)
            verdict = {True: "", False: " (missed)", None: ""}[criterion.holds(value)]
            cells.append("" if value is None else f"{value:.3f}{verdict}")
        rows.append(cells)
    return markdown_table(header, rows)


def _of_types(
    classifier: CanClassify, labelled: Labelled, classes: tuple[str, ...], name: str
) -> dict[str, Any]:
    of_types = labelled.select(_is_of(labelled, classes))
    predicted, classified = _predict(classifier, of_types.light_curves)
    found = confusion(of_types.labels()[classified], predicted)
    recall = found.recall()
    return {
        f"{name}_objects": len(predicted),
        f"{name}_not_classified": int((~classified).sum()),
        **_type_scores(found, classes, name),
        f"{name}_recall": {c: float(recall[CLASSES.index(c)]) for c in classes},
    }


def _type_scores(found: Confusion, classes: tuple[str, ...], name: str) -> dict[str, float]:
    return {
        f"{name}_macro_recall": found.macro_recall(classes),
        f"{name}_accuracy": found.accuracy(),
        f"{name}_snia_purity": found.purity(),
    }


def _largest_transient(classifier: CanClassify, curves: LightCurves) -> npt.NDArray[np.floating]:
    """Return the largest probability of a transient class of what is classified."""
    found = classifier.classify(curves)
    return found.probabilities[found.status == Status.OK][:, _places(TRANSIENT_CLASSES)].max(axis=1)


def _predict(
    classifier: CanClassify, light_curves: LightCurves
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the predicted class of what is classified, and what that is."""
    found = classifier.classify(light_curves)
    classified = found.status == Status.OK
    return found.probabilities[classified].argmax(axis=1), classified


def _called_supernova(classifier: CanClassify, curves: LightCurves) -> tuple[float, int]:
    predicted, _ = _predict(classifier, curves)
    return _mean(np.isin(predicted, _places(SUPERNOVA_CLASSES))), len(predicted)


def _is_of(labelled: Labelled, classes: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    return np.isin(labelled.labels(), _places(classes))


def _places(classes: tuple[str, ...]) -> list[int]:
    return [CLASSES.index(name) for name in classes]


def _mean(values: npt.NDArray[np.bool_]) -> float:
    return float(values.mean()) if values.size else float("nan")
