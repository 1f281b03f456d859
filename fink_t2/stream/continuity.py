"""Check before the first batch that checkpoint and tables belong to the same stream.

If the tables are lost and the checkpoint is not, the job would continue without the alerts that it
has written; if the checkpoint is lost and the tables are not, it would write all alerts again.
"""

from __future__ import annotations

from pyspark.sql import SparkSession

from fink_t2.config import StreamConfig
from fink_t2.errors import FinkT2Error
from fink_t2.stream.sinks.file_system import FileSystem

OVERRIDE = "if this is intended, start once with --set output.check_continuity=false"


class ContinuityError(FinkT2Error):
    """Checkpoint and tables do not belong to the same stream."""


def check_continuity(spark: SparkSession, config: StreamConfig) -> None:
    """Compare the newest batch of the checkpoint with the tables.

    Parameters
    ----------
    spark : SparkSession
        Session, for access to the file systems.
    config : StreamConfig
        Configuration with the folders of both.

    Raises
    ------
    ContinuityError
        If one of them exists without the other, or files of the newest batch are missing.
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
                f"checkpoint {checkpoint.root}, so alerts may be written twice; restore the "
                f"checkpoint of these tables, or choose another 'output.path'; {OVERRIDE}"
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
            "and the tables have no record of it; restore the tables, or delete the checkpoint to "
            f"classify again all that Kafka still has; {OVERRIDE}"
        )
    moves = tables.read_json(manifest)["moves"]
    for _, final in moves:
        if not tables.exists(f"{tables.root}/{final}"):
            raise ContinuityError(
                f"{tables.root}/{final}: missing, one of {len(moves)} files of batch {newest}; "
                f"restore it; {OVERRIDE}"
            )
