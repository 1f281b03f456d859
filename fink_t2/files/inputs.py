"""Read whatever ``fink-t2 classify`` is given: packets, tables, archives and folders of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fink_t2.alerts import SchemaSource, decode_alerts, schema_source
from fink_t2.alerts.frames import (
    CONFLUENT_MAGIC,
    CONTAINER_MAGIC,
    read_container_header,
    read_schema_id,
)
from fink_t2.errors import AlertError, FinkT2Error, LightCurveError
from fink_t2.files.alert_tables import alert_table
from fink_t2.files.container_stream import FILE_LIMITS, container_packets
from fink_t2.files.members import READ_ERRORS, Member, OnBroken, archive_members, reason
from fink_t2.files.tables import read as table_files
from fink_t2.files.tables.cells import is_list
from fink_t2.files.tables.light_curves import LightCurveTable, table_light_curves
from fink_t2.files.tables.recognise import Columns, has_photometry, readings
from fink_t2.surveys import Survey, get_survey, recognise, registered

#: Alerts held in memory at a time.
BATCH: Final = 512
#: Columns that only the output of a classification has.
OUTPUT_COLUMNS: Final = frozenset({"t2_status", "t2_model"})

KINDS: Final = (
    "Avro containers, framed Avro messages, Parquet, CSV, TSV and other text tables, ECSV, "
    "VOTable, FITS and IPAC tables, each as it is or compressed by gzip, bzip2, xz or zstandard, "
    "in folders, tar and zip archives"
)


@dataclass(frozen=True)
class ReadSettings:
    """How input is read.

    Attributes
    ----------
    survey : str, optional
        Name of the survey; default: as each packet or layout says, else ZTF.
    schemas : str
        Source of the schemas of framed packets, see `fink_t2.alerts.schema_source`; "": as the
        survey says.
    forced_photometry : bool, optional
        Whether forced photometry of packets joins the light curves; default: as the survey says.
    flux_unit : {"fluxcal", "nJy", "uJy"}, optional
        Unit of fluxes whose column does not define one.
    time_scale : {"jd", "mjd"}, optional
        Scale of the times of tables; default: as the column's name says.
    """

    survey: str | None = None
    schemas: str = ""
    forced_photometry: bool | None = None
    flux_unit: str | None = None
    time_scale: str | None = None


class InputReader:
    """Reads light curves from a path, and names and counts what can't be read.

    Parameters
    ----------
    path : Path
        A file, or a folder of files at any depth; see `KINDS`.
    settings : ReadSettings
        How it is read.
    on_broken : callable
        Called with an error that names each file, packet or table that can't be read.
    on_note : callable
        Called with a sentence for each choice that was made and for what was left out.
    leave_out : Path, optional
        A file that is not read if it lies in the folder, such as the output of an earlier run.

    Attributes
    ----------
    broken : int
        Number of files, packets and tables that could not be read so far.
    files : int
        Number of files that held something to read.
    """

    def __init__(
        self,
        path: Path,
        settings: ReadSettings,
        on_broken: OnBroken,
        on_note: Callable[[str], None],
        leave_out: Path | None = None,
    ) -> None:
        self.path = path
        self._leave_out = None if leave_out is None else leave_out.absolute()
        self.settings = settings
        self.broken = 0
        self.files = 0
        self._on_broken = on_broken
        self._on_note = on_note
        self._schemas: SchemaSource | None = None

    def tables(self) -> Iterator[LightCurveTable]:
        """Yield the light curves, up to `BATCH` alerts of one survey at a time.

        Raises
        ------
        AlertError
            If there is nothing at the path.
        """
        batch = _Batch(self.settings.forced_photometry)
        parts = _Parts()
        for member in archive_members(self.path, self._skip, skip=self._is_left_out):
            if parts.table is not None and not parts.continues(member):
                yield from self._table(parts.take(), parts.name)
            try:
                for item in self._items(member, parts):
                    if isinstance(item, LightCurveTable):
                        yield from batch.flush()
                        yield item
                    else:
                        yield from batch.add(*item)
            except (AlertError, LightCurveError) as error:
                self._skip(_named(member.name, error))
            except (*READ_ERRORS, pa.ArrowException) as error:
                self._skip(AlertError(f"{member.name} can't be read: {reason(error)}"))
        if parts.table is not None:
            yield from self._table(parts.take(), parts.name)
        yield from batch.flush()

    def _is_left_out(self, file: Path) -> bool:
        return file.absolute() == self._leave_out

    def _items(
        self, member: Member, parts: _Parts
    ) -> Iterator[LightCurveTable | tuple[Survey, dict[str, Any]]]:
        """Yield a file's tables, and its decoded alerts with their survey."""
        head = member.head()
        if not head:
            raise AlertError("the file is empty")
        if head.startswith(CONTAINER_MAGIC):
            self.files += 1
            yield from self._container(member)
        elif self._is_framed(head):
            self.files += 1
            yield from self._framed(member)
        elif table_files.is_table(member):
            self.files += 1
            yield from self._table_file(member, parts)
        else:
            raise AlertError(
                f"it begins with bytes {head[:4].hex(' ')} and is of no kind that can be read; "
                f"those are {KINDS}"
            )

    def _container(self, member: Member) -> Iterator[tuple[Survey, dict[str, Any]]]:
        for name, packet in container_packets(member.name, member.stream):
            try:
                survey = self._survey_of(packet)
                for alert in decode_alerts(packet, survey.name, None, FILE_LIMITS):
                    yield survey, alert
            except AlertError as error:
                self._skip(_named(name, error))

    def _survey_of(self, packet: bytes) -> Survey:
        if self.settings.survey:
            return get_survey(self.settings.survey)
        schema = json.loads(read_container_header(packet, FILE_LIMITS).schema_text)
        fields = schema.get("fields", []) if isinstance(schema, dict) else []
        survey = recognise({str(field.get("name")) for field in fields if isinstance(field, dict)})
        if survey is None:
            raise AlertError("its schema is not that of an alert of a known survey")
        return survey

    def _is_framed(self, head: bytes) -> bool:
        """Tell whether a file is a message in Confluent's wire format.

        A file that merely begins with a zero byte, such as one that was allocated and never
        written, is none: schema ids begin at 1.
        """
        if not head.startswith(CONFLUENT_MAGIC) or len(head) < 6 or read_schema_id(head) < 1:
            return False
        return self._framed_survey() is not None

    def _framed_survey(self) -> Survey | None:
        if self.settings.survey:
            survey = get_survey(self.settings.survey)
            return survey if survey.default_schemas or self.settings.schemas else None
        return next((survey for survey in registered() if survey.default_schemas), None)

    def _framed(self, member: Member) -> Iterator[tuple[Survey, dict[str, Any]]]:
        survey = self._framed_survey()
        assert survey is not None  # as _is_framed says
        packet = member.stream.read(FILE_LIMITS.message_bytes + 1)
        if self._schemas is None:
            try:
                self._schemas = schema_source(self.settings.schemas or survey.default_schemas)
            except FinkT2Error as error:
                raise AlertError(f"its schema is needed: {error}") from None
        for alert in decode_alerts(packet, survey.name, self._schemas, FILE_LIMITS):
            yield survey, alert

    def _table_file(
        self, member: Member, parts: _Parts
    ) -> Iterator[LightCurveTable | tuple[Survey, dict[str, Any]]]:
        if member.head().startswith(table_files.PARQUET_MAGIC):
            with member.random_access() as file:
                table = pq.ParquetFile(file)
                survey = recognise(table.schema_arrow.names)
                if survey is not None and self._are_packets(table, survey, member.name):
                    yield from self._parquet_alerts(table, survey)
                    return
                content, notes = table.read(), list[str]()
        else:
            content, notes = table_files.read_table(member)
        for note in notes:
            self._on_note(f"{member.name}: {note}")
        columns = Columns(content)
        if not readings(columns):
            if set(content.column_names) >= OUTPUT_COLUMNS:
                self._on_note(f"{member.name} is the output of a classification and is left out")
                return
            # A folder of alerts may hold a table about them, such as one of their true classes.
            if member.path != self.path and not has_photometry(columns):
                self._on_note(f"{member.name} is a table without photometry and is left out")
                return
        if parts.is_part(member):
            parts.add(member, content)
        else:
            yield from self._table(content, member.name)

    def _are_packets(self, table: pq.ParquetFile, survey: Survey, name: str) -> bool:
        """Tell whether the nested records hold at least as many points as any other reading."""
        if self.settings.survey and survey.name != self.settings.survey:
            return False
        schema = table.schema_arrow
        arrays = [
            source.name
            for source in survey.sources(self.settings.forced_photometry)
            if source.is_array and source.name in schema.names
        ]
        flat = [field.name for field in schema if _is_flat(field.type)]
        content = table.read(columns=[*arrays, *flat])
        points = content.num_rows
        for array in arrays:
            if is_list(schema.field(array).type):
                points += pc.sum(pc.list_value_length(content[array])).as_py() or 0
        possible = readings(Columns(content.select(flat)))
        if possible and possible[0].points > points:
            self._on_note(
                f"{name} can be read in two ways; {possible[0].description()} has more points "
                f"({possible[0].points} to {points}) and is read"
            )
            return False
        return True

    def _parquet_alerts(
        self, table: pq.ParquetFile, survey: Survey
    ) -> Iterator[tuple[Survey, dict[str, Any]]]:
        # Cutouts are most of a file and are not looked at here.
        columns = [name for name in table.schema_arrow.names if name not in survey.cutouts]
        for batch in table.iter_batches(BATCH, columns=columns):
            for alert in batch.to_pylist(maps_as_pydicts="lossy"):
                yield survey, alert

    def _table(self, content: pa.Table, name: str) -> Iterator[LightCurveTable]:
        try:
            table = table_light_curves(
                content,
                self.settings.survey,
                name,
                flux_unit=self.settings.flux_unit,
                time_scale=self.settings.time_scale,
            )
        except LightCurveError as error:
            self._skip(error)
            return
        for note in table.notes:
            self._on_note(f"{name}: {note}")
        yield table

    def _skip(self, error: FinkT2Error) -> None:
        self.broken += 1
        self._on_broken(AlertError(str(error)))


class _Batch:
    """Decoded alerts of one survey, made into light curves `BATCH` at a time."""

    def __init__(self, forced_photometry: bool | None) -> None:
        self._forced_photometry = forced_photometry
        self._survey: Survey | None = None
        self._alerts: list[dict[str, Any]] = []

    def add(self, survey: Survey, alert: dict[str, Any]) -> Iterator[LightCurveTable]:
        """Take an alert; yield those before it where they are of another survey or enough."""
        if survey is not self._survey or len(self._alerts) == BATCH:
            yield from self.flush()
            self._survey = survey
        self._alerts.append(alert)

    def flush(self) -> Iterator[LightCurveTable]:
        """Yield the light curves of the alerts that wait."""
        alerts, self._alerts = self._alerts, []
        if alerts:
            assert self._survey is not None
            yield alert_table(self._survey, alerts, self._forced_photometry)


class _Parts:
    """The parts of a table that Spark has written as a folder: one table, not several.

    The points of one object may lie in several parts.
    """

    def __init__(self) -> None:
        self.name = ""
        self.table: pa.Table | None = None
        self._folder: Path | None = None

    def is_part(self, member: Member) -> bool:
        """Tell whether a file is part of a folder that is one table."""
        if member.path is None:
            return False
        folder = member.path.parent
        is_named = folder.name.lower().endswith(table_files.SUFFIXES)
        return is_named or (folder / "_SUCCESS").exists()

    def continues(self, member: Member) -> bool:
        """Tell whether a file belongs to the table that is being put together."""
        return member.path is not None and member.path.parent == self._folder

    def add(self, member: Member, content: pa.Table) -> None:
        """Append a part; columns may be missing or null in some of the parts."""
        assert member.path is not None
        self._folder, self.name = member.path.parent, str(member.path.parent)
        tables = [content] if self.table is None else [self.table, content]
        self.table = pa.concat_tables(tables, promote_options="permissive")

    def take(self) -> pa.Table:
        """Return the table, and begin anew."""
        table, self.table = self.table, None
        self._folder = None
        return table


def _is_flat(kind: pa.DataType) -> bool:
    """Tell whether a column holds numbers or text, or arrays of them."""
    if is_list(kind):
        kind = kind.value_type
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind))


def _named(name: str, error: FinkT2Error) -> AlertError:
    text = str(error)
    return AlertError(text if text.startswith(name) else f"{name}: {text}")
