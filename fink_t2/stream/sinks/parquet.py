"""The Parquet tables: every micro-batch exactly once, for any reader.

A batch is written to a staging folder beside the tables. A manifest, one small file that is
there whole or not at all, then lists its files and their final names: from that moment the
batch is decided. The files are moved to their names one by one, and Kafka is sent what they
hold. After a crash Spark runs the batch again: without a manifest its staged files are thrown
away and written anew; with one, the moves are completed, nothing is classified a second time,
and Kafka is sent the same again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from fink_t2.stream.columns.light_curve_columns import night
from fink_t2.stream.sinks.file_system import FileSystem
from fink_t2.stream.source import NIGHT_COLUMNS
from fink_t2.surveys import Survey

ALERTS = "alerts"
DEAD_LETTERS = "dead_letters"
#: Where an alert goes whose time is no date.
NO_NIGHT = "1858-11-17"
#: Spark keeps as many batches in its checkpoint, so no older one is ever run again.
MANIFESTS_KEPT = 100


@dataclass(frozen=True)
class Manifest:
    """What one micro-batch has put into the tables.

    Attributes
    ----------
    moves : list of (str, str)
        Staged and final path of every file, relative to the root of the tables.
    counts : dict
        What the batch has counted, for its line in the log.
    """

    moves: list[tuple[str, str]]
    counts: dict[str, Any]

    def final_paths(self, table: str) -> list[str]:
        """Return the final paths of one table's files."""
        return [final for _, final in self.moves if final.startswith(f"{table}/")]


class ParquetSink:
    """The tables ``alerts`` and ``dead_letters`` under one root.

    Parameters
    ----------
    spark : SparkSession
        Session.
    root : str
        Folder on any file system that Spark knows.
    stream_id : str
        Identity of the streaming query: batch numbers are unique within it.
    survey : Survey
        Decides which night an alert belongs to.
    """

    def __init__(self, spark: SparkSession, root: str, stream_id: str, survey: Survey) -> None:
        self._spark = spark
        self._survey = survey
        self._files = FileSystem(spark, root)
        self.root = self._files.root
        self._stream_id = stream_id
        self._schemas: dict[str, StructType] = {}
        # An underscore in front: Spark, Arrow and Hive take such folders for no data.
        self._own = f"_stream/{stream_id}"
        self._files.make_folder(f"{self.root}/{self._own}")

    def decided(self, batch: int) -> Manifest | None:
        """Return the manifest of a batch that was decided before; clear what is half done."""
        path = self._manifest_path(batch)
        if not self._files.exists(path):
            self._files.delete(self._staging(batch))
            return None
        content = self._files.read_json(path)
        return Manifest([(a, b) for a, b in content["moves"]], content["counts"])

    def stage_alerts(self, batch: int, alerts: DataFrame) -> None:
        """Write classified alerts, with columns ``alert`` and ``classification``, to staging."""
        kind = alerts.schema["alert"].dataType
        assert isinstance(kind, StructType)
        date = F.coalesce(night(self._survey, kind), F.lit(NO_NIGHT).cast("date"))
        columns = [
            F.date_format(date, pattern).alias(name)
            for name, pattern in zip(NIGHT_COLUMNS, ("yyyy", "MM", "dd"), strict=True)
        ]
        rows = alerts.select("alert.*", "classification.*", *columns)
        self._write(rows, batch, ALERTS)

    def stage_dead_letters(self, batch: int, letters: DataFrame) -> None:
        """Write unreadable messages to staging, by the date on which they were met."""
        columns = [
            F.date_format("ingested_at", pattern).alias(name)
            for name, pattern in zip(NIGHT_COLUMNS, ("yyyy", "MM", "dd"), strict=True)
        ]
        self._write(letters.select("*", *columns), batch, DEAD_LETTERS)

    def decide(self, batch: int, counts: dict[str, Any]) -> Manifest:
        """Write the manifest of what is staged: the batch is decided."""
        staging = self._staging(batch)
        moves: list[tuple[str, str]] = []
        for path in self._files.files(staging):
            place, _, name = path.removeprefix(f"{staging}/").rpartition("/")
            if name.startswith(("_", ".")) or not place:
                continue
            ending = name.partition(".")[2]
            final = f"{place}/{self._stream_id[:8]}-{batch:09d}-{len(moves):04d}.{ending}"
            moves.append((path.removeprefix(f"{self.root}/"), final))
        manifest = Manifest(moves, counts)
        self._files.write_json(
            self._manifest_path(batch), {"moves": moves, "counts": manifest.counts}
        )
        return manifest

    def publish(self, batch: int, manifest: Manifest) -> None:
        """Move a decided batch's files to their names; may be done any number of times.

        Raises
        ------
        OSError
            If a file is neither in staging nor at its final place.
        """
        folders = {final.rpartition("/")[0] for _, final in manifest.moves}
        for folder in sorted(folders):
            self._files.make_folder(f"{self.root}/{folder}")
        for staged, final in manifest.moves:
            source, target = f"{self.root}/{staged}", f"{self.root}/{final}"
            if self._files.exists(source):
                self._files.move(source, target)
            elif not self._files.exists(target):
                raise OSError(f"{target} was written by batch {batch} and is gone")
        self._files.delete(self._staging(batch))
        self._files.delete(self._manifest_path(batch - MANIFESTS_KEPT))

    def read(self, manifest: Manifest, table: str) -> DataFrame | None:
        """Read back what a batch has put into a table; None where it has put nothing."""
        paths = [f"{self.root}/{path}" for path in manifest.final_paths(table)]
        if not paths:
            return None
        reader = self._spark.read.option("recursiveFileLookup", "true")
        if table in self._schemas:  # else, after a restart, Spark finds out with a job of its own
            reader = reader.schema(self._schemas[table])
        return reader.parquet(*paths)

    def _write(self, rows: DataFrame, batch: int, table: str) -> None:
        if table not in self._schemas:
            # The nights are columns of the path only.
            self._schemas[table] = rows.drop(*NIGHT_COLUMNS).schema
        rows.write.partitionBy(*NIGHT_COLUMNS).mode("append").parquet(
            f"{self._staging(batch)}/{table}"
        )

    def _staging(self, batch: int) -> str:
        return f"{self.root}/{self._own}/{batch:09d}"

    def _manifest_path(self, batch: int) -> str:
        return f"{self.root}/{self._own}/{batch:09d}.json"
