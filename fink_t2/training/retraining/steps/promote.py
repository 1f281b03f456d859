"""Step "promote": compare the candidate with the model in service, and promote it if better."""

from __future__ import annotations

from fink_t2.training.evaluation.frozen_validation import load_validation
from fink_t2.training.retraining.gate import decide_and_promote
from fink_t2.training.retraining.run import FROZEN_VALIDATION_FILE, Run


def promote(run: Run) -> None:
    """Apply the gate to the candidate."""
    decision = decide_and_promote(
        run.store,
        run.settings.name,
        run.candidate_folder().name,
        load_validation(run.path(FROZEN_VALIDATION_FILE)),
        run.settings.gate,
    )
    run.say(decision.text())
    run.record("promote", {"promoted": decision.promoted, "reasons": decision.reasons()})
