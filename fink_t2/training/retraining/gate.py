"""Whether a candidate model replaces the one in service."""

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

#: A recall over fewer objects than this says little: one object more or less moves it by
#: more than any sensible margin.
FEWEST_FOR_RECALL = 20

#: Light curves on which Keras and TFLite are compared and latency is measured.
COMPARED = 256
TIMED_ROUNDS = 5


@dataclass(frozen=True)
class Check:
    """One condition of promotion.

    Attributes
    ----------
    name : str
        Which.
    passed : bool
        Whether it holds.
    value, limit : float or None
        What was measured, and what it had to be below.
    reason : str
        A sentence for people.
    """

    name: str
    passed: bool
    value: float | None
    limit: float | None
    reason: str


@dataclass(frozen=True)
class Decision:
    """What the gate decided.

    Attributes
    ----------
    candidate : str
        Name and version.
    serving : str or None
        The version it was compared with; None if there was none.
    checks : tuple of Check
        All that was checked.
    """

    candidate: str
    serving: str | None
    checks: tuple[Check, ...]

    @property
    def promoted(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    def reasons(self) -> list[str]:
        """Return why it is not promoted; empty if it is."""
        return [check.reason for check in self.checks if not check.passed]

    def text(self) -> str:
        """Return the decision for people to read."""
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
    """Check a candidate against the model in service.

    Parameters
    ----------
    candidate : path
        The candidate's folder, as `fink_t2.training.export.artefact.write_artefact` leaves it.
    serving : ModelReference, optional
        The model in service; None if there is none, and nothing to beat.
    validation : Labelled
        The frozen validation set: light curves that neither model has learnt from.
    settings : GateSettings
        Margins.

    Returns
    -------
    Decision
        Not promoted if the candidate can't be loaded, too: that is a reason, not an error.
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
    """Write ``gate.json`` into a version's folder."""
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
    """Check one version in a store, write why, and put it into service if it passes.

    Parameters
    ----------
    store : ModelStore
        The models.
    name, version : str
        The candidate.
    validation, settings
        See `gate`.

    Returns
    -------
    Decision
    """
    serving = None
    try:
        serving = store.current(name)
    except ModelError:
        # None yet, or one that this code can't run: there is nothing to beat.
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
    """Compare the exported network with its Keras parent."""
    name = "TFLite agrees with Keras"
    path = folder / KERAS_FILE
    if not path.is_file():
        return Check(name, False, None, limit, f"{path.name} is missing, nothing to compare with")
    from fink_t2.training.networks.load_network import load_network

    examples = make_examples(_some(validation), reference.grid_length)
    inputs = examples.inputs(_columns(reference))
    expected = np.asarray(load_network(path).predict(inputs, verbose=0))
    found = TfliteNetwork(reference.tflite_path).predict(*inputs)
    difference = float(np.abs(found - expected).max())
    return Check(
        name,
        # A NaN must not pass.
        difference <= limit,
        difference,
        limit,
        f"probabilities differ by at most {difference:.4f} on {len(expected)} light curves "
        f"(limit {limit:g})",
    )


def _latency(reference: ModelReference, validation: Labelled, limit: float) -> Check:
    """Time the exported network, the best of some rounds: others may use the machine, too."""
    examples = make_examples(_some(validation), reference.grid_length)
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
        reason = f"log-loss {loss:.4f}; no model in service to beat"
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
    word = "falls" if falls[worst] > 0 else "changes"
    recall = Check(
        "recall",
        bool(falls[worst] <= largest_recall_loss),
        float(falls[worst]),
        largest_recall_loss,
        f"the recall of {CLASSES[worst]} {word} most, from {change} "
        f"(at most {largest_recall_loss:g} lower is label_mask)",
    )
    return [better, recall]


def _still_accepted(candidate: ModelReference, serving: ModelReference) -> Check:
    """Check that no target on real light curves that is met in service would be missed.

    Both models' numbers are of objects that they had not learnt from, as training measured
    them; a model without such numbers meets no target, and promises none.
    """
    before, after = _metadata(serving).get("held_out", {}), _metadata(candidate).get("held_out", {})
    lost = [
        f"{criterion.text} {after[criterion.key]:.3f}"
        for criterion in CRITERIA
        if criterion.key in after
        and criterion.holds(before.get(criterion.key))
        and not criterion.holds(after[criterion.key])
    ]
    reason = f"targets that {serving.label} meets and this one misses: {', '.join(lost) or 'none'}"
    return Check("real light curves", not lost, float(len(lost)), 0.0, reason)


def _metadata(reference: ModelReference) -> dict[str, Any]:
    return dict(json.loads((Path(reference.tflite_path).parent / METADATA_FILE).read_text()))


def _score(classifier: Classifier, validation: Labelled) -> tuple[float, Confusion]:
    """Return log-loss and confusion over the examples of one known class.

    The class factors with which a model was calibrated for the mix of real alerts are taken
    out: the validation set weighs all classes alike.
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
    """Classify without cuts that one model might make and another not; NaN counts as zero."""
    found = classifier.probabilities(labelled.light_curves)
    return np.nan_to_num(found, nan=0.0)


def _columns(reference: ModelReference) -> list[int]:
    names = feature_names(passbands_of(reference.survey).names)
    return [names.index(feature) for feature in reference.features]


def _some(validation: Labelled) -> Labelled:
    """Choose light curves from all over the set, always the same."""
    count = min(COMPARED, len(validation))
    return validation.select(np.linspace(0, len(validation) - 1, count).astype(np.int64))
