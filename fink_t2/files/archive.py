"""Archived alerts, one packet each, from a folder, tar, file of Avro packets, or Parquet."""

from __future__ import annotations

import gzip
import io
import math
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import fastavro
import pyarrow.parquet as pq

from fink_t2.errors import AlertError
from fink_t2.files.arrow_to_avro import avro_schema
from fink_t2.science.photometry import JULIAN_DATE_OF_MJD_ZERO
from fink_t2.surveys import recognise, registered
from fink_t2.surveys.values import first_set_value, first_value

AVRO_SUFFIXES: Final = (".avro", ".avro.gz")
TAR_SUFFIXES: Final = (".tar", ".tar.gz", ".tgz")
PARQUET_SUFFIXES: Final = (".parquet",)
SUFFIXES: Final = (*AVRO_SUFFIXES, *TAR_SUFFIXES, *PARQUET_SUFFIXES)

#: First byte of a packet in Confluent's wire format: its schema is in a registry, not in it.
FRAME: Final = b"\x00"

#: No survey's packet comes near it; what claims to be larger is damaged or hostile.
MAX_PACKET_BYTES: Final = 64 * 1024 * 1024

#: Rows of Parquet held in memory at a time.
ROWS: Final = 64

OnBroken = Callable[[AlertError], None]


@dataclass(frozen=True, slots=True)
class ArchivedAlert:
    """One alert of an archive.

    Parameters
    ----------
    name : str
        File, and where it holds several, the member, record or row.
    packet : bytes
        The Avro container or framed packet: the archive's own bytes where these are one alert.
    object_id : str
        The survey's name of the object; "" where only a schema registry could tell.
    jd : float or None
        When the alert's image was taken, Julian date (ZTF UTC, Rubin TAI), if known.
    """

    name: str
    packet: bytes
    object_id: str
    jd: float | None


def refuse(error: AlertError) -> None:
    """End the reading at the first alert that can't be read."""
    raise error


def archived_alerts(path: Path, on_broken: OnBroken = refuse) -> Iterator[ArchivedAlert]:
    """Iterate over the alerts of an archive, in the order of the file names.

    Each packet is decoded once, to know its object and time and that it can be read. A container
    of several records becomes as many containers, with the same schema.

    Parameters
    ----------
    path : Path
        See `archived_packets`.
    on_broken : callable
        Called with an `AlertError` that names what can't be read; the iteration goes on if it
        returns.

    Yields
    ------
    ArchivedAlert

    Raises
    ------
    AlertError
        By default for the first packet that can't be read.
    """
    for name, packet in archived_packets(path, on_broken):
        try:
            alerts = read_packet(name, packet)
        except AlertError as error:
            on_broken(error)
        else:
            yield from alerts


def archived_packets(path: Path, on_broken: OnBroken = refuse) -> Iterator[tuple[str, bytes]]:
    """Iterate over the packets of an archive without decoding them.

    Parameters
    ----------
    path : Path
        An Avro file (perhaps gzipped), a tar of them (perhaps gzipped), a Parquet file of alerts
        as the broker stores them, or a folder with any of these at any depth. The rows of Parquet
        are encoded as Avro containers, with a schema that says the same as Parquet's.
    on_broken : callable
        As for `archived_alerts`.

    Yields
    ------
    name : str
        File, and member or row.
    packet : bytes

    Raises
    ------
    AlertError
        Where there is nothing of the kind, and by default for the first file that can't be read.
    """
    files = archive_files(path)
    for file in files:
        if file.name.endswith(TAR_SUFFIXES):
            yield from _tar_packets(file, on_broken)
        elif file.name.endswith(PARQUET_SUFFIXES):
            yield from _parquet_packets(file, on_broken)
        else:
            try:
                packet = _read_limited(str(file), file.open("rb"), file.name.endswith(".gz"))
            except (AlertError, OSError) as error:
                on_broken(AlertError(f"{file} can't be read: {error}"))
            else:
                yield str(file), packet


def archive_files(path: Path) -> list[Path]:
    """Return the files of an archive, sorted; Spark's hidden ones are none of them.

    Raises
    ------
    AlertError
        Where there are none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise AlertError(f"{path} is neither a file nor a folder")
    files = [
        file
        for file in sorted(path.rglob("*"))
        if file.name.endswith(SUFFIXES)
        and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
        and file.is_file()
    ]
    if not files:
        raise AlertError(f"{path} holds no alerts: no file named {', '.join(SUFFIXES)}")
    return files


def read_packet(name: str, packet: bytes) -> list[ArchivedAlert]:
    """Decode a packet as far as it can be without a schema registry.

    Returns
    -------
    list of ArchivedAlert
        One, or as many as the container has records.

    Raises
    ------
    AlertError
        Where it is no Avro container of alerts.
    """
    if packet.startswith(FRAME):
        return [ArchivedAlert(name, packet, "", None)]
    try:
        reader = fastavro.reader(io.BytesIO(packet))
        records: list[Any] = list(reader)
    except Exception as error:  # fastavro fails on damaged bytes in more ways than it documents
        raise AlertError(f"{name} is no readable Avro container: {_reason(error)}") from error
    if not records:
        raise AlertError(f"{name} holds no alert: its container is empty")
    if len(records) == 1:
        return [_archived_alert(name, packet, records[0])]
    return [
        _archived_alert(
            f"{name} record {place}", encode_container(reader.writer_schema, record), record
        )
        for place, record in enumerate(records)
    ]


def encode_container(schema: Any, record: dict[str, Any]) -> bytes:
    """Return an Avro container of one record."""
    buffer = io.BytesIO()
    fastavro.writer(buffer, schema, [record])
    return buffer.getvalue()


def _archived_alert(name: str, packet: bytes, record: Any) -> ArchivedAlert:
    survey = recognise(record) if isinstance(record, dict) else None
    if survey is None:
        raise AlertError(f"{name} is no alert: it lacks {_telling_fields()}")
    object_id = first_set_value(record, survey.object_id.all_names)
    if object_id is None and survey.object_id.name in survey.required_fields:
        raise AlertError(f"{name} lacks an alert's identity: {survey.object_id.name}")
    try:
        time = float(first_value(record, survey.time.all_names))
    except (TypeError, ValueError) as error:
        raise AlertError(
            f"{name} lacks the alert's time, {survey.time.name}: {_reason(error)}"
        ) from error
    jd = time + (JULIAN_DATE_OF_MJD_ZERO if survey.time_format == "mjd" else 0.0)
    identity = "" if object_id is None else str(object_id)
    return ArchivedAlert(name, packet, identity, jd if math.isfinite(jd) else None)


def _telling_fields() -> str:
    """Return by which fields an alert is told from other records, for messages."""
    surveys = registered()
    return " and ".join(f"{', '.join(one.recognised_by)} ({one.name})" for one in surveys)


def _tar_packets(path: Path, on_broken: OnBroken) -> Iterator[tuple[str, bytes]]:
    found = False
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                tar.members = []  # type: ignore[attr-defined]  # else it keeps each it has seen
                if not (member.isfile() and member.name.endswith(AVRO_SUFFIXES)):
                    continue
                found = True
                name = f"{path} member {member.name}"
                content = tar.extractfile(member)
                assert content is not None  # as isfile() says
                try:
                    packet = _read_limited(name, content, member.name.endswith(".gz"))
                except AlertError as error:
                    on_broken(error)
                else:
                    yield name, packet
    except AlertError:
        raise
    except Exception as error:  # tarfile, gzip and zlib each have errors of their own
        on_broken(AlertError(f"{path} is no readable tar file: {_reason(error)}"))
        return
    if not found:
        on_broken(AlertError(f"{path} holds no member named {' or '.join(AVRO_SUFFIXES)}"))


def _parquet_packets(path: Path, on_broken: OnBroken) -> Iterator[tuple[str, bytes]]:
    row = 0
    try:
        with pq.ParquetFile(path) as table:
            survey = recognise(table.schema_arrow.names)
            if survey is None:
                raise AlertError(f"{path} has no alerts: it lacks the column {_telling_fields()}")
            schema = fastavro.parse_schema(avro_schema(table.schema_arrow, namespace=survey.name))
            for batch in table.iter_batches(ROWS):
                for record in batch.to_pylist(maps_as_pydicts="strict"):
                    yield f"{path} row {row}", encode_container(schema, record)
                    row += 1
    except AlertError as error:
        on_broken(error)
    except Exception as error:  # pyarrow's errors and fastavro's, of many types
        on_broken(AlertError(f"{path} can't be read from row {row} on: {_reason(error)}"))


def _read_limited(name: str, file: IO[bytes], is_gzipped: bool) -> bytes:
    with file:
        try:
            content = gzip.GzipFile(fileobj=file) if is_gzipped else file
            packet = content.read(MAX_PACKET_BYTES + 1)
        except Exception as error:  # as damaged gzip and tar streams have them
            raise AlertError(f"{name} can't be read: {_reason(error)}") from error
    if not packet:
        raise AlertError(f"{name} is empty")
    if len(packet) > MAX_PACKET_BYTES:
        raise AlertError(f"{name} is no alert: it is larger than {MAX_PACKET_BYTES} bytes")
    return packet


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
