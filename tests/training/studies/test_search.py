"""The search: its space, its honesty, and that it goes on where it stopped."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.training
optuna = pytest.importorskip("optuna")
pytest.importorskip("keras")

from fink_t2.science.light_curves import from_fluxes  # noqa: E402
from fink_t2.surveys import ZTF  # noqa: E402
from fink_t2.training.examples.labelled import Labelled, label_mask_of  # noqa: E402
from fink_t2.training.optimisation.fit import FitSettings  # noqa: E402
from fink_t2.training.studies.search import (  # noqa: E402
    SearchSettings,
    SearchSpace,
    search,
    suggest,
    write_results,
)

TINY = SearchSettings(
    trials=2,
    folds=2,
    fit=FitSettings(epochs=1, batch_size=32, schedule="cosine"),
    space=SearchSpace(width=(8,), heads=(2, 16), feed_forward=(8,), blocks=(1,), grid_length=(10,)),
)


@pytest.fixture(scope="module")
def labelled():
    """Rising SNIa and falling AGN; two alerts per object."""
    n, points = 48, 5
    names = ["SNIa", "SNIa", "AGN", "AGN"] * (n // 4)
    slope = np.where(np.array(names) == "SNIa", 300.0, -300.0)
    time = np.tile(np.arange(points) * 3.0, n)
    flux = 2000.0 + np.repeat(slope, points) * (time - 6.0) / 6.0
    curves = from_fluxes(
        ZTF.passbands, np.arange(n + 1) * points, 59000.0 + time, np.tile([0, 1, 0, 1, 0], n),
        flux, np.full(n * points, 50.0),
    )  # fmt: skip
    objects = np.array([f"object {i // 2}" for i in range(n)])
    return Labelled(curves, label_mask_of(names), objects, np.full(n, "test"), np.full(n, True))


def test_every_point_of_the_published_space_is_a_network_that_can_be_built():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    settings = SearchSettings()
    seen = set()
    for _ in range(50):
        t2, learning_rate, grid_length = suggest(study.ask(), settings)
        assert t2.width % t2.heads == 0
        assert 1e-3 <= learning_rate <= 3e-2
        seen.add((t2.width, grid_length))
    assert len(seen) == 9
    # Heads never exceed a narrow width.
    other = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    heads = {suggest(other.ask(), TINY)[0].heads for _ in range(10)}
    assert heads == {2, 8}


def test_trials_are_kept_and_a_second_call_goes_on(labelled, tmp_path):
    storage = tmp_path / "search.sqlite"
    said = []
    search(labelled, (), TINY, storage, say=said.append)
    assert len(said) == 2
    study = search(labelled, (0, 1), TINY, storage, say=said.append)
    assert [trial.number for trial in study.trials] == [0, 1, 2, 3]
    # Going on, the sampler does not repeat itself.
    assert len({trial.params["dropout"] for trial in study.trials}) == 4
    for trial in study.trials:
        loss, latency = trial.values
        assert 0 < loss < 10
        assert 0 < latency < 100
    paths = write_results(study, tmp_path / "out")
    content = json.loads(paths[0].read_text())
    assert len(content) == 4
    best = [trial for trial in content if trial["is_best_trade_off"]]
    for trial in best:
        assert not any(
            other["log_loss"] < trial["log_loss"] and other["latency_ms"] < trial["latency_ms"]
            for other in content
        )
    assert paths[1].read_bytes().startswith(b"\x89PNG")


def test_a_deadline_ends_the_search_after_the_trial_in_progress(labelled, tmp_path):
    study = search(labelled, (), TINY, tmp_path / "s.sqlite", deadline=0.0, say=lambda text: None)
    assert len(study.trials) == 1
