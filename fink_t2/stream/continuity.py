"""Refuse to go on where checkpoint and tables are not of one stream.

With the tables gone and the checkpoint kept, all that was written is lost without a word; with
the checkpoint gone and the tables kept, all alerts are written a second time.
"""

from __future__ import annotations

from pyspark.sql import SparkSession

from fink_t2.config import StreamConfig
from fink_t2.errors import FinkT2Error
from fink_t2.stream.sinks.file_system import FileSystem

ANYWAY = "if that is meant, start once with --set output.check_continuity=false"


class ContinuityError(FinkT2Error):
    """Checkpoint and tables are not of one stream."""


def check_continuity(spark: SparkSession, config: StreamConfig) -> None:
    """Compare checkpoint and tables before the first batch.

    Parameters
    ----------
    spark : SparkSession
        Session.
    config : StreamConfig
        Names both.

    Raises
    ------
    ContinuityError
        If one of them is there without the other, or the newest batch's files are gone.
    """
    if not config.output.check_continuity:
        return
    checkpoint = FileSystem(spark, config.checkpoint)
    tables = FileSystem(spark, config.output.path)
    metadata = f"{checkpoint.root}/metadata"
    own = f"{tables.root}/_stream"
    if not checkpoint.exists(metadata):
        if any(path.endswith(".json") for path in tables.files(own)):
            raise ContinuityError(
                f"{tables.root}: was written by another stream than that of the new, empty "
                f"checkpoint {checkpoint.root}; bring its checkpoint back, or choose another "
                f"'output.path', or else alerts may be written twice; {ANYWAY}"
            )
        return
    numbers = [path.rpartition("/")[2] for path in checkpoint.files(f"{checkpoint.root}/commits")]
    batches = [int(name) for name in numbers if name.isdigit()]
    if not batches:
        return
    newest = max(batches)
    stream = str(checkpoint.read_json(metadata)["id"])
    manifest = f"{own}/{stream}/{newest:09d}.json"
    if not tables.exists(manifest):
        raise ContinuityError(
            f"{tables.root}: {checkpoint.root} has committed batch {newest} of stream {stream}, "
            "and the tables have no record of it; bring them back, or delete the checkpoint too "
            f"and all that Kafka still has is classified anew; {ANYWAY}"
        )
    moves = tables.read_json(manifest)["moves"]
    for _, final in moves:
        if not tables.exists(f"{tables.root}/{final}"):
            raise ContinuityError(
                f"{tables.root}/{final}: one of {len(moves)} files of batch {newest}, and it is "
                f"gone; bring it back; {ANYWAY}"
            )
