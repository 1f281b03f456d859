"""fink-t2 audit finds what is missing, what is there twice, and nothing where all is well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fink_t2.cli import main
from fink_t2.config import load_config
from fink_t2.operations.audit import audit, totals
from fink_t2.operations.checkpoint import CheckpointError, read_progress
from tests.reliability.job_on_disk import JobOnDisk


@pytest.fixture
def job(tmp_path: Path) -> JobOnDisk:
    """Ten messages of partition 0 and five of partition 1 in two committed batches."""
    job = JobOnDisk(tmp_path)
    job.checkpoint([{"0": 6, "1": 2}, {"0": 10, "1": 5}], commits=2)
    job.alerts([(0, k, 0) for k in range(9)] + [(1, k, 0) for k in range(4)])
    job.letters([(0, 9), (1, 4)])
    return job


def audited(job: JobOnDisk) -> dict[str, int]:
    return totals(audit(load_config(job.config)))


def test_a_job_that_has_lost_nothing(job: JobOnDisk, capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(job) == {
        "messages": 15,
        "alerts": 13,
        "rows": 13,
        "dead_letters": 2,
        "missing": 0,
        "twice": 0,
        "expired": 0,
        "ahead": 0,
    }
    assert main(["audit", "--config", str(job.config)]) == 0
    assert "accounted for, once" in capsys.readouterr().out


@pytest.mark.slow
def test_a_lost_message_is_named(job: JobOnDisk, capsys: pytest.CaptureFixture[str]) -> None:
    job.letters([(0, 9)])
    assert main(["audit", "--config", str(job.config)]) == 1
    out = capsys.readouterr().out
    assert "missing: 4" in out
    assert "NOT" in out


@pytest.mark.slow
def test_a_deleted_table_is_noticed(job: JobOnDisk) -> None:
    for path in (job.folder / "tables" / "alerts").rglob("*.parquet"):
        path.unlink()
    assert audited(job)["missing"] == 13


@pytest.mark.parametrize("again", [[(0, 3, 0)], [(1, 0, 0), (1, 1, 0)]])
def test_an_alert_written_twice_is_named(job: JobOnDisk, again: list[tuple[int, int, int]]) -> None:
    job.alerts(again, "b")
    assert audited(job)["twice"] == len(again)
    assert main(["audit", "--config", str(job.config)]) == 1


def test_an_alert_that_is_a_dead_letter_too_is_there_twice(job: JobOnDisk) -> None:
    job.letters([(0, 3)], name="b")
    assert audited(job)["twice"] == 1


def test_several_alerts_of_one_message_are_one_message(job: JobOnDisk) -> None:
    job.alerts([(0, 3, 1), (0, 3, 2)], "b")
    found = audited(job)
    assert found["twice"] == found["missing"] == 0
    assert (found["alerts"], found["rows"]) == (13, 15)


def test_a_batch_that_is_not_committed_is_ahead(job: JobOnDisk) -> None:
    job.checkpoint([{"0": 6, "1": 2}, {"0": 10, "1": 5}, {"0": 12, "1": 5}], commits=2)
    job.alerts([(0, 10, 0), (0, 11, 0)], "b")
    found = audited(job)
    assert found["ahead"] == 2
    assert found["missing"] == found["twice"] == 0


def test_a_stream_that_began_late_is_not_asked_for_what_was_before(job: JobOnDisk) -> None:
    job.checkpoint([{"0": 10, "1": 5}], commits=1, first="2")
    found = audit(load_config(job.config))
    assert [one.messages for one in found] == [8, 3]


def test_json_has_every_partition(job: JobOnDisk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--config", str(job.config), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["complete"]
    assert [one["end"] for one in report["partitions"]] == [10, 5]


def test_progress_of_a_stream(job: JobOnDisk) -> None:
    job.checkpoint([{"0": 6, "1": 2}, {"0": 10, "1": 5}], commits=1)
    (job.folder / "checkpoint" / "commits" / "1").unlink()
    progress = read_progress(f"file://{job.folder}/checkpoint")
    assert progress.batch == 0
    assert progress.committed == {("alerts", 0): 6, ("alerts", 1): 2}
    assert progress.planned == {("alerts", 0): 10, ("alerts", 1): 5}


def test_no_checkpoint_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = JobOnDisk(tmp_path)
    assert main(["audit", "--config", str(job.config)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    (tmp_path / "checkpoint").mkdir()
    with pytest.raises(CheckpointError, match="no checkpoint of a stream"):
        read_progress(str(tmp_path / "checkpoint"))
