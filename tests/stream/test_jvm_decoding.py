"""What the JVM decodes against fastavro, field by field, for every packet at hand."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import fastavro
import pytest
from pyspark.sql import Row, SparkSession

from fink_t2.alerts import SchemaSource
from fink_t2.alerts.frames import message_prefix
from fink_t2.alerts.limits import Limits
from fink_t2.alerts.schemas import lenient, parse_schema
from fink_t2.alerts.wanted_fields import full_schema
from fink_t2.errors import AlertError
from fink_t2.stream.decode import decode_messages
from fink_t2.stream.writer_schemas import WriterSchemas
from fink_t2.surveys import LSST, ZTF
from tests.alerts import rubin
from tests.alerts.conftest import rubin_schemas  # noqa: F401 - a fixture
from tests.stream.conftest import Messages

LIMITS = Limits()


def same(found: Any, expected: Any) -> bool:
    """Whether one has all that the other has; more may be there, as None. NaN equals NaN."""
    if isinstance(expected, dict):
        more = {key for key in found if found[key] is not None} - expected.keys()
        return not more and all(
            key not in found or same(found[key], value) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return bool(found == expected or (found != found and expected != expected))


def decoded(
    messages: Messages, writer_schemas: WriterSchemas, values: list[bytes | None]
) -> list[Row]:
    for value in values:
        with suppress(AlertError):
            writer_schemas.add(message_prefix(value or b"", LIMITS))
    rows = decode_messages(
        messages(values),
        writer_schemas.survey,
        list(writer_schemas.accepted.values()),
        writer_schemas.reader,
    )
    return sorted(rows.collect(), key=lambda row: row["offset"])


def check_ztf(messages: Messages, paths: list[Path]) -> None:
    writer_schemas = WriterSchemas(ZTF, full_schema(ZTF), LIMITS)
    rows = decoded(messages, writer_schemas, [path.read_bytes() for path in paths])
    assert not writer_schemas.refused
    for row, path in zip(rows, paths, strict=True):
        (expected,) = fastavro.reader(io.BytesIO(path.read_bytes()))
        assert row["value"] is None
        assert same(row["alert"].asDict(recursive=True), expected)


def test_packets_of_ours(messages: Messages, packets: list[Path]) -> None:
    check_ztf(messages, packets[::10])


def test_real_packets_of_all_versions_in_one_batch(messages: Messages, shared: Path) -> None:
    folders = [shared / "data" / "alerts" / name for name in ("ztf_v3", "ztf_v4", "ztf_sequence")]
    check_ztf(messages, [path for folder in folders for path in sorted(folder.glob("*.avro"))])


def test_real_rubin_alerts(
    messages: Messages,
    shared: Path,
    rubin_schemas: SchemaSource,  # noqa: F811
) -> None:
    """Framed ones of three versions, brought to the newest schema."""
    paths = sorted((shared / "data" / "alerts" / "lsst" / "confluent_framed").glob("*.avro"))
    newest = lenient(parse_schema(rubin_schemas.schema_text(rubin_schemas.newest())))
    writer_schemas = WriterSchemas(LSST, newest, LIMITS, rubin_schemas)
    values = [path.read_bytes() for path in paths]
    for row, message in zip(decoded(messages, writer_schemas, list(values)), values, strict=True):
        text = rubin_schemas.schema_text(int.from_bytes(message[1:5], "big"))
        whole = fastavro.schemaless_reader(io.BytesIO(message[5:]), json.loads(text), None)
        found = row["alert"].asDict(recursive=True)
        assert found["diaSourceId"] == whole["diaSource"]["diaSourceId"]
        for name in ("diaSource", "prvDiaSources", "prvDiaForcedSources", "diaObject"):
            assert same_where_both(found[name], whole[name])
        assert found["cutoutScience"] == whole["cutoutScience"]


def same_where_both(found: Any, expected: Any) -> bool:
    """Versions drop fields as well as add them: compare those that both have."""
    if isinstance(expected, dict):
        shared_names = found.keys() & expected.keys()
        return bool(shared_names) and all(same(found[k], expected[k]) for k in shared_names)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same_where_both, found, expected))
    return same(found, expected)


class InMemory(SchemaSource):
    """The schemas of `rubin`."""

    def newest(self) -> int:
        return 1000

    def _find(self, schema_id: int) -> str:
        return rubin.text(schema_id)


def rubin_writer_schemas() -> WriterSchemas:
    return WriterSchemas(LSST, lenient(parse_schema(rubin.text(1000))), LIMITS, InMemory())


def test_rubin_of_two_versions_framed_and_not(messages: Messages) -> None:
    values: list[bytes | None] = [
        rubin.framed(703, rubin.alert(1)),
        rubin.framed(1000, rubin.alert(2)),
        rubin.contained(703, [rubin.alert(3)]),
        rubin.contained(1000, [rubin.alert(4)]),
    ]
    rows = decoded(messages, rubin_writer_schemas(), values)
    assert [row["alert"]["diaSourceId"] for row in rows] == [1000, 2000, 3000, 4000]
    for number, row in enumerate(rows, 1):
        history = row["alert"]["prvDiaSources"]
        assert [one.asDict() for one in history] == rubin.alert(number)["prvDiaSources"]


@pytest.mark.parametrize("make", [rubin.framed, lambda v, a: rubin.contained(v, [a])])
def test_what_is_damaged_is_left_as_it_came(messages: Messages, make: Any) -> None:
    good = make(1000, rubin.alert(1))
    null_band = rubin.alert(2)
    null_band["diaSource"]["band"] = None
    values: list[bytes | None] = [
        good,
        good[:-1],
        good + b"x",
        good[: len(good) // 2],
        make(1000, null_band),
    ]
    rows = decoded(messages, rubin_writer_schemas(), values)
    assert rows[0]["alert"] is not None
    for row, value in zip(rows[1:], values[1:], strict=True):
        assert row["alert"] is None
        assert bytes(row["value"]) == value


def test_several_alerts_and_compression_are_go_to_the_fallback_decoding(messages: Messages) -> None:
    two = rubin.contained(1000, [rubin.alert(1), rubin.alert(2)])
    (row,) = decoded(messages, rubin_writer_schemas(), [two])
    assert row["alert"] is None
    assert bytes(row["value"]) == two


def test_nothing_is_decoded_without_writer_schemas(messages: Messages, spark: SparkSession) -> None:
    writer_schemas = rubin_writer_schemas()
    rows = decode_messages(messages([b"x", None]), LSST, [], writer_schemas.reader).collect()
    assert [row["alert"] for row in rows] == [None, None]
    assert {row["value"] and bytes(row["value"]) for row in rows} == {b"x", None}
