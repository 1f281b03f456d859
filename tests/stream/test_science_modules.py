"""Several science modules in one job: columns, counts, cutouts on request, failures."""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from fink_t2.alerts.fits_stamp import read_stamp
from fink_t2.classifier import find_model, load_classifier
from fink_t2.config import ModuleConfig, OutputConfig, SourceConfig, StreamConfig
from fink_t2.errors import ModuleError
from fink_t2.modules.configured import configured_modules
from fink_t2.modules.science_module import ModuleSettings, ScienceModule
from fink_t2.stream.batch import BatchProcessor
from fink_t2.stream.classification import ClassificationColumns
from fink_t2.stream.columns.requested_columns import cutout_columns, field_columns
from fink_t2.stream.modules_in_service import ModulesInService
from fink_t2.stream.sinks.kafka import KafkaSink, avro_schema
from fink_t2.stream.sinks.parquet import ALERTS, ParquetSink
from fink_t2.surveys import ZTF, get_survey
from tests.modules.example_modules import MeanDifference
from tests.stream.conftest import Messages

STREAM = "0f0e0d0c-0000-4000-8000-00000000000a"
#: As a module of another package: the workers get the file, and nothing else knows it.
EXAMPLES = Path(__file__).resolve().parents[1] / "modules" / "example_modules.py"


def configuration(folder: Path, *modules: ModuleConfig, **output: Any) -> StreamConfig:
    return StreamConfig(
        checkpoint=str(folder / "checkpoint"),
        source=SourceConfig(topics=("modules",)),
        output=OutputConfig(path=str(folder / "tables"), **output),
        module=modules,
    )


def process(
    spark: SparkSession, config: StreamConfig, values: list[bytes | None], messages: Messages
) -> tuple[dict[str, Any], tuple[ScienceModule, ...]]:
    """Run one micro-batch; return its counts and the modules."""
    modules = ModulesInService(spark, config)
    parquet = ParquetSink(spark, config.output.path, STREAM, get_survey(config.survey))
    processor = BatchProcessor(config, modules, parquet, KafkaSink(spark, config))
    return processor.process(messages(values), 0), modules.current()


def decoded(packet: bytes) -> dict[str, Any]:
    (alert,) = fastavro.reader(io.BytesIO(packet))
    assert isinstance(alert, dict)
    return alert


def test_four_modules_in_one_batch(
    spark: SparkSession,
    messages: Messages,
    packets: list[Path],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    logging.getLogger("fink_t2").propagate = True
    spark.sparkContext.addPyFile(str(EXAMPLES))
    contents = [path.read_bytes() for path in packets[:40]]
    no_stamp = {**decoded(contents[0]), "cutoutDifference": None, "candid": 2**62 + 1}
    buffer = io.BytesIO()
    with packets[0].open("rb") as stream:
        schema = fastavro.reader(stream).writer_schema
    fastavro.writer(buffer, schema, [no_stamp])  # type: ignore[arg-type]
    contents.append(buffer.getvalue())
    alerts = [decoded(content) for content in contents]
    failing = 3
    config = configuration(
        tmp_path,
        ModuleConfig("t2"),
        ModuleConfig("atx"),
        ModuleConfig("example_modules:MeanDifference", options={"factor": 2.0}),
        ModuleConfig("example_modules:Counter", options={"fails_on": [failing]}),
        cutouts="drop",
    )
    counts, modules = process(spark, config, [*contents, b"noise"], messages)

    table = pq.read_table(tmp_path / "tables" / "alerts")
    declared = [column.name for module in modules for column in module.columns]
    names = [name for name in table.column_names if name not in ("year", "month", "day")]
    assert names[-len(declared) - 1 :] == [*declared, "t2_source"]
    assert not any("cutout" in name for name in names)
    rows = {row["candid"]: row for row in table.to_pylist(maps_as_pydicts="strict")}
    assert rows.keys() == {alert["candid"] for alert in alerts}

    for name in ("t2", "atx"):
        model = load_classifier(find_model(f"{name}-ztf"))
        assert {row[f"{name}_model"] for row in rows.values()} == {model.reference.label}
        assert {row[f"{name}_status"] for row in rows.values()} >= {"ok"}
    assert any(row["t2_class"] != row["atx_class"] for row in rows.values())

    for alert in alerts:
        row = rows[alert["candid"]]
        # A cutout, and fields with nulls, 64-bit integers among them.
        stamp = alert["cutoutDifference"]
        expected = 2.0 * np.nanmean(read_stamp(stamp["stampData"])) if stamp else -1.0
        assert row["stamp_mean"] == pytest.approx(expected, rel=1e-5)
        assert row["stamp_status"] == ("ok" if stamp else "no_stamp")
        assert row["stamp_candid"] == alert["candid"]
        assert row["stamp_name"] == alert["candidate"]["ssnamenr"]
        assert row["stamp_rb"] == pytest.approx(alert["candidate"]["rb"], rel=1e-6)
        # A module that fails on some alerts.
        points = row["t2_n_g"] + row["t2_n_r"]
        has_failed = points == failing
        assert row["counter_status"] == ("failed" if has_failed else "ok")
        assert row["counter"] == (None if has_failed else points)
        assert row["counter_half"] == dict.fromkeys("ab", -1.0 if has_failed else points / 2)
        assert (row["counter_when"] is None) == has_failed
        assert row["counter_version"] == "1"

    failures = sum(row["counter_status"] == "failed" for row in rows.values())
    assert 0 < failures < len(alerts)
    assert counts["alerts"] == len(alerts)
    assert counts["dead_letters"] == 1
    assert sum(counts["by_status"].values()) == len(alerts)
    assert sum(counts["by_class"].values()) == counts["by_status"]["ok"]
    assert counts["model"] == find_model("t2-ztf").label
    others = counts["modules"]
    assert others["atx"]["model"] == find_model("atx-ztf").label
    assert sum(others["atx"]["by_class"].values()) == others["atx"]["by_status"]["ok"]
    assert others["stamp"] == {"by_status": {"ok": 40, "no_stamp": 1}, "model": ""}
    assert others["counter"]["by_status"] == {"ok": len(alerts) - failures, "failed": failures}
    (record,) = [record for record in caplog.records if record.message == "module failed"]
    assert record.levelno == logging.ERROR
    assert record.fields == {  # type: ignore[attr-defined]
        "batch": 0,
        "module": "counter",
        "alerts": failures,
    }


def test_the_documentation_of_every_column_is_in_table_and_schema(
    spark: SparkSession, messages: Messages, packets: list[Path], tmp_path: Path
) -> None:
    config = configuration(tmp_path, ModuleConfig("t2"), ModuleConfig("atx"))
    _, modules = process(spark, config, [packets[0].read_bytes()], messages)
    restarted = ParquetSink(spark, config.output.path, STREAM, get_survey(config.survey))
    manifest = restarted.decided(0)
    assert manifest is not None
    rows = restarted.read(manifest, ALERTS)
    assert rows is not None
    schema = json.loads(avro_schema(spark, rows.schema))
    documented = {f["name"]: f["doc"] for f in schema["fields"] if "doc" in f}
    declared = {c.name: c.documentation for module in modules for c in module.columns}
    assert documented.pop("t2_source").startswith("Topic, partition, offset")
    assert documented == declared


def test_cutouts_are_handed_to_python_for_a_module_that_asks_and_only_then(
    spark: SparkSession, messages: Messages, packets: list[Path], tmp_path: Path
) -> None:
    alerts = spark.read.format("avro").load(str(packets[0]))
    decoded_alerts = alerts.selectExpr(
        "struct(*) AS alert",
        *("1 AS partition", "1L AS offset", "1 AS record"),
        *("'a' AS topic", "current_timestamp() AS timestamp"),
    )
    alert_type = alerts.schema
    for factory, expected in ((None, set()), (MeanDifference, {"cutoutDifference"})):
        config = configuration(tmp_path)
        modules = list(ModulesInService(spark, config).current())
        if factory is not None:
            modules.append(factory(ModuleSettings(ZTF)))
        rows = ClassificationColumns(config, modules, alert_type).add_to(decoded_alerts)
        plan = rows._jdf.queryExecution().optimizedPlan().toString()
        (call,) = re.findall(r"ArrowEvalPython \[(.*)\]", plan)
        assert set(re.findall(r"cutout\w+", call)) == expected


def test_every_module_follows_the_model_in_service_of_its_own(
    spark: SparkSession, tmp_path: Path
) -> None:
    for name in ("t2-ztf", "atx-ztf"):
        source = Path(find_model(name).tflite_path).parent
        for version in ("1", "2"):
            shutil.copytree(source, tmp_path / name / version)
            metadata = tmp_path / name / version / "metrics.json"
            content = json.loads(metadata.read_text())
            metadata.write_text(json.dumps({**content, "version": version}))
        (tmp_path / name / "current").write_text("1\n")
    config = configuration(
        tmp_path,
        ModuleConfig("t2", folder=str(tmp_path)),
        ModuleConfig("atx", folder=str(tmp_path)),
    )
    service = ModulesInService(spark, config)
    first = service.current()
    assert service.labels == {"t2": "t2-ztf/1", "atx": "atx-ztf/1"}
    assert service.current() is first, "the columns are made anew only for other modules"
    (tmp_path / "atx-ztf" / "current").write_text("2\n")
    second = service.current()
    assert second is not first
    assert service.labels == {"t2": "t2-ztf/1", "atx": "atx-ztf/2"}
    assert {c.constant for m in second for c in m.columns if c.constant} == {
        *("t2-ztf/1", "atx-ztf/2")
    }
    (tmp_path / "t2-ztf" / "2" / "model.tflite").unlink()
    (tmp_path / "t2-ztf" / "current").write_text("2\n")
    assert service.current() is second
    assert service.refusals == 1


def test_the_module_t2_runs_unless_others_are_configured(tmp_path: Path) -> None:
    (module,) = configured_modules(configuration(tmp_path))
    assert module == ModuleConfig("t2", "t2-ztf")


def test_modules_that_cannot_run_together_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(ModuleError, match="'t3'; known: t2, atx"):
        configured_modules(configuration(tmp_path, ModuleConfig("t3")))
    twice = configuration(tmp_path, ModuleConfig("t2"), ModuleConfig("t2"))
    with pytest.raises(ModuleError, match="both have a column 't2'"):
        ModulesInService(spark, twice)


def test_fields_and_cutouts_that_alerts_do_not_have_are_named(
    spark: SparkSession, packets: list[Path]
) -> None:
    alert = spark.read.format("avro").load(str(packets[0])).schema
    found = field_columns(alert, ["candidate.rb", "candid", "prv_candidates.magpsf"])
    assert [spark_type for spark_type, _ in found.values()] == ["float", "bigint", "array<float>"]
    with pytest.raises(ModuleError, match=r"'candidate\.drb2'.*extra_fields"):
        field_columns(alert, ["candidate.drb2"])
    with pytest.raises(ModuleError, match="'colour'; there are science, template, difference"):
        cutout_columns(alert, ["colour"])
    without = type(alert)([f for f in alert.fields if f.name != "cutoutScience"])
    with pytest.raises(ModuleError, match="have no 'cutoutScience'"):
        cutout_columns(without, ["science"])
