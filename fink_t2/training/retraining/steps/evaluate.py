"""Step "evaluate": score the exported candidate; write figures, metrics and model card."""

from __future__ import annotations

import json
from typing import Any

from fink_t2.classifier import Classifier
from fink_t2.science.inference import TfliteNetwork
from fink_t2.science.model_store import METADATA_FILE, ModelReference, read_reference
from fink_t2.surveys import passbands_of
from fink_t2.training.evaluation.acceptance import CanClassify
from fink_t2.training.evaluation.evaluate import evaluate
from fink_t2.training.evaluation.eventless_evaluation import eventless_shares
from fink_t2.training.evaluation.frozen_validation import load_validation
from fink_t2.training.evaluation.report import report, report_body, write_report
from fink_t2.training.examples.example_files import load_examples
from fink_t2.training.export.artefact import CARD_FILE
from fink_t2.training.optimisation.flat_log_loss import flat_log_loss
from fink_t2.training.retraining.cross_validation import real_scores
from fink_t2.training.retraining.model_card import model_card
from fink_t2.training.retraining.run import (
    FROZEN_VALIDATION_FILE,
    HELD_OUT_FILE,
    PREPARED_TEST_FILE,
    Run,
)


def evaluate_candidate(run: Run) -> None:
    """Evaluate the candidate on the frozen validation set and on labelled light curves."""
    folder = run.candidate_folder()
    classifier = Classifier(read_reference(folder, passbands_of))
    validation = load_validation(run.path(FROZEN_VALIDATION_FILE))
    evaluation = evaluate(
        classifier, validation.light_curves, validation.labels(), "the frozen validation set"
    )
    write_report(evaluation, folder)
    numbers = evaluation.numbers()
    metadata = json.loads((folder / METADATA_FILE).read_text())
    metadata["evaluation"] = numbers
    if run.path(PREPARED_TEST_FILE).exists():
        metadata["prepared_test"] = _score_prepared(run, classifier.reference)
    if run.settings.survey == "ztf":
        metadata["eventless_shares"] = eventless_shares(classifier)
    scores = _scores_on_labelled(run, classifier)
    if scores:
        metadata["held_out"] = scores
    (folder / METADATA_FILE).write_text(json.dumps(metadata, indent=1) + "\n")
    (folder / CARD_FILE).write_text(model_card(metadata, report_body(evaluation, level=3)))
    run.say(report(evaluation))
    run.record("evaluate", {"log_loss": numbers["log_loss"], "accuracy": numbers["accuracy"]})


def _score_prepared(run: Run, reference: ModelReference) -> dict[str, float]:
    """Score the candidate on the PLAsTiCC examples that are kept for a test."""
    examples = load_examples(run.path(PREPARED_TEST_FILE))
    network = TfliteNetwork(reference.tflite_path)
    probabilities = network.predict(*examples.inputs(run.settings.feature_columns()))
    return {
        "examples": len(examples),
        "log_loss": flat_log_loss(probabilities, examples.label_mask),
        "accuracy": float((probabilities.argmax(axis=1) == examples.labels()).mean()),
    }


def _scores_on_labelled(run: Run, classifier: CanClassify) -> dict[str, Any]:
    """Return the acceptance numbers on labelled light curves that training has not used."""
    cross_validated = run.recorded("cross_validate")
    if "scores" in cross_validated:
        return dict(cross_validated["scores"])
    held_out = set(run.path(HELD_OUT_FILE).read_text().split())
    return real_scores(classifier, run.settings, held_out) if held_out else {}
