"""The configuration: what is shipped loads, what is wrong is named by file and key."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from fink_t2.config import KafkaConfig, SubstreamConfig, load_config, resolve_secret
from fink_t2.errors import ConfigError
from tests.conftest import CHECKOUT

PLAIN = """
survey = "ztf"
checkpoint = "there/checkpoint"
[source]
topics = ["ztf"]
[output]
path = "there/tables"
topic = "out"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "job.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_what_is_shipped_loads(survey: str) -> None:
    config = load_config(CHECKOUT / "conf" / f"{survey}.toml")
    assert config.survey == survey
    assert config.model.name == f"t2-{survey}"
    assert [one.topic for one in config.substream] == [
        f"fink_t2_{survey}_sn_ia",
        f"fink_t2_{survey}_kilonova",
    ]


def test_types_of_every_kind(tmp_path: Path) -> None:
    config = load_config(
        written(
            tmp_path,
            PLAIN
            + """
[trigger]
seconds = 5
[kafka]
bootstrap_servers = "a:1,b:2"
[kafka.options]
"security.protocol" = "SASL_SSL"
ssl.truststore.location = "/ca.pem"
[alerts.extra_fields]
roid = "int"
[[substream]]
topic = "kn"
filter = "t2_class == 'KN'"
[spark]
"spark.executor.cores" = "2"
""",
        )
    )
    assert config.trigger.seconds == 5.0
    assert isinstance(config.trigger.seconds, float)
    assert config.kafka == KafkaConfig(
        "a:1,b:2",
        {"security.protocol": "SASL_SSL", "ssl.truststore.location": "/ca.pem"},
    )
    assert config.alerts.extra_fields == {"roid": "int"}
    assert config.substream == (SubstreamConfig("kn", "t2_class == 'KN'"),)
    assert config.spark == {"spark.executor.cores": "2"}
    assert config.source.topics == ("ztf",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[sorce]\n", r"unknown key 'sorce'; did you mean 'source'\?"),
        ("[cuts]\nminimum_point = 2\n", r"'cuts.minimum_point'; did you mean 'minimum_points'\?"),
        ("[limits]\nzzz = 2\n", r"unknown key 'limits.zzz'; known: message_bytes"),
        ("[trigger]\nseconds = '5'\n", r"'trigger.seconds' must be a valid number, not '5'"),
        ("[trigger]\nonce = 1\n", r"'trigger.once' must be a valid boolean, not 1"),
        (
            "[cuts]\nminimum_points = 2.5\n",
            r"'cuts.minimum_points' must be a valid integer, not 2.5",
        ),
        ("[cuts]\nminimum_points = true\n", r"'cuts.minimum_points' must be a valid integer"),
        ("[model]\nname = 3\n", r"'model.name' must be a valid string, not 3"),
        ("model = 3\n", r"'model' must be a table"),
        ("substream = 3\n", r"'substream' must be a valid array"),
        ("[[substream]]\ntopic = 'a'\n", r"'substream\[0\].filter' is missing"),
        (
            "[[substream]]\nfilter = 'a'\ntopic = 2\n",
            r"'substream\[0\].topic' must be a valid string",
        ),
        ("[kafka.options]\na = 3\n", r"'kafka.options.a' must be a valid string, not 3"),
        ("[kafka]\noptions = 3\n", r"'kafka.options' must be a table"),
        ("kafka = 3\n", r"'kafka' must be a table, not 3"),
        ("spark = []\n", r"'spark' must be a table, not \[\]"),
        (
            "[alerts.extra_fields]\nroid.a = 'int'\n",
            r"'alerts.extra_fields.roid' must be a valid string",
        ),
        (
            "[model]\nname = 2026-08-01\n",
            r"no setting takes a date or a time, such as 2026-08-01",
        ),
        ("[trigger]\nseconds = true\n", r"'trigger.seconds' must be a valid number, not True"),
        ("[trigger]\nseconds = nan\n", r"'trigger.seconds' must be greater than or equal to 0"),
        (
            "[[substream]]\ntopic = 'a'\nfiltre = 'b'\n",
            r"'substream\[0\].filtre'; did you mean 'fi",
        ),
        ("[limits]\nrecords = 0\n", r"'limits.records' must be greater than or equal to 1, not 0"),
        (
            "[trigger]\nseconds = -1\n",
            r"'trigger.seconds' must be greater than or equal to 0, not -1",
        ),
        ("[[substream]]\ntopic = 'out'\nfilter = 'a'\n", r"'out' is named twice"),
        (
            "[[substream]]\ntopic = 'ztf'\nfilter = 'a'\n",
            r"the output must differ; both have 'ztf'",
        ),
        ("[", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, reason: str) -> None:
    at_the_top = not text.startswith("[")
    path = written(tmp_path, text + PLAIN if at_the_top else PLAIN + text)
    with pytest.raises(ConfigError, match=reason) as caught:
        load_config(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("survey=des", "'survey' must be one of 'ztf', 'lsst', not 'des'"),
        ("checkpoint=", "'checkpoint' is missing"),
        ("output.path=", "'output.path' is missing"),
        (
            "output.cutouts=some",
            "'output.cutouts' must be 'keep', 'drop' or 'parquet_only', not 'some'",
        ),
        (
            "source.kind=pigeon",
            "'source.kind' must be 'kafka', 'archive' or 'parquet', not 'pigeon'",
        ),
        ("source.kind=archive", "'source.path' is missing"),
        ("source.topics=[]", "'source.topics' or 'source.topic_pattern' must be set"),
        ("source.topic_pattern=z.*", "'source.topics' or 'source.topic_pattern' must be set"),
        ("source.topics=['a', 2]", "'source.topics[1]' must be a valid string, not 2"),
        ("source.topics=ztf", "'source.topics' must be a valid array, not 'ztf'"),
        ("survey=lsst", "'alerts.schemas' is missing"),
        ("checkpoint", "must have the form section.key=value"),
        ("survey.name=ztf", "'survey' must be a valid string, not {'name': 'ztf'}"),
    ],
)
def test_what_types_can_not_say(tmp_path: Path, setting: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason.replace("[", r"\[")):
        load_config(written(tmp_path, PLAIN), [setting])


def test_overrides_are_toml_or_plain_text(tmp_path: Path) -> None:
    config = load_config(
        written(tmp_path, PLAIN),
        [
            'source.topics=["a", "b"]',
            "source.alerts_per_batch=7",
            "trigger.once=true",
            "output.path=s3a://bucket/tables",
            "kafka.options.security.protocol=SSL",
            "kafka.options.'client.id'=t2",
            "spark.spark.sql.shuffle.partitions='4'",
            "cuts.maximum_history_days=365",
        ],
    )
    assert config.source.topics == ("a", "b")
    assert config.source.alerts_per_batch == 7
    assert config.trigger.once
    assert config.output.path == "s3a://bucket/tables"
    assert config.kafka.options == {"security.protocol": "SSL", "client.id": "t2"}
    assert config.spark == {"spark.sql.shuffle.partitions": "4"}
    assert config.cuts.maximum_history_days == 365.0


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing.toml: can't be read"):
        load_config(tmp_path / "nothing.toml")


def test_secrets_come_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINK_T2_TEST_SECRET", "from the environment")
    assert resolve_secret("env:FINK_T2_TEST_SECRET") == "from the environment"
    assert resolve_secret("plain") == "plain"
    with pytest.raises(ConfigError, match="FINK_T2_NO_SUCH_SECRET is not set"):
        resolve_secret("env:FINK_T2_NO_SUCH_SECRET")
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    for mode in (0o644, 0o640, 0o604):
        path.chmod(mode)
        with pytest.raises(ConfigError, match="others may read it"):
            resolve_secret(f"file:{path}")
    path.chmod(0o600)
    assert resolve_secret(f"file:{path}") == "from a file"
    with pytest.raises(ConfigError, match="can't be read"):
        resolve_secret(f"file:{tmp_path / 'none'}")


def test_every_problem_is_named(tmp_path: Path) -> None:
    path = written(
        tmp_path, PLAIN + "[trigger]\nonce = 1\nsecond = 2\n[cuts]\nminimum_points = 'x'\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert sorted(str(caught.value).splitlines()) == [
        f"{path}: 'cuts.minimum_points' must be a valid integer, not 'x'",
        f"{path}: 'trigger.once' must be a valid boolean, not 1",
        f"{path}: unknown key 'trigger.second'; did you mean 'seconds'?",
    ]


def test_every_broken_rule_is_named(tmp_path: Path) -> None:
    overrides = ["checkpoint=", "output.path=", "output.topic=ztf", "kafka.bootstrap_servers=a:1"]
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, PLAIN), overrides)
    keys = [line.split(": ")[1].split("'")[1] for line in str(caught.value).splitlines()]
    assert keys == [
        "checkpoint",
        "output.path",
        "kafka.options.security.protocol",
        "source.topics",
    ]


def test_a_configuration_is_immutable_and_can_be_pickled() -> None:
    config = load_config(CHECKOUT / "conf" / "ztf.toml")
    assert pickle.loads(pickle.dumps(config)) == config
    assert hash(config.source) == hash(dataclasses.replace(config.source))
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.output.path = "elsewhere"  # type: ignore[misc]


def test_workers_do_not_import_the_configuration() -> None:
    """Spark's Python workers import the modules of the functions that they run."""
    script = """
import sys
import fink_t2.processor, fink_t2.stream.fallback_decoding, fink_t2.science.worker
print([name for name in ("pydantic", "fink_t2.config") if name in sys.modules])
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=CHECKOUT
    )
    assert run.stdout.strip() == "[]"


def test_an_override_replaces_an_option_however_it_is_written(tmp_path: Path) -> None:
    quoted, nested = '"ssl.protocol" = "TLSv1.2"', 'ssl.protocol = "TLSv1.2"'
    both = f"{nested}\n{quoted}"
    for options in (quoted, nested, both):
        path = written(tmp_path, f'{PLAIN}[kafka.options]\n{options}\n"client.id" = "t2"\n')
        for change in (
            "ssl.protocol=TLSv1.3",
            "'ssl.protocol'=TLSv1.3",
            "ssl={protocol='TLSv1.3'}",
        ):
            kafka = load_config(path, [f"kafka.options.{change}"]).kafka
            assert kafka.options == {"client.id": "t2", "ssl.protocol": "TLSv1.3"}
