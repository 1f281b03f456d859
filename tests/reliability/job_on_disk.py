"""What a job leaves on disk, written by hand: checkpoint and tables in their real forms."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

STREAM = "0f0e0d0c-0000-4000-8000-000000000001"
ORIGIN = pa.struct(
    [
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("record", pa.int32()),
    ]
)
NOW = datetime(2026, 8, 1, 3, tzinfo=UTC)


@dataclass
class JobOnDisk:
    """A job's configuration file, checkpoint and tables under one folder."""

    folder: Path
    topic: str = "alerts"
    servers: str = "127.0.0.1:1"

    def __post_init__(self) -> None:
        self.config = self.folder / "job.toml"
        self.config.write_text(
            f'survey = "ztf"\ncheckpoint = "{self.folder}/checkpoint"\n'
            f'[source]\ntopics = ["{self.topic}"]\n'
            f'[kafka]\nbootstrap_servers = "{self.servers}"\n'
            f'[output]\npath = "{self.folder}/tables"\ntopic = "out-{self.topic}"\n'
        )

    def checkpoint(self, ends: list[dict[str, int]], commits: int, first: str = "0") -> None:
        """Write a checkpoint: the ends of each planned batch, how many of them are committed."""
        root = self.folder / "checkpoint"
        for name in ("offsets", "commits", "sources/0"):
            (root / name).mkdir(parents=True, exist_ok=True)
        (root / "metadata").write_text(json.dumps({"id": STREAM}))
        begin = {self.topic: dict.fromkeys(ends[0], int(first))}
        (root / "sources/0/0").write_bytes(b"\0v1\n" + json.dumps(begin).encode())
        for number, end in enumerate(ends):
            lines = ["v1", '{"batchWatermarkMs":0}', json.dumps({self.topic: end})]
            (root / "offsets" / str(number)).write_text("\n".join(lines))
            if number < commits:
                (root / "commits" / str(number)).write_text('v1\n{"nextBatchWatermarkMs":0}')

    def alerts(self, offsets: list[tuple[int, int, int]], name: str = "a") -> None:
        """Write alerts, each (partition, offset, record), as one file of the table."""
        sources = [
            {"topic": self.topic, "partition": p, "offset": o, "timestamp": NOW, "record": r}
            for p, o, r in offsets
        ]
        table = pa.table(
            {
                "candid": pa.array([1000 * p + o for p, o, _ in offsets], pa.int64()),
                "t2_model": pa.array(["t2-ztf/1"] * len(offsets), pa.string()),
                "t2_source": pa.array(sources, ORIGIN),
            }
        )
        self._write(table, "alerts", name)

    def letters(
        self, offsets: list[tuple[int, int]], values: list[bytes] | None = None, name: str = "a"
    ) -> None:
        """Write dead letters, each (partition, offset)."""
        table = pa.table(
            {
                "topic": [self.topic] * len(offsets),
                "partition": pa.array([p for p, _ in offsets], pa.int32()),
                "offset": pa.array([o for _, o in offsets], pa.int64()),
                "timestamp": pa.array([NOW] * len(offsets), pa.timestamp("us", "UTC")),
                "reason": [f"reason {k % 2}" for k in range(len(offsets))],
                "value": pa.array(values or [b"broken"] * len(offsets), pa.binary()),
                "ingested_at": pa.array([NOW] * len(offsets), pa.timestamp("us", "UTC")),
            }
        )
        self._write(table, "dead_letters", name)

    def _write(self, table: pa.Table, kind: str, name: str) -> None:
        folder = self.folder / "tables" / kind / "year=2026" / "month=08" / "day=01"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, folder / f"{name}.parquet")
