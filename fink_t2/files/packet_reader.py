"""Read archived alert packets of any survey into tables of light curves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from fink_t2.alerts import SchemaSource, decode_alerts, schema_source
from fink_t2.alerts.frames import is_confluent, read_container_header
from fink_t2.errors import AlertError
from fink_t2.files.alert_tables import lsst_table, ztf_table
from fink_t2.files.archive import PARQUET_SUFFIXES, archive_files, archived_packets
from fink_t2.files.light_curve_tables import LightCurveTable
from fink_t2.surveys.alert_fields import survey_of

#: Alerts held in memory at a time.
BATCH: Final = 512

#: Where schema ids of framed packets are looked up unless a folder is named.
DEFAULT_SCHEMAS: Final = "package:lsst-alert-packet"


class PacketReader:
    """Reads the alerts of an archive, batch by batch; skips, names and counts broken ones.

    Parameters
    ----------
    path : Path
        Folder, tar(.gz) or file of Avro packets, or Parquet of alerts with their nested records.
    survey : str, optional
        "ztf" or "lsst"; default: as each packet says.
    schemas : str, optional
        See `fink_t2.alerts.schema_source`; needed by framed packets only.
    forced_photometry : bool
        Whether forced photometry is part of the light curves.

    Attributes
    ----------
    broken : int
        Packets that could not be read so far.
    """

    def __init__(
        self,
        path: Path,
        survey: str | None = None,
        schemas: str | None = None,
        forced_photometry: bool = False,
    ) -> None:
        self.path = path
        self.survey = survey
        self.broken = 0
        self._schema_setting = schemas or DEFAULT_SCHEMAS
        self._schemas: SchemaSource | None = None
        self._forced_photometry = forced_photometry

    def tables(self) -> Iterator[LightCurveTable]:
        """Yield the light curves of up to `BATCH` alerts of one kind at a time.

        Raises
        ------
        AlertError
            If there is no archive at the path.
        """
        batch: list[dict[str, Any]] = []
        kind = ""
        for alert in self._alerts():
            its_kind = "ztf" if survey_of(alert) == "ztf" else "lsst"
            if batch and (its_kind != kind or len(batch) == BATCH):
                yield self._table(batch)
                batch = []
            batch.append(alert)
            kind = its_kind
        if batch:
            yield self._table(batch)

    def _table(self, batch: list[dict[str, Any]]) -> LightCurveTable:
        build = ztf_table if survey_of(batch[0]) == "ztf" else lsst_table
        return build(batch, forced_photometry=self._forced_photometry)

    def _alerts(self) -> Iterator[dict[str, Any]]:
        for file in archive_files(self.path):
            if file.name.endswith(PARQUET_SUFFIXES):
                yield from self._parquet_alerts(file)
                continue
            for name, packet in archived_packets(file, self._skip):
                try:
                    yield from decode_alerts(packet, *self._survey_and_schemas(packet))
                except AlertError as error:
                    self._skip(AlertError(f"{name}: {error}"))

    def _survey_and_schemas(self, packet: bytes) -> tuple[str, SchemaSource | None]:
        if is_confluent(packet):
            if self._schemas is None:
                self._schemas = schema_source(self._schema_setting)
            return self.survey or "lsst", self._schemas
        if self.survey:
            return self.survey, None
        text = read_container_header(packet).schema_text
        return ("lsst" if '"diaSource"' in text else "ztf"), None

    def _parquet_alerts(self, file: Path) -> Iterator[dict[str, Any]]:
        with pq.ParquetFile(file) as table:
            # Cutouts are most of a file and not looked at here.
            columns = [name for name in table.schema_arrow.names if "cutout" not in name]
            for batch in table.iter_batches(BATCH, columns=columns):
                yield from batch.to_pylist(maps_as_pydicts="lossy")

    def _skip(self, error: AlertError) -> None:
        self.broken += 1
        print(f"skipped {error}", file=sys.stderr)
