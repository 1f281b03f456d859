"""Simulated packets are ZTF packets: the same schema, consistent fields, readable images."""

import io
import itertools
import json
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest

from fink_t2.alerts.fits_stamp import read_stamp
from fink_t2.simulation.alert_archive import draw_alerts
from fink_t2.simulation.alert_packets import alert_packets, packet_bytes, ztf_schema

Packet = dict[str, Any]


@pytest.fixture(scope="module")
def packets() -> list[Packet]:
    objects, alerts = draw_alerts(56, seed=3, workers=1)
    return list(alert_packets(objects, alerts))


def without_docs(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: without_docs(value) for name, value in schema.items() if name != "doc"}
    if isinstance(schema, list):
        return [without_docs(part) for part in schema]
    return schema


def real_schema(shared: Path) -> Any:
    for path in sorted((shared / "data" / "alerts" / "ztf_v4").glob("*.avro")):
        with path.open("rb") as stream:
            reader = fastavro.reader(stream)
            if next(reader)["schemavsn"] == "4.02":  # type: ignore[index,call-overload]
                return json.loads(reader.metadata["avro.schema"])
    pytest.fail("no packet of schema 4.02 in the reference data")


def test_schema_is_that_of_a_real_packet(shared: Path) -> None:
    assert ztf_schema() == without_docs(real_schema(shared))


def test_packets_round_trip_through_the_schema_of_a_real_packet(
    shared: Path, packets: list[Packet]
) -> None:
    schema = fastavro.parse_schema(real_schema(shared))
    for packet in packets:
        buffer = io.BytesIO()
        fastavro.schemaless_writer(buffer, schema, packet, strict=True)
        buffer.seek(0)
        back = fastavro.schemaless_reader(buffer, schema, None)
        reader = fastavro.reader(io.BytesIO(packet_bytes(packet)), reader_schema=schema)
        assert next(reader) == back


def test_real_packets_use_the_same_fields(shared: Path, packets: list[Packet]) -> None:
    paths = sorted((shared / "data" / "alerts" / "ztf_v4").glob("27521906556150100*.avro"))
    with paths[0].open("rb") as stream:
        real = next(fastavro.reader(stream))
    for name in ("candidate", "cutoutScience"):
        assert packets[0][name].keys() == real[name].keys()  # type: ignore[index,call-overload,union-attr]
    ours = next(p for p in packets if p["prv_candidates"] and p["fp_hists"])
    for name in ("prv_candidates", "fp_hists"):
        assert ours[name][0].keys() == real[name][0].keys()  # type: ignore[index,call-overload,union-attr]


def test_same_seed_gives_the_same_bytes(packets: list[Packet]) -> None:
    objects, alerts = draw_alerts(56, seed=3, workers=2)
    again = alert_packets(objects, alerts)
    for packet in packets:
        assert packet_bytes(packet) == packet_bytes(next(again))


def test_container_is_uncompressed_and_holds_one_packet(packets: list[Packet]) -> None:
    reader = fastavro.reader(io.BytesIO(packet_bytes(packets[0])))
    assert reader.codec == "null"
    assert len(list(reader)) == 1


def test_every_candidate_field_is_filled(packets: list[Packet]) -> None:
    for packet in packets:
        for name, value in packet["candidate"].items():
            assert value is not None, name
            if isinstance(value, float):
                assert np.isfinite(value), name


def test_history_is_older_than_the_alert_and_within_thirty_days(packets: list[Packet]) -> None:
    for packet in packets:
        now = packet["candidate"]["jd"]
        for kind in ("prv_candidates", "fp_hists"):
            for entry in packet[kind] or []:
                assert 0 < now - entry["jd"] <= 30.0 + 1e-6


def test_non_detections_are_null_but_for_the_exposure(packets: list[Packet]) -> None:
    entries = [entry for packet in packets for entry in packet["prv_candidates"] or []]
    missing = [entry for entry in entries if entry["magpsf"] is None]
    assert len(missing) > 50
    for entry in missing:
        for name in ("candid", "isdiffpos", "sigmapsf", "ra", "rb", "scorr"):
            assert entry[name] is None
        assert entry["diffmaglim"] > 10
        assert entry["magzpsci"] > 20


def test_successive_alerts_of_an_object_agree(packets: list[Packet]) -> None:
    by_object: dict[str, list[Packet]] = {}
    for packet in packets:
        by_object.setdefault(packet["objectId"], []).append(packet)
    repeated = [group for group in by_object.values() if len(group) > 1]
    assert len(repeated) > 5
    for group in repeated:
        for earlier, later in itertools.pairwise(group):
            assert earlier["candid"] < later["candid"]
            assert earlier["candidate"]["jd"] < later["candidate"]["jd"]
            assert earlier["candidate"]["field"] == later["candidate"]["field"]
            assert earlier["candidate"]["jdstarthist"] == later["candidate"]["jdstarthist"]
            history = {e["candid"]: e for e in later["prv_candidates"] or [] if e["candid"]}
            if later["candidate"]["jd"] - earlier["candidate"]["jd"] < 30:
                entry = history[earlier["candid"]]
                assert entry["magpsf"] == earlier["candidate"]["magpsf"]
                assert entry["ra"] == earlier["candidate"]["ra"]


def test_forced_photometry_agrees_with_the_detections(packets: list[Packet]) -> None:
    compared = 0
    for packet in packets:
        forced = {entry["jd"]: entry for entry in packet["fp_hists"] or []}
        for entry in packet["prv_candidates"] or []:
            measured = forced[entry["jd"]]
            if entry["magpsf"] is None or measured["procstatus"] != "0":
                continue
            counts = 10 ** (-0.4 * (entry["magpsf"] - entry["magzpsci"]))
            sign = 1 if entry["isdiffpos"] == "t" else -1
            assert measured["forcediffimflux"] == pytest.approx(sign * counts, rel=1e-4)
            compared += 1
    assert compared > 100


def test_images_show_the_source_with_its_sign(packets: list[Packet]) -> None:
    bright = [p for p in packets if p["candidate"]["magpsf"] < 18.5]
    assert {p["candidate"]["isdiffpos"] for p in bright} == {"t", "f"}
    for packet in bright:
        science, template, difference = (
            read_stamp(packet[name]["stampData"])
            for name in ("cutoutScience", "cutoutTemplate", "cutoutDifference")
        )
        assert science.shape == template.shape == difference.shape == (63, 63)
        centre = (slice(29, 34), slice(29, 34))
        assert difference[centre].max() > 5 * difference.std()
        sign = 1 if packet["candidate"]["isdiffpos"] == "t" else -1
        excess = (science - np.median(science)) - (template - np.median(template))
        assert sign * excess[centre].sum() > 0
