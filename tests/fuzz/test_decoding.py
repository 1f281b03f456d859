"""Hostile messages are alerts or have a reason; hypothesis finds and shrinks what is not."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fink_t2.alerts import decode_alert, decode_alerts
from fink_t2.alerts.limits import Limits
from fink_t2.chaos.small_alerts import SMALL_SCHEMA, datum
from fink_t2.errors import AlertError
from tests.fuzz.checks import check_decoding
from tests.fuzz.messages import (
    BOMB,
    LENGTHS,
    MAKERS,
    Maker,
    any_integer,
    framed,
    random_schema_text,
)
from tests.fuzz.packaged_schemas import lsst_schemas
from tests.fuzz.seeds import (
    container,
    packets,
    real_packets,
    schema_json,
    seed_alert,
)

SCHEMA = schema_json().encode()
SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)


@pytest.mark.parametrize("message", packets())
def test_the_seeds_are_sound(message: bytes) -> None:
    assert check_decoding(message, "ztf")


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_every_kind_of_hostility(maker: Maker) -> None:
    for seed in range(3 if MAKERS[maker] == 1 else 60):
        check_decoding(maker(Random(seed)), "ztf")


@SLOW
@given(st.binary(max_size=300))
def test_any_bytes(message: bytes) -> None:
    assert not check_decoding(message, "ztf")


@SLOW
@given(st.binary(max_size=300), st.sampled_from(range(700, 1101)))
def test_any_datum_behind_a_schema_id(data: bytes, schema_id: int) -> None:
    check_decoding(b"\x00" + schema_id.to_bytes(4, "big") + data, "lsst", lsst_schemas())


@SLOW
@given(st.binary(max_size=200), st.integers(-3, 3), st.integers(-10, 300))
def test_any_record_in_a_sound_frame(data: bytes, count: int, size: int) -> None:
    check_decoding(framed(SCHEMA, data, count=count, size=size), "ztf")


@SLOW
@given(st.sampled_from(packets()), st.data())
def test_any_cut_and_any_byte(message: bytes, data: st.DataObject) -> None:
    assert not check_decoding(message[: data.draw(st.integers(0, len(message) - 1))], "ztf")
    place = data.draw(st.integers(0, len(message) - 1))
    changed = data.draw(st.binary(max_size=12))
    check_decoding(message[:place] + changed + message[place + len(changed) :], "ztf")


@SLOW
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.sampled_from(["int", "alert", "null", ""]),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "name", "fields", "items", "values", "size", "symbols"]),
                inner,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_as_schema(schema: object) -> None:
    import json

    check_decoding(framed(json.dumps(schema).encode(), b"\x00"), "ztf")


@SLOW
@given(st.integers(0, 1 << 32))
def test_any_schema_of_the_generator(seed: int) -> None:
    text = random_schema_text(Random(seed)).encode("utf-8", "surrogatepass")
    check_decoding(framed(text, b"\x02" * 40), "ztf")


@pytest.mark.parametrize("length", LENGTHS)
def test_a_declared_length_is_not_believed(length: int) -> None:
    """The history's array says that it has so many items; none of them is there."""
    sound = datum(seed_alert(0))
    at = len(sound) - len(seed_alert()["cutoutScience"]) - 3  # union branch 1, block count 0
    assert sound[at : at + 1] == b"\x00"
    data = sound[:at] + any_integer(length) + sound[at + 1 :]
    with pytest.raises(AlertError):
        decode_alert(framed(SCHEMA, data), "ztf")


def test_a_deflate_bomb_is_not_inflated() -> None:
    with pytest.raises(AlertError, match="decompresses to more than the limit"):
        decode_alert(framed(SCHEMA, BOMB, codec=b"deflate"), "ztf")


def test_limits_bound_message_records_and_schema() -> None:
    message = container([seed_alert(), seed_alert()])
    for limits, reason in (
        (Limits(message_bytes=100), "longer than the limit of 100"),
        (Limits(records=1), "the limit is 1"),
        (Limits(schema_bytes=50), "longer than the limit of 50"),
        (Limits(schema_nodes=5), "more than 5 fields and types"),
        (Limits(schema_depth=1), "nested deeper than 1"),
    ):
        with pytest.raises(AlertError, match=reason):
            list(decode_alerts(message, "ztf", None, limits))


def test_a_message_of_two_alerts_is_not_one() -> None:
    with pytest.raises(AlertError, match="contains 2 alerts"):
        decode_alert(container([seed_alert(), seed_alert()]), "ztf")


def test_a_history_of_100000_points_is_an_alert() -> None:
    alert = seed_alert(100_000)
    found = decode_alert(container([alert]), "ztf")
    assert len(found["prv_candidates"]) == 100_000
    assert check_decoding(container([alert], "deflate"), "ztf")


def test_an_object_id_is_only_a_value() -> None:
    found = decode_alert(container([seed_alert(object_id="../../etc/passwd")]), "ztf")
    assert found["objectId"] == "../../etc/passwd"


def test_an_unknown_schema_id_has_a_reason() -> None:
    schemas = lsst_schemas()
    if schemas is None:
        pytest.skip("the package lsst-alert-packet is not installed")
    with pytest.raises(AlertError, match="schema 65535 is not in"):
        decode_alert(b"\x00\x00\x00\xff\xff" + datum(seed_alert()), "lsst", schemas)


def test_real_packets_damaged(shared: Path) -> None:
    random = Random(4)
    for message in real_packets(shared):
        assert check_decoding(message, "ztf")
        for _ in range(15):
            damaged = bytearray(message)
            for _ in range(3):
                damaged[random.randrange(len(damaged))] = random.randrange(256)
            check_decoding(bytes(damaged[: random.randrange(len(damaged))]), "ztf")
            check_decoding(bytes(damaged), "ztf")


def test_the_small_schema_has_what_an_alert_needs() -> None:
    assert SMALL_SCHEMA["fields"][3]["name"] == "candidate"
