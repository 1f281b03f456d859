"""Checkpoint and tables of one stream go on; one without the other is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from fink_t2.config import load_config
from fink_t2.stream.continuity import ContinuityError, check_continuity
from tests.reliability.job_on_disk import STREAM, JobOnDisk

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def job(tmp_path: Path) -> JobOnDisk:
    """Two committed batches; the last one's manifest names one file."""
    job = JobOnDisk(tmp_path)
    job.checkpoint([{"0": 6}, {"0": 10}], commits=2)
    job.alerts([(0, k, 0) for k in range(10)])
    own = tmp_path / "tables" / "_stream" / STREAM
    own.mkdir(parents=True)
    moves = [["staged", "alerts/year=2026/month=08/day=01/a.parquet"]]
    (own / "000000001.json").write_text(json.dumps({"moves": moves, "counts": {}}))
    return job


def check(spark: SparkSession, job: JobOnDisk, *settings: str) -> None:
    check_continuity(spark, load_config(job.config, settings))


def test_of_one_stream(spark: SparkSession, job: JobOnDisk) -> None:
    check(spark, job)


def test_a_first_start(spark: SparkSession, tmp_path: Path) -> None:
    check(spark, JobOnDisk(tmp_path))


def test_tables_gone(spark: SparkSession, job: JobOnDisk) -> None:
    shutil.rmtree(job.folder / "tables")
    with pytest.raises(ContinuityError, match="no record of it") as refusal:
        check(spark, job)
    assert "\n" not in str(refusal.value)
    check(spark, job, "output.check_continuity=false")


def test_newest_file_gone(spark: SparkSession, job: JobOnDisk) -> None:
    for path in (job.folder / "tables" / "alerts").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(ContinuityError, match="missing, one of"):
        check(spark, job)


def test_checkpoint_gone(spark: SparkSession, job: JobOnDisk) -> None:
    shutil.rmtree(job.folder / "checkpoint")
    with pytest.raises(ContinuityError, match="another stream"):
        check(spark, job)


def test_tables_gone_before_anything_was_committed(spark: SparkSession, job: JobOnDisk) -> None:
    shutil.rmtree(job.folder / "tables")
    shutil.rmtree(job.folder / "checkpoint" / "commits")
    check(spark, job)
