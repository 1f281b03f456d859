"""Step "data": simulate, read labelled light curves, split by object, make examples."""

from __future__ import annotations

from collections.abc import Callable

from fink_t2.training.data_sets.prepared import read_prepared
from fink_t2.training.evaluation.frozen_validation import save_validation
from fink_t2.training.examples.example_files import load_examples, save_examples
from fink_t2.training.examples.examples import Examples, join_examples, make_examples
from fink_t2.training.examples.labelled import Labelled, concatenate
from fink_t2.training.retraining.fine_tuning_set import fine_tuning_set
from fink_t2.training.retraining.real_data import RealData, held_out_objects, is_among, real_data
from fink_t2.training.retraining.run import (
    FROZEN_VALIDATION_FILE,
    HELD_OUT_FILE,
    PREPARED_TEST_FILE,
    REAL_VALIDATION_FILE,
    TRAINING_FILE,
    VALIDATION_FILE,
    Run,
)
from fink_t2.training.retraining.settings import RetrainSettings
from fink_t2.training.retraining.simulated_set import simulated_set, split_simulated


def make_data(run: Run) -> None:
    """Write the examples for training and validation, and the frozen validation set."""
    counts, simulated_test = _simulated_data(run)
    data = real_data(run.settings)
    for path in data.missing:
        run.say(f"{path} does not exist; the run continues without it")
    held_out = held_out_objects(data, run.settings.real.held_out, run.settings.seed)
    run.path(HELD_OUT_FILE).write_text("".join(f"{name}\n" for name in sorted(held_out)))
    counts |= {
        "real_examples": sum(map(len, data.all())),
        "held_out_objects": len(held_out),
    }
    held_out_parts = [part for part in data.select(is_among(held_out)).all() if len(part)]
    if held_out_parts:
        length = run.settings.grid_length
        save_examples(
            run.path(REAL_VALIDATION_FILE),
            join_examples([make_examples(part, length) for part in held_out_parts]),
        )
    save_validation(
        run.path(FROZEN_VALIDATION_FILE), concatenate([simulated_test, *held_out_parts])
    )
    run.record("data", {"missing": list(data.missing), "examples": counts})


def _simulated_data(run: Run) -> tuple[dict[str, int], Labelled]:
    """Write the simulated and prepared examples; return their numbers, and the test objects."""
    settings = run.settings
    simulated = simulated_set(settings, progress=True)
    run.say(f"interpolating {len(simulated)} simulated light curves")
    examples = make_examples(simulated, settings.grid_length)
    is_training, is_validation, is_test = split_simulated(simulated, settings)
    counts = {
        "train": int(is_training.sum()),
        "validation": int(is_validation.sum()),
        "test": int(is_test.sum()),
    }
    training = [examples.select(is_training)]
    if settings.prepared.folder:
        prepared = _prepared_examples(settings, test=False)
        prepared_test = _prepared_examples(settings, test=True)
        training.append(prepared)
        save_examples(run.path(PREPARED_TEST_FILE), prepared_test)
        counts |= {"prepared": len(prepared), "prepared_test": len(prepared_test)}
    save_examples(run.path(TRAINING_FILE), join_examples(training))
    save_examples(run.path(VALIDATION_FILE), examples.select(is_validation))
    return counts, simulated.select(is_test)


def _prepared_examples(settings: RetrainSettings, test: bool) -> Examples:
    """Draw examples from a folder of 'fink-t2 prepare'; those for the test are of other objects."""
    return read_prepared(
        settings.prepared.folder,
        settings.survey,
        settings.grid_length,
        settings.prepared.per_class,
        settings.seed,
        test,
    )


def has_real_examples(run: Run) -> bool:
    """Tell whether there are labelled light curves for fine-tuning."""
    return bool(run.recorded("data")["examples"]["real_examples"])


def real_training_data(run: Run) -> RealData:
    """Return the labelled real light curves without those of the held-out objects."""
    is_held_out = is_among(frozenset(run.path(HELD_OUT_FILE).read_text().split()))
    return real_data(run.settings).select(lambda part: ~is_held_out(part))


def fine_tuning_examples(run: Run) -> Callable[[int], Examples]:
    """Return a function of the number of a network copy that makes its varied examples."""
    data = real_training_data(run)
    simulated = load_examples(run.path(TRAINING_FILE))
    return lambda number: fine_tuning_set(data, simulated, run.settings, number)
