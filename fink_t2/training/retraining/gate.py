"""The gate: conditions under which a candidate replaces the model in service."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fink_t2.classifier import Classifier
from fink_t2.errors import ModelError
from fink_t2.science.classes import CLASSES
from fink_t2.science.features import feature_names
from fink_t2.science.inference import TfliteNetwork
from fink_t2.science.model_store import METADATA_FILE, ModelReference, ModelStore, read_reference
from fink_t2.science.preprocessing import PREPROCESSING_VERSION
from fink_t2.surveys import passbands_of
from fink_t2.training.evaluation.confusion import Confusion, confusion
from fink_t2.training.evaluation.criteria import CRITERIA
from fink_t2.training.evaluation.log_loss import SMALLEST_PROBABILITY, flat_weighted_log_loss
from fink_t2.training.examples.examples import make_examples
from fink_t2.training.examples.labelled import Labelled
from fink_t2.training.export.artefact import KERAS_FILE
from fink_t2.training.retraining.settings import GateSettings

DECISION_FILE = "gate.json"

#: Smallest number of light curves of a class whose recall is compared. With fewer, a single light
#: curve changes the recall by more than any sensible limit.
FEWEST_FOR_RECALL = 20

#: Number of light curves on which Keras and TFLite are compared and the latency is measured.
COMPARED = 256
#: Number of repetitions of the latency measurement, of which the fastest counts.
TIMED_ROUNDS = 5


@dataclass(frozen=True)
class Check:
    """One condition of promotion.

    Attributes
    ----------
    name : str
        Name of the condition.
    passed : bool
        Whether it is met.
    value : float or None
        The measured value.
    limit : float or None
        The value that it must not exceed.
    reason : str
        Explanation of the result.
    """

    name: str
    passed: bool
    value: float | None
    limit: float | None
    reason: str


@dataclass(frozen=True)
class Decision:
    """The decision of the gate.

    Attributes
    ----------
    candidate : str
        Name and version of the candidate.
    serving : str or None
        Name and version of the model in service; None if there was none.
    checks : tuple of Check
        All conditions.
    """

    candidate: str
    serving: str | None
    checks: tuple[Check, ...]

    @property
    def promoted(self) -> bool:
        """Whether all conditions are met."""
        return all(check.passed for check in self.checks)

    def reasons(self) -> list[str]:
        """Return the reasons why the candidate is not promoted; empty if it is."""
        return [check.reason for check in self.checks if not check.passed]

    def text(self) -> str:
        """Return the decision as text."""
        against = f" against {self.serving}" if self.serving else ", with no model in service"
        lines = [f"{self.candidate}{against}: {'promoted' if self.promoted else 'not promoted'}"]
        for check in self.checks:
            lines.append(f"  {'pass' if check.passed else 'FAIL'}  {check.name}: {check.reason}")
        return "\n".join(lines)


def gate(
    candidate: str | Path,
    serving: ModelReference | None,
    validation: Labelled,
    settings: GateSettings,
) -> Decision:
    """Check whether a candidate may replace the model in service.

    Parameters
    ----------
    candidate : path
        Folder that `fink_t2.training.export.artefact.write_artefact` wrote.
    serving : ModelReference, optional
        The model in service, if there is one.
    validation : Labelled
        The frozen validation set.
    settings : GateSettings
        Limits of the conditions.

    Returns
    -------
    Decision
        A candidate that can't be loaded is not promoted; this is no error.
    """
    folder = Path(candidate)
    serving_label = serving.label if serving else None
    try:
        reference = read_reference(folder, passbands_of)
        classifier = Classifier(reference)
    except ModelError as error:
        check = Check("fits this code", False, None, None, str(error))
        return Decision(f"{folder.parent.name}/{folder.name}", serving_label, (check,))
    checks = [
        Check(
            "fits this code",
            True,
            None,
            None,
            f"preprocessing version {PREPROCESSING_VERSION}, passbands, classes and features "
            "are this code's",
        )
    ]
    checks.append(_agreement(folder, reference, validation, settings.largest_disagreement))
    checks.append(_latency(reference, validation, settings.largest_latency))
    checks += _improvement(classifier, serving, validation, settings.largest_recall_loss)
    if serving is not None:
        checks.append(_still_accepted(reference, serving))
    return Decision(reference.label, serving_label, tuple(checks))


def write_decision(decision: Decision, folder: str | Path) -> Path:
    """Write ``gate.json`` into the folder of a version, and return its path."""
    path = Path(folder) / DECISION_FILE
    content = {
        "candidate": decision.candidate,
        "serving": decision.serving,
        "promoted": decision.promoted,
        "reasons": decision.reasons(),
        "checks": [asdict(check) for check in decision.checks],
        "decided_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def decide_and_promote(
    store: ModelStore, name: str, version: str, validation: Labelled, settings: GateSettings
) -> Decision:
    """Apply the gate to a version in a store, write the decision, and promote it if it passes.

    Parameters
    ----------
    store : ModelStore
        The models.
    name, version : str
        Name and version of the candidate.
    validation : Labelled
        The frozen validation set.
    settings : GateSettings
        Limits of the conditions.

    Returns
    -------
    Decision
    """
    serving: ModelReference | None
    try:
        serving = store.current(name)
    except ModelError:
        # There is none, or one that this code can't load: any valid candidate is better.
        serving = None
    folder = store.folder / name / version
    decision = gate(folder, serving, validation, settings)
    write_decision(decision, folder)
    if decision.promoted:
        store.promote(name, version)
    return decision


def _agreement(
    folder: Path, reference: ModelReference, validation: Labelled, limit: float
) -> Check:
    """Compare the TFLite file with the Keras network from which it was made."""
    name = "TFLite agrees with Keras"
    path = folder / KERAS_FILE
    if not path.is_file():
        return Check(name, False, None, limit, f"{path.name}, with which to compare, is missing")
    from fink_t2.training.networks.load_network import load_network

    examples = make_examples(_sample(validation), reference.grid_length)
    inputs = examples.inputs(_columns(reference))
    expected = np.asarray(load_network(path).predict(inputs, verbose=0))
    exported = TfliteNetwork(reference.tflite_path).predict(*inputs)
    difference = float(np.abs(exported - expected).max())
    return Check(
        name,
        # This is False for NaN, which must not pass.
        difference <= limit,
        difference,
        limit,
        f"probabilities differ by at most {difference:.4f} on {len(expected)} light curves "
        f"(limit {limit:g})",
    )


def _latency(reference: ModelReference, validation: Labelled, limit: float) -> Check:
    """Measure the latency: the fastest of several rounds, as other processes may be running."""
    examples = make_examples(_sample(validation), reference.grid_length)
    inputs = examples.inputs(_columns(reference))
    network = TfliteNetwork(reference.tflite_path)
    network.predict(*[part[:8] for part in inputs])
    best = math.inf
    for _ in range(TIMED_ROUNDS):
        begin = time.perf_counter()
        network.predict(*inputs)
        best = min(best, time.perf_counter() - begin)
    milliseconds = 1000.0 * best / max(len(examples), 1)
    return Check(
        "latency",
        milliseconds <= limit,
        milliseconds,
        limit,
        f"{milliseconds:.3f} ms per light curve on one core (limit {limit:g})",
    )


def _improvement(
    candidate: Classifier,
    serving: ModelReference | None,
    validation: Labelled,
    largest_recall_loss: float,
) -> list[Check]:
    loss, matrix = _score(candidate, validation)
    if serving is None:
        reason = f"log-loss {loss:.4f}; there is no model in service"
        return [Check("log-loss", math.isfinite(loss), loss, None, reason)]
    try:
        old_loss, old_matrix = _score(Classifier(serving), validation)
    except ModelError as error:
        reason = f"log-loss {loss:.4f}; the model in service can't run ({error})"
        return [Check("log-loss", math.isfinite(loss), loss, None, reason)]
    better = Check(
        "log-loss",
        loss < old_loss,
        loss,
        old_loss,
        f"{loss:.4f} on the frozen validation set, {serving.label} has {old_loss:.4f}",
    )
    counts = matrix.counts.sum(axis=1)
    falls = old_matrix.recall() - matrix.recall()
    falls[~np.isfinite(falls) | (counts < FEWEST_FOR_RECALL)] = -np.inf
    worst = int(falls.argmax())
    if not np.isfinite(falls[worst]):
        reason = f"no class has {FEWEST_FOR_RECALL} light curves in the validation set"
        return [better, Check("recall", True, None, largest_recall_loss, reason)]
    change = f"{old_matrix.recall()[worst]:.3f} to {matrix.recall()[worst]:.3f}"
    verb = "falls" if falls[worst] > 0 else "changes"
    recall = Check(
        "recall",
        bool(falls[worst] <= largest_recall_loss),
        float(falls[worst]),
        largest_recall_loss,
        f"the recall of {CLASSES[worst]} {verb} most, from {change} "
        f"(at most {largest_recall_loss:g} lower is label_mask)",
    )
    return [better, recall]


def _still_accepted(candidate: ModelReference, serving: ModelReference) -> Check:
    """Check that the candidate meets all targets that the model in service meets.

    The scores are those that training measured on labelled light curves that it had not used. A
    criterion counts only if both models have such scores.
    """
    before, after = _metadata(serving).get("held_out", {}), _metadata(candidate).get("held_out", {})
    missed = [
        f"{criterion.text} {after[criterion.key]:.3f}"
        for criterion in CRITERIA
        if criterion.key in after
        and criterion.holds(before.get(criterion.key))
        and not criterion.holds(after[criterion.key])
    ]
    texts = ", ".join(missed) or "none"
    reason = f"targets that {serving.label} meets and the candidate misses: {texts}"
    return Check("real light curves", not missed, float(len(missed)), 0.0, reason)


def _metadata(reference: ModelReference) -> dict[str, Any]:
    return dict(json.loads((Path(reference.tflite_path).parent / METADATA_FILE).read_text()))


def _score(classifier: Classifier, validation: Labelled) -> tuple[float, Confusion]:
    """Return log-loss and confusion matrix over the examples of a single known class.

    The class factors with which a model was calibrated for the class mix of real alerts are
    removed, because all classes have the same weight in the validation set.
    """
    labels = validation.labels()
    known = validation.select(labels >= 0)
    labels = labels[labels >= 0]
    probabilities = _probabilities(classifier, known)
    factors = _metadata(classifier.reference).get("class_factors", {})
    probabilities = probabilities / [factors.get(name, 1.0) for name in CLASSES]
    probabilities /= np.maximum(probabilities.sum(axis=1, keepdims=True), SMALLEST_PROBABILITY)
    loss = flat_weighted_log_loss(labels, probabilities)
    return loss, confusion(labels, probabilities.argmax(axis=1))


def _probabilities(classifier: Classifier, labelled: Labelled) -> npt.NDArray[np.float32]:
    """Classify without cuts, so that all models have the same light curves; NaN becomes 0."""
    return np.nan_to_num(classifier.probabilities(labelled.light_curves), nan=0.0)


def _columns(reference: ModelReference) -> list[int]:
    names = feature_names(passbands_of(reference.survey).names)
    return [names.index(feature) for feature in reference.features]


def _sample(validation: Labelled) -> Labelled:
    """Choose light curves at equal distances in the set."""
    count = min(COMPARED, len(validation))
    return validation.select(np.linspace(0, len(validation) - 1, count).astype(np.int64))
