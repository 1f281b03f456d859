"""The benchmark runs on real packets, and its reference path computes what ours computes."""

import json
from pathlib import Path

import numpy as np
import pytest

from fink_t2.benchmark.reference_path import ReferencePath
from fink_t2.benchmark.stages import OURS, REFERENCE, run_stages
from fink_t2.benchmark.workload import alert_columns, decode, read_packets
from fink_t2.classifier import find_model
from fink_t2.cli import main
from fink_t2.errors import AlertError
from fink_t2.processor import classify_ztf_alerts
from fink_t2.science.cuts import CutSettings, Status
from fink_t2.surveys import ZTF

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def packets(shared):
    return shared / "data" / "alerts" / "ztf_v3"


@pytest.fixture(scope="module")
def published(shared):
    return shared / "reference" / "t2_published_gr.tflite"


def test_reference_path_agrees_with_ours_given_the_same_network(packets, published):
    fields = alert_columns([decode(packet) for packet in read_packets(packets)])
    # The published path knows no negative subtractions.
    fields["isdiffpos"] = [np.ones(len(signs), dtype=bool) for signs in fields["isdiffpos"]]
    ours = classify_ztf_alerts(
        find_model(str(published)), CutSettings(), *[fields[name] for name in ZTF.point_fields]
    )
    reference = ReferencePath(published)
    classified = np.flatnonzero(ours.status == Status.OK)
    assert classified.size > 10
    differences = []
    for row in classified:
        arrays = [fields[name][row] for name in ("jd", "fid", "magpsf", "sigmapsf")]
        grid = reference.interpolate(*reference.light_curve(*arrays))
        differences.append(np.abs(reference.infer(reference.scale(grid)) - ours.probabilities[row]))
    # A fit that ends elsewhere may differ; the typical alert must not.
    assert np.median(np.max(differences, axis=1)) < 1e-3


def test_stages_gives_figures_and_ratios(packets, published):
    found = run_stages(packets, find_model(), published, batch_alerts=32, seconds=0.1)
    assert set(found["ours"]) == {*OURS, "module path"}
    assert set(found["ratios"]) == {*REFERENCE, "module path"}
    for figures in found["ours"].values():
        assert 0 < figures["median_us"] <= figures["p90_us"]
    assert found["passing_cuts"] <= found["packets"] == 42


def test_without_the_published_network_the_report_says_so(packets, tmp_path, capsys):
    out = tmp_path / "figures.json"
    arguments = ["bench", "stages", "--alerts", str(packets), "--seconds", "0.1"]
    assert main([*arguments, "--published", "missing.tflite", "--json", str(out)]) == 0
    assert "left out" in capsys.readouterr().out
    figures = json.loads(out.read_text())
    assert "inference" not in figures["stages"]["reference"]
    assert figures["machine"]["packages"]["numba"]
    assert figures["seed"] == 0


def test_a_folder_without_packets_is_refused(tmp_path):
    with pytest.raises(AlertError, match=str(tmp_path)):
        read_packets(tmp_path)


def test_an_unreadable_packet_is_named(tmp_path, capsys):
    packet = next((CHECKOUT / "data" / "alerts").glob("*.avro")).read_bytes()
    (tmp_path / "damaged.avro").write_bytes(packet[: len(packet) // 2])
    assert main(["bench", "stages", "--alerts", str(tmp_path)]) == 1
    assert "damaged.avro" in capsys.readouterr().err
