"""Rates, latency and lag from append times; the whole run against a real broker and job."""

import numpy as np
import pytest

from fink_t2.benchmark.end_to_end import Passage, run_end_to_end
from fink_t2.benchmark.report import end_to_end_report
from fink_t2.classifier import find_model
from fink_t2.science.model_store import default_models_folder


def test_a_steady_passage_has_constant_latency_and_lag():
    went_in = np.arange(0, 100, 0.1)
    found = Passage(went_in, went_in + 2.05).summary()
    assert found["alerts"] == 1000
    assert found["latency_seconds"]["p50"] == pytest.approx(2.05)
    assert found["alerts_per_second"] == pytest.approx(1000 / 101.95)
    assert found["lag"]["largest_first_half"] == pytest.approx(20.5, abs=1)
    assert found["lag"]["largest_second_half"] == pytest.approx(20.5, abs=1)


def test_a_passage_that_falls_behind_shows_growing_lag():
    went_in = np.arange(0, 100, 0.1)
    found = Passage(went_in, 2 * went_in + 1).summary()
    assert found["lag"]["largest_second_half"] > 1.9 * found["lag"]["largest_first_half"] > 0
    assert found["latency_seconds"]["p99"] > found["latency_seconds"]["p50"]


@pytest.mark.end_to_end
def test_job_kafka_and_replay_on_this_machine(shared):
    found = run_end_to_end(
        shared / "data" / "alerts" / "ztf_v3",
        find_model(),
        default_models_folder(),
        rate=20.0,
        seconds=3.0,
        fast_alerts=100,
        warm_up_seconds=2.0,
    )
    assert found["steady"]["alerts"] == 60
    assert found["steady"]["input_alerts_per_second"] > 0
    assert found["fast"]["alerts"] == 100
    assert found["steady"]["latency_seconds"]["p50"] > 0
    assert found["first_alert_seconds"] > 0
    assert found["memory_mb"]["worker"] > 50
    assert "as fast as possible" in end_to_end_report(found)
