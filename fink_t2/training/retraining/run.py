"""One retraining run: its settings, its folder, and the records that its steps leave there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fink_t2.errors import FinkT2Error
from fink_t2.science.model_store import ModelStore
from fink_t2.training.optimisation.fit import share_of_time
from fink_t2.training.retraining.provenance import Provenance
from fink_t2.training.retraining.settings import RetrainSettings

#: Files in a run's folder. Examples of simulated light curves, by their use:
TRAINING_FILE = "train.npz"
VALIDATION_FILE = "validation.npz"
#: Examples of the real light curves that are held out, and the names of their objects.
REAL_VALIDATION_FILE = "real_validation.npz"
HELD_OUT_FILE = "held_out.txt"
#: Examples of PLAsTiCC that are kept for a test.
PREPARED_TEST_FILE = "prepared_test.npz"
#: Light curves on which the candidate and the model in service are compared.
FROZEN_VALIDATION_FILE = "frozen_validation.npz"
#: Networks after training on simulated light curves, and after fine-tuning.
PRETRAINED_FILE = "pretrained.keras"
TRAINED_FILE = "trained.keras"
#: Predictions of the cross-validation.
PREDICTIONS_FILE = "cross_validated.npz"


@dataclass
class Run:
    """A retraining run in progress.

    Attributes
    ----------
    settings : RetrainSettings
        The configuration.
    folder : Path
        Folder of the run's files.
    store : ModelStore
        The models, to which the candidate is added.
    provenance : Provenance
        Identity of the configuration file and of the code.
    deadline : float or None
        Time in seconds of `time.monotonic` at which training ends with the best network so
        far; None for no limit.
    say : callable
        Called with each message on the progress.
    """

    settings: RetrainSettings
    folder: Path
    store: ModelStore
    provenance: Provenance
    deadline: float | None = None
    say: Callable[[str], None] = print

    def path(self, name: str) -> Path:
        """Return the path of one of the run's files."""
        return self.folder / name

    def deadline_after(self, share: float) -> float | None:
        """Return the deadline of a task that may take a fraction of the remaining time."""
        return share_of_time(self.deadline, share)

    def stamped(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Return a step's results together with the provenance of the run."""
        return {**facts, "provenance": asdict(self.provenance)}

    def record(self, step: str, facts: dict[str, Any]) -> None:
        """Write ``<step>.json``, whose existence marks the step as finished.

        Parameters
        ----------
        step : str
            Name of the step.
        facts : dict
            Its results, in types that JSON has.
        """
        path = self.path(f"{step}.json")
        unfinished = path.with_name(f"unfinished-{path.name}")
        unfinished.write_text(json.dumps(self.stamped(facts), indent=1) + "\n")
        os.replace(unfinished, path)

    def recorded(self, step: str) -> dict[str, Any]:
        """Return the results of a finished step."""
        return dict(json.loads(self.path(f"{step}.json").read_text()))

    def is_finished(self, step: str) -> bool:
        """Tell whether a step has been finished."""
        return self.path(f"{step}.json").exists()

    def candidate_folder(self) -> Path:
        """Return the folder of the candidate in the model store.

        Raises
        ------
        FinkT2Error
            If the step "compress" has not been finished.
        """
        if not self.is_finished("compress"):
            raise FinkT2Error(f"{self.folder}: no candidate yet; run the step 'compress' first")
        return self.store.folder / self.settings.name / self.recorded("compress")["version"]
