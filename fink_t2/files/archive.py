"""Archived alerts, one packet each, from Avro files, archives of them, and Parquet of alerts."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import fastavro
import pyarrow.parquet as pq

from fink_t2.alerts.frames import CONFLUENT_MAGIC, CONTAINER_MAGIC
from fink_t2.errors import AlertError
from fink_t2.files.arrow_to_avro import avro_schema
from fink_t2.files.container_stream import FILE_LIMITS, container_packets
from fink_t2.files.members import (
    READ_ERRORS,
    Member,
    OnBroken,
    archive_members,
    folder_files,
    reason,
)
from fink_t2.science.photometry import JULIAN_DATE_OF_MJD_ZERO
from fink_t2.surveys import recognise, registered
from fink_t2.surveys.values import first_set_value, first_value

AVRO_SUFFIXES: Final = (".avro",)
PARQUET_SUFFIXES: Final = (".parquet",)

#: No survey's packet comes near it; what claims to be larger is damaged or hostile.
MAX_PACKET_BYTES: Final = FILE_LIMITS.message_bytes

#: Rows of Parquet held in memory at a time.
ROWS: Final = 64


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
            alert = read_packet(name, packet)
        except AlertError as error:
            on_broken(error)
        else:
            yield alert


def archived_packets(path: Path, on_broken: OnBroken = refuse) -> Iterator[tuple[str, bytes]]:
    """Iterate over the packets of an archive without decoding them.

    Parameters
    ----------
    path : Path
        A file or folder, see `fink_t2.files.members.archive_members`. Read are Avro files, which
        are split where they hold several alerts, and Parquet files of alerts as brokers store
        them. The rows of Parquet are encoded as Avro containers, with a schema that says the same
        as Parquet's.
    on_broken : callable
        As for `archived_alerts`.

    Yields
    ------
    name : str
        File, and member, record or row.
    packet : bytes

    Raises
    ------
    AlertError
        Where there is nothing of the kind, and by default for the first file that can't be read.
    """
    is_folder = path.is_dir()
    files = folder_files(path) if is_folder else [path]
    is_empty = True
    for file in files:
        problems: list[AlertError] = []

        def report(error: AlertError, problems: list[AlertError] = problems) -> None:
            problems.append(error)
            on_broken(error)

        alerts, is_archive = 0, True
        for member in archive_members(file, report):
            is_file = member.name == str(file)  # itself, and not a member of it
            is_archive = is_archive and not is_file
            if _is_parquet(member):
                yield from _parquet_packets(member, report)
            elif _is_avro(member) or (is_file and not is_folder):
                yield from _avro_packets(member, report)
            else:
                continue
            alerts += 1
        if is_archive and not alerts and not problems:
            report(AlertError(f"{file} holds no member named {_names()}"))
        is_empty = is_empty and not (alerts or problems)
    if is_empty:
        raise AlertError(f"{path} holds no alerts: no file named {_names()}")


def read_packet(name: str, packet: bytes) -> ArchivedAlert:
    """Decode a packet of one alert as far as it can be without a schema registry.

    Raises
    ------
    AlertError
        Where it is no Avro container of an alert.
    """
    if packet.startswith(CONFLUENT_MAGIC):
        return ArchivedAlert(name, packet, "", None)
    try:
        [record] = fastavro.reader(io.BytesIO(packet))
    except Exception as error:  # fastavro fails on damaged bytes in more ways than it documents
        raise _unreadable_container(name, error) from error
    return _archived_alert(name, packet, record)


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
            f"{name} lacks the alert's time, {survey.time.name}: {reason(error)}"
        ) from error
    jd = time + (JULIAN_DATE_OF_MJD_ZERO if survey.time_format == "mjd" else 0.0)
    identity = "" if object_id is None else str(object_id)
    return ArchivedAlert(name, packet, identity, jd if math.isfinite(jd) else None)


def _telling_fields() -> str:
    """Return by which fields an alert is told from other records, for messages."""
    surveys = registered()
    return " and ".join(f"{', '.join(one.recognised_by)} ({one.name})" for one in surveys)


def _is_avro(member: Member) -> bool:
    return member.file_name.lower().endswith(AVRO_SUFFIXES) or member.head().startswith(
        CONTAINER_MAGIC
    )


def _is_parquet(member: Member) -> bool:
    return member.file_name.lower().endswith(PARQUET_SUFFIXES)


def _names() -> str:
    return ", ".join((*AVRO_SUFFIXES, *PARQUET_SUFFIXES))


def _unreadable_container(name: str, error: Exception) -> AlertError:
    return AlertError(f"{name} is no readable Avro container: {reason(error)}")


def _avro_packets(member: Member, on_broken: OnBroken) -> Iterator[tuple[str, bytes]]:
    try:
        if member.head().startswith(CONTAINER_MAGIC):
            yield from container_packets(member.name, member.stream)
            return
        packet = member.stream.read(MAX_PACKET_BYTES + 1)
    except (AlertError, *READ_ERRORS) as error:
        on_broken(_unreadable_container(member.name, error))
        return
    if not packet:
        on_broken(AlertError(f"{member.name} is empty"))
    elif len(packet) > MAX_PACKET_BYTES:
        on_broken(
            AlertError(f"{member.name} is no alert: it is larger than {MAX_PACKET_BYTES} bytes")
        )
    else:
        yield member.name, packet


def _parquet_packets(member: Member, on_broken: OnBroken) -> Iterator[tuple[str, bytes]]:
    name, row = member.name, 0
    try:
        with member.random_access() as file, pq.ParquetFile(file) as table:
            survey = recognise(table.schema_arrow.names)
            if survey is None:
                raise AlertError(f"{name} has no alerts: it lacks the column {_telling_fields()}")
            schema = fastavro.parse_schema(avro_schema(table.schema_arrow, namespace=survey.name))
            for batch in table.iter_batches(ROWS):
                for record in batch.to_pylist(maps_as_pydicts="strict"):
                    yield f"{name} row {row}", encode_container(schema, record)
                    row += 1
    except AlertError as error:
        on_broken(error)
    except Exception as error:  # pyarrow's errors and fastavro's, of many types
        on_broken(AlertError(f"{name} can't be read from row {row} on: {reason(error)}"))
