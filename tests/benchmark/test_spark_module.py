"""The module benchmark counts and classifies in a real Spark."""

import pytest

from fink_t2.benchmark.report import module_report
from fink_t2.benchmark.spark_module import STEPS, run_module
from fink_t2.classifier import find_model


@pytest.mark.spark
def test_module_gives_rates_of_every_step(shared):
    alerts = shared / "data" / "alerts" / "ztf_v3"
    (row,) = run_module(alerts, find_model(), cores=(1,), n_alerts=84, rounds=1)
    assert set(row["steps"]) == set(STEPS)
    assert all(step["median"] > 0 for step in row["steps"].values())
    # Two copies of the folder; some alerts are cut, some are not.
    assert 0 < row["classified_fraction"] < 1
    assert (row["classified_fraction"] * 42) % 1 == pytest.approx(0, abs=1e-9)
    assert row["worker_memory_mb"] > 50
    assert "local[1]" in module_report([row])
