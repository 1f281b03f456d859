"""What Prometheus scrapes is what the log says."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest

from fink_t2.chaos.scrape import scrape
from fink_t2.errors import ConfigError
from fink_t2.kafka.broker import free_ports
from fink_t2.operations.metrics import Metrics, MetricsHandler, start_metrics

LINE = {
    "batch": 3,
    "in": 100,
    "alerts": 95,
    "dead_letters": 5,
    "by_status": {"ok": 90, "one_band": 5},
    "by_class": {"SNIa": 60, "KN": 30},
    "model": "t2-ztf/0.1.0",
    "seconds": 1.5,
    "lag": 42,
}


def test_a_batch_line_becomes_metrics() -> None:
    port = free_ports(1)[0]
    metrics = Metrics("ztf")
    metrics.watch("model_refusals", "Models refused at a swap", lambda: 2.0)
    metrics.serve(f":{port}")
    found = scrape(port)
    assert found["fink_t2_messages_total",] == 0
    assert found["fink_t2_errors_total",] == 0

    logger = logging.Logger("fink_t2.stream.batch")
    logger.addHandler(MetricsHandler(metrics))
    logger.info("batch", extra={"fields": LINE, "latencies": [(1.5, 90), (30.0, 5)]})
    shed = {"set_aside": 3, "without_cutouts": 8}
    logger.info("batch", extra={"fields": {**LINE, **shed, "lag": 7, "model": "t2-ztf/0.2.0"}})
    logger.info("something else", extra={"fields": LINE})
    logger.error("broken")
    found = scrape(port)
    assert found["fink_t2_messages_total",] == 200
    assert found["fink_t2_alerts_total", "ok"] == 180
    assert found["fink_t2_classified_alerts_total", "KN"] == 60
    assert found["fink_t2_dead_letters_total",] == 10
    assert found["fink_t2_batches_total",] == 2
    assert found["fink_t2_errors_total",] == 1
    assert found["fink_t2_lag_messages",] == 7
    assert found["fink_t2_model_refusals",] == 2
    assert found["fink_t2_model_info", "t2-ztf/0.2.0"] == 1
    assert ("fink_t2_model_info", "t2-ztf/0.1.0") not in found
    assert found["fink_t2_batch_seconds_bucket", "2.0"] == 2
    assert found["fink_t2_batch_seconds_bucket", "1.0"] == 0
    assert found["fink_t2_latency_seconds_bucket", "1.0"] == 0
    assert found["fink_t2_latency_seconds_bucket", "2.0"] == 90
    assert found["fink_t2_latency_seconds_bucket", "37.0"] == 95
    assert found["fink_t2_set_aside_messages_total",] == 3
    assert found["fink_t2_alerts_without_cutouts_total",] == 8
    assert found["fink_t2_resident_memory_bytes", "driver"] > 1e6


def test_no_address_no_metrics() -> None:
    assert start_metrics("ztf", "") is None


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:99999999", ":-1"])
def test_a_wrong_address_is_a_config_error(address: str) -> None:
    with pytest.raises(ConfigError, match=r"metrics\.address"):
        Metrics("ztf").serve(address)


def test_a_taken_port_is_a_config_error() -> None:
    port = free_ports(1)[0]
    Metrics("ztf").serve(f":{port}")
    with pytest.raises(ConfigError, match="can't be used"):
        Metrics("ztf").serve(f":{port}")


def test_dashboard_and_rules_name_only_metrics_that_are_there() -> None:
    folder = Path(__file__).resolve().parents[2] / "conf" / "grafana"
    dashboard = json.loads((folder / "stream.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    text = "\n".join([*queries, (folder / "alert_rules.yaml").read_text()])
    metrics = Metrics("ztf")
    metrics.watch("model_refusals", "Models refused at a swap", lambda: 0.0)
    metrics.batch(LINE)
    there = {s.name for family in metrics.registry.collect() for s in family.samples}
    named = set(re.findall(r"\bfink_t2_\w+", text))
    assert len(named) >= 10
    assert named <= there
