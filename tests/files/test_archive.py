"""Archives of every kind give each alert once, and name what they can't."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_t2.alerts.frames import CONFLUENT_MAGIC, read_container_header
from fink_t2.alerts.schemas import parse_schema
from fink_t2.errors import AlertError
from fink_t2.files import archive
from fink_t2.files.archive import archived_alerts, archived_packets, encode_container

CANDIDATE = {
    "type": "record",
    "name": "candidate",
    "namespace": "ztf.alert",
    "fields": [
        {"name": "jd", "type": "double"},
        {"name": "ssnamenr", "type": ["null", "string"], "default": None},
    ],
}
SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "alert",
        "namespace": "ztf",
        "fields": [
            {"name": "objectId", "type": "string"},
            {"name": "candidate", "type": CANDIDATE},
        ],
    }
)


def alert(number: int) -> dict[str, Any]:
    return {"objectId": f"ZTF21a{number:06d}", "candidate": {"jd": 2459000.5 + number}}


@cache  # a container's sync marker is random
def packet(number: int) -> bytes:
    return encode_container(SCHEMA, alert(number))


def write_tar(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


def collect(path: Path) -> tuple[list[archive.ArchivedAlert], list[str]]:
    errors: list[str] = []
    return list(archived_alerts(path, lambda error: errors.append(str(error)))), errors


def decode(packet: bytes) -> list[Any]:
    return list(fastavro.reader(io.BytesIO(packet)))


def test_a_folder_gives_the_bytes_of_its_files_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "night" / "field").mkdir(parents=True)
    (tmp_path / "night" / "b.avro").write_bytes(packet(2))
    (tmp_path / "night" / "field" / "c.avro.gz").write_bytes(gzip.compress(packet(3)))
    (tmp_path / "a.avro").write_bytes(packet(1))
    write_tar(tmp_path / "z.tgz", {"d.avro": packet(4), "README": b"no alert"})
    (tmp_path / "notes.txt").write_text("no alert either")
    (tmp_path / "_temporary").mkdir()
    (tmp_path / "_temporary" / "half.avro").write_bytes(packet(9)[:100])

    alerts, errors = collect(tmp_path)

    assert [found.packet for found in alerts] == [packet(n) for n in (1, 2, 3, 4)]
    assert [found.object_id for found in alerts] == [f"ZTF21a00000{n}" for n in (1, 2, 3, 4)]
    assert [found.jd for found in alerts] == [2459000.5 + n for n in (1, 2, 3, 4)]
    assert alerts[0].name == str(tmp_path / "a.avro")
    assert alerts[3].name == f"{tmp_path / 'z.tgz'} member d.avro"
    assert errors == []


@pytest.mark.parametrize("name", ["night.tar", "night.tar.gz", "night.tgz"])
def test_a_tar_gives_the_bytes_of_its_members(tmp_path: Path, name: str) -> None:
    members = {f"night/{n}.avro": packet(n) for n in range(50)}
    alerts, errors = collect(write_tar(tmp_path / name, members))
    assert [found.packet for found in alerts] == list(members.values())
    assert errors == []


def test_a_container_of_several_records_becomes_several_alerts(tmp_path: Path) -> None:
    path = tmp_path / "three.avro"
    with path.open("wb") as file:
        fastavro.writer(file, SCHEMA, [alert(n) for n in range(3)], codec="deflate")
    alerts, errors = collect(path)
    assert [found.name for found in alerts] == [f"{path} record {n}" for n in range(3)]
    assert [decode(found.packet)[0]["objectId"] for found in alerts] == [
        alert(n)["objectId"] for n in range(3)
    ]
    assert errors == []


def test_rows_of_parquet_become_containers_that_say_the_same(tmp_path: Path) -> None:
    candidate = pa.struct(
        [
            pa.field("jd", pa.float64(), nullable=False),
            pa.field("fid", pa.int32(), nullable=False),
            pa.field("rb", pa.float32()),
            pa.field("nothing", pa.null()),
        ]
    )
    schema = pa.schema(
        [
            pa.field("objectId", pa.string()),
            pa.field("candid", pa.int64()),
            pa.field("candidate", candidate),
            pa.field("prv_candidates", pa.list_(pa.field("element", candidate))),
            pa.field("stampData", pa.binary()),
            pa.field("t2", pa.map_(pa.string(), pa.float32())),
            pa.field("timestamp", pa.timestamp("ns")),
            pa.field("t2_processed_at", pa.timestamp("us", tz="UTC")),
            pa.field("known", pa.bool_()),
        ]
    )
    now = datetime(2024, 2, 29, 12, 30, 15, 123456)
    one = {"jd": 2459000.5, "fid": 1, "rb": 0.5, "nothing": None}
    rows = [
        {
            "objectId": "ZTF21aaaaaaa",
            "candid": 2**60,
            "candidate": one,
            "prv_candidates": [one | {"rb": None}, one],
            "stampData": b"\x1f\x8b\x00",
            "t2": {"SNIa": 0.25, "KN": 0.75},
            "timestamp": now,
            "t2_processed_at": now.replace(tzinfo=UTC),
            "known": None,
        },
        {
            "objectId": "ZTF21bbbbbbb",
            "candid": None,
            "candidate": one,
            "prv_candidates": None,
            "stampData": None,
            "t2": {},
            "timestamp": None,
            "t2_processed_at": None,
            "known": True,
        },
    ]
    path = tmp_path / "part.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema), path)

    alerts, errors = collect(path)

    assert errors == []
    assert [decode(found.packet)[0] for found in alerts] == rows
    assert [found.object_id for found in alerts] == ["ZTF21aaaaaaa", "ZTF21bbbbbbb"]
    assert alerts[1].name == f"{path} row 1"


@pytest.mark.parametrize(
    ("field", "says"),
    [
        (pa.field("mag psf", pa.float32()), "ztf.alert.mag psf has a name that Avro"),
        (pa.field("price", pa.decimal128(10, 2)), "ztf.alert.price has type decimal128"),
    ],
)
def test_a_column_that_avro_can_not_say_is_named(
    tmp_path: Path, field: pa.Field, says: str
) -> None:
    schema = pa.schema([field, pa.field("candidate", pa.struct([pa.field("jd", pa.float64())]))])
    pq.write_table(schema.empty_table(), tmp_path / "odd.parquet")
    with pytest.raises(AlertError, match=says):
        list(archived_alerts(tmp_path))


def test_a_table_without_alerts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "curves.parquet"
    pq.write_table(pa.table({"mjd": [1.0]}), path)
    with pytest.raises(AlertError, match=r"no alerts: it lacks the column candidate \(ztf\)"):
        list(archived_alerts(path))


def damaged(tmp_path: Path) -> dict[str, Path]:
    whole = packet(1)
    files = {
        "cut.avro": whole[:-20],
        "empty.avro": b"",
        "noise.avro": bytes(range(1, 200)),
        "cut.avro.gz": gzip.compress(whole)[:-20],
        "noise.tar": bytes(range(256)) * 20,
        "noise.parquet": bytes(range(256)) * 20,
        "nothing.avro": b"",
    }
    with io.BytesIO() as buffer:
        fastavro.writer(buffer, SCHEMA, [])
        files["nothing.avro"] = buffer.getvalue()
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    write_tar(tmp_path / "no-alerts.tar", {"README": b"text"})
    files["no-alerts.tar"] = b""
    return {name: tmp_path / name for name in files}


def test_what_can_not_be_read_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    paths = damaged(tmp_path)
    (tmp_path / "good.avro").write_bytes(packet(5))
    alerts, errors = collect(tmp_path)
    assert [found.packet for found in alerts] == [packet(5)]
    assert len(errors) == len(paths), errors
    for path in paths.values():
        assert sum(f"{path} " in error for error in errors) == 1


def test_by_default_the_first_damage_ends_the_reading(tmp_path: Path) -> None:
    for path in damaged(tmp_path).values():
        with pytest.raises(AlertError, match=path.name):
            list(archived_alerts(path))


def test_of_a_cut_tar_all_whole_members_are_read(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "cut.tar", {f"{n}.avro": packet(n) for n in range(3)})
    path.write_bytes(path.read_bytes()[: 4 * 512 + 512 + 100])
    alerts, errors = collect(path)
    assert [found.packet for found in alerts] == [packet(0), packet(1)]
    assert errors
    assert all("cut.tar" in error for error in errors)


def test_a_packet_larger_than_any_alert_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_PACKET_BYTES", 10_000)
    path = tmp_path / "bomb.avro.gz"
    path.write_bytes(gzip.compress(bytes(10_001)))
    with pytest.raises(AlertError, match=r"bomb\.avro\.gz is no alert: it is larger"):
        list(archived_packets(path))


def test_a_container_of_something_else_is_no_alert(tmp_path: Path) -> None:
    schema = {"type": "record", "name": "point", "fields": [{"name": "mjd", "type": "double"}]}
    path = tmp_path / "point.avro"
    path.write_bytes(encode_container(schema, {"mjd": 1.0}))
    with pytest.raises(AlertError, match=r"point\.avro is no alert: it lacks candidate"):
        list(archived_alerts(path))


def test_a_folder_without_alerts_and_a_missing_one_are_errors(tmp_path: Path) -> None:
    with pytest.raises(AlertError, match="holds no alerts"):
        list(archived_alerts(tmp_path))
    with pytest.raises(AlertError, match="neither a file nor a folder"):
        list(archived_alerts(tmp_path / "missing"))


@settings(max_examples=300, deadline=None)
@given(
    members=st.lists(st.one_of(st.binary(max_size=300), st.binary().map(lambda b: b"Obj\x01" + b))),
    cut=st.integers(0, 4000),
    suffix=st.sampled_from([".tar", ".tar.gz"]),
)
def test_random_members_and_cut_tars_raise_nothing_but_alert_errors(
    tmp_path_factory: pytest.TempPathFactory, members: list[bytes], cut: int, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"random{suffix}"
    write_tar(path, {f"{n}.avro": content for n, content in enumerate(members)})
    content = path.read_bytes()
    path.write_bytes(content[: max(1, len(content) - cut)])
    collect(path)


@settings(max_examples=300, deadline=None)
@given(
    content=st.binary(min_size=1, max_size=2000),
    name=st.sampled_from(["r.avro", "r.avro.gz", "r.tar", "r.tgz", "r.parquet"]),
    where=st.integers(0, 600),
)
def test_random_and_overwritten_files_raise_nothing_but_alert_errors(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str, where: int
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    whole = packet(1) if name == "r.avro" else b""
    path.write_bytes(whole[:where] + content + whole[where + len(content) :])
    collect(path)


@pytest.mark.parametrize(
    ("folder", "alerts"),
    [
        ("ztf_v3", 42),
        ("ztf_v4", 34),
        ("ztf_sequence", 34),
        ("ztf_parquet", 51 + 67),
        ("lsst", 7 + 25 + 3),
        ("elasticc", 89 + 260),
    ],
)
def test_each_real_alert_is_found(shared: Path, folder: str, alerts: int) -> None:
    found = list(archived_alerts(shared / "data" / "alerts" / folder))
    assert len(found) == alerts
    framed = [one for one in found if one.packet.startswith(CONFLUENT_MAGIC)]
    assert len(framed) == (3 if folder == "lsst" else 0)
    for one in found:
        if one not in framed:
            assert one.object_id
            assert one.jd is not None
            assert 2458000 < one.jd < 2463000  # 2017 to 2031


def test_real_rows_of_parquet_keep_their_values(shared: Path) -> None:
    path = shared / "data" / "alerts" / "ztf_parquet" / "alerts.parquet"
    rows = pq.read_table(path).drop_columns("timestamp").to_pylist()
    for row, (_, content) in zip(rows, archived_packets(path), strict=True):
        record = decode(content)[0]
        del record["timestamp"]
        assert repr(record) == repr({key: row[key] for key in record})  # repr: NaN equals NaN


def test_real_rubin_rows_of_parquet_have_a_schema_that_the_stream_takes(shared: Path) -> None:
    # prvDiaForcedSources is empty in all of them: a list without a type.
    path = shared / "data" / "alerts" / "lsst" / "rubin_sample_data_10_0.parquet"
    packets = [packet for _, packet in archived_packets(path)]
    assert len(packets) == 25
    parse_schema(read_container_header(packets[0]).schema_text)


def test_every_kind_of_archive_is_replayed(tmp_path: Path) -> None:
    rows = pa.Table.from_pylist([alert(1)])
    pq.write_table(rows, tmp_path / "rows.parquet")
    several = io.BytesIO()
    fastavro.writer(several, SCHEMA, [alert(n) for n in range(2, 5)], codec="snappy")
    inner = write_tar(tmp_path / "inner.tar", {"several.avro": several.getvalue()})
    with zipfile.ZipFile(tmp_path / "night.zip", "w") as archived:
        archived.write(tmp_path / "rows.parquet", "rows.parquet")
        archived.write(inner, "inner.tar")
    alerts, errors = collect(tmp_path / "night.zip")
    assert errors == []
    assert [one.object_id for one in alerts] == [f"ZTF21a00000{n}" for n in range(1, 5)]
