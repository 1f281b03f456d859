"""The steps of a retraining run in their order.

Every step reads the files that the steps before it wrote into the run's folder, and finishes by
writing ``<step>.json``. An interrupted run therefore continues with the step in which it was
interrupted, and training within that step continues with the next epoch.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from fink_t2.training.retraining.run import Run
from fink_t2.training.retraining.steps.compress import compress
from fink_t2.training.retraining.steps.cross_validate import cross_validate_fine_tuning
from fink_t2.training.retraining.steps.data import make_data
from fink_t2.training.retraining.steps.evaluate import evaluate_candidate
from fink_t2.training.retraining.steps.promote import promote
from fink_t2.training.retraining.steps.train import train

STEPS: dict[str, Callable[[Run], None]] = {
    "data": make_data,
    "train": train,
    "cross_validate": cross_validate_fine_tuning,
    "compress": compress,
    "evaluate": evaluate_candidate,
    "promote": promote,
}


def run_steps(run: Run, last: str = "promote") -> None:
    """Run all steps that are not finished, up to and including one of them.

    Parameters
    ----------
    run : Run
        The run.
    last : str
        Name of the last step, a key of `STEPS`.
    """
    for name, step in STEPS.items():
        if run.is_finished(name):
            run.say(f"{name}: done already")
        else:
            run.say(f"{name} ...")
            began = time.monotonic()
            step(run)
            run.say(f"{name}: {time.monotonic() - began:.0f} s")
        if name == last:
            return
