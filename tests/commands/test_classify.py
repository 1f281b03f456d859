"""``fink-t2 classify`` on every kind of input."""

import fastavro
import numpy as np
import pandas as pd
import pytest

from fink_t2.cli import main
from fink_t2.science.classes import CLASSES

OUTPUT = ["t2_class", "t2_prob", "t2_unknown", "t2_status", "t2_model"]


def classify(source, out, *options):
    assert main(["classify", str(source), "--out", str(out), *options]) == 0
    return pd.read_csv(out) if out.suffix == ".csv" else pd.read_parquet(out)


def check(found):
    assert set(CLASSES) | set(OUTPUT) <= set(found.columns)
    ok = found["t2_status"] == "ok"
    np.testing.assert_allclose(found.loc[ok, list(CLASSES)].sum(axis=1), 1, atol=0.02)
    assert (found.loc[~ok, list(CLASSES)] == -1).all(axis=None)
    return ok


@pytest.mark.parametrize(
    ("folder", "n_alerts"), [("ztf_v3", 42), ("ztf_v4", 34), ("ztf_sequence", 34)]
)
def test_folders_of_real_ztf_packets(shared, tmp_path, folder, n_alerts):
    found = classify(shared / "data" / "alerts" / folder, tmp_path / "out.parquet")
    check(found)
    assert len(found) == n_alerts
    assert found["candid"].is_unique


def test_the_alerts_of_one_real_supernova_are_classified(shared, tmp_path):
    found = classify(shared / "data" / "alerts" / "ztf_sequence", tmp_path / "out.parquet")
    assert check(found).sum() >= 30
    assert set(found["objectId"]) == {"ZTF21abiuvdk"}


def test_broker_parquet_with_cross_match(shared, tmp_path):
    found = classify(shared / "data" / "alerts" / "ztf_parquet", tmp_path / "out.parquet")
    check(found)
    assert (found["t2_status"] == "catalogued_star").sum() > 40


@pytest.mark.parametrize(
    ("name", "n_rows"), [("ztf_lightcurves", 809), ("ztf_alert_histories", 378)]
)
def test_labelled_tables(shared, tmp_path, name, n_rows):
    found = classify(shared / "data" / "labelled" / f"{name}.parquet", tmp_path / "out.csv")
    assert len(found) == n_rows
    assert check(found).mean() > 0.9


def test_catalogue_cuts_can_be_left_out(shared, tmp_path):
    path = shared / "data" / "labelled" / "ztf_contaminants.parquet"
    assert check(classify(path, tmp_path / "with.parquet")).mean() < 0.1
    without = classify(path, tmp_path / "without.parquet", "--no-catalogue-cuts")
    assert check(without).mean() > 0.7


def test_real_rubin_alerts_framed_and_in_containers(shared, tmp_path):
    pytest.importorskip("lsst.alert.packet", reason="Rubin's schemas: pip install fink_t2[lsst]")
    found = classify(shared / "data" / "alerts" / "lsst", tmp_path / "out.parquet")
    check(found)
    assert len(found) == 25 + 7 + 3
    assert (found["t2_status"] == "solar_system").any()


def test_forced_photometry_adds_points_to_rubin_alerts(shared, tmp_path):
    path = shared / "data" / "alerts" / "lsst" / "part-2-918301.avro"
    without = classify(path, tmp_path / "without.csv")
    with_forced = classify(path, tmp_path / "with.csv", "--forced-photometry")
    points = [f"t2_n_{band}" for band in "ugrizy"]
    assert with_forced[points].sum().sum() > 1.5 * without[points].sum().sum()


def test_a_broken_packet_is_named_and_the_rest_classified(tmp_path, shared, capsys):
    packets = sorted((shared / "data" / "alerts" / "ztf_sequence").glob("*.avro"))[:3]
    for packet in packets:
        (tmp_path / packet.name).write_bytes(packet.read_bytes())
    (tmp_path / "broken.avro").write_bytes(packets[0].read_bytes()[:30000])
    out = tmp_path / "out.csv"
    assert main(["classify", str(tmp_path), "--out", str(out)]) == 1
    assert len(pd.read_csv(out)) == 3
    assert "broken.avro" in capsys.readouterr().err


def test_an_object_that_is_no_alert_is_named(tmp_path, capsys):
    schema = {"type": "record", "name": "r", "fields": [{"name": "x", "type": "int"}]}
    with (tmp_path / "other.avro").open("wb") as stream:
        fastavro.writer(stream, schema, [{"x": 1}])
    assert main(["classify", str(tmp_path), "--out", str(tmp_path / "out.csv")]) == 1
    assert "other.avro" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "out", "named"),
    [("nothing.parquet", "out.csv", "nothing.parquet"), ("nothing", "out.txt", "out.txt")],
)
def test_what_can_not_be_done_is_said_in_one_line(tmp_path, capsys, source, out, named):
    assert main(["classify", str(tmp_path / source), "--out", str(tmp_path / out)]) == 1
    error = capsys.readouterr().err
    assert named in error
    assert "Traceback" not in error
