"""Step "cross_validate": the scores of the fine-tuning on objects that it was not trained on."""

from __future__ import annotations

import numpy as np

from fink_t2.training.evaluation.criteria import acceptance_table
from fink_t2.training.examples.example_files import load_examples
from fink_t2.training.networks.load_network import load_network
from fink_t2.training.retraining.cross_validation import (
    HeldOutClassifier,
    cross_validate,
    load_predictions,
    real_scores,
)
from fink_t2.training.retraining.run import (
    PREDICTIONS_FILE,
    PRETRAINED_FILE,
    TRAINED_FILE,
    TRAINING_FILE,
    Run,
)
from fink_t2.training.retraining.steps.data import has_real_examples, real_training_data


def cross_validate_fine_tuning(run: Run) -> None:
    """Cross-validate on the real light curves, if the configuration asks for it."""
    settings = run.settings
    if not settings.real.folds or not has_real_examples(run):
        run.record("cross_validate", {})
        return
    data = real_training_data(run)
    path = run.path(PREDICTIONS_FILE)
    if not path.exists():
        predictions = cross_validate(
            load_network(run.path(PRETRAINED_FILE)),
            data,
            load_examples(run.path(TRAINING_FILE)),
            settings,
            settings.real.folds,
            run.say,
            run.deadline_after(0.9),
        )
        np.savez(path, **vars(predictions))
    trained = load_network(run.path(TRAINED_FILE))
    classifier = HeldOutClassifier(data, load_predictions(path), trained, settings)
    scores = real_scores(classifier, settings)
    run.say(acceptance_table({"cross-validated": scores}))
    run.record("cross_validate", {"folds": settings.real.folds, "scores": scores})
