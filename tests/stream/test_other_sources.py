"""The job on files instead of Kafka: an archive of packets, and a table that it has written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from fink_t2.operations.submitted_job import SubmittedJob

CHECKOUT = Path(__file__).parent.parent.parent
PACKETS = 40

CONFIG = """\
survey = "ztf"
checkpoint = "{folder}/checkpoint"

[source]
kind = "{kind}"
path = "{path}"
files_per_batch = 25

[output]
path = "{folder}/tables"
topic = ""
dead_letter_topic = ""
"""


def run_job(folder: Path, kind: str, path: Path) -> None:
    folder.mkdir()
    config = folder / "job.toml"
    config.write_text(CONFIG.format(folder=folder, kind=kind, path=path))
    job = SubmittedJob(folder / "job.log", config, {"trigger.once": True})
    job.start()
    assert job.wait(300) == 0, job.tail(60)


def calls(folder: Path) -> dict[int, tuple[str, str, list[tuple[str, float]]]]:
    table = ds.dataset(folder / "tables" / "alerts", format="parquet").to_table(
        columns=["candid", "t2_status", "t2_class", "t2"]
    )
    rows = table.to_pylist()
    assert len({row["candid"] for row in rows}) == len(rows)
    return {row["candid"]: (row["t2_status"], row["t2_class"], row["t2"]) for row in rows}


@pytest.mark.end_to_end
def test_an_archive_is_classified_and_its_table_once_more(tmp_path: Path) -> None:
    archive = tmp_path / "archive" / "a_night"
    archive.mkdir(parents=True)
    packets = sorted((CHECKOUT / "data" / "alerts").rglob("*.avro"))[:PACKETS]
    for packet in packets:
        shutil.copy(packet, archive)
    (archive / "cut_short.avro").write_bytes(packets[0].read_bytes()[:5000])

    run_job(tmp_path / "first", "archive", tmp_path / "archive")
    first = calls(tmp_path / "first")
    assert len(first) == PACKETS
    assert {status for status, _, _ in first.values()} > {"ok"}
    letters = ds.dataset(tmp_path / "first" / "tables" / "dead_letters", format="parquet")
    (letter,) = letters.to_table(columns=["topic", "reason"]).to_pylist()
    assert letter["topic"].endswith("/a_night/cut_short.avro")
    assert letter["reason"]

    run_job(tmp_path / "again", "parquet", tmp_path / "first" / "tables" / "alerts")
    assert calls(tmp_path / "again") == first
