"""The configuration: what is shipped loads, what is wrong is named by file and key."""

from __future__ import annotations

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
        ("[trigger]\nseconds = '5'\n", r"'trigger.seconds' must be a number, not '5'"),
        ("[trigger]\nonce = 1\n", r"'trigger.once' must be true or false, not 1"),
        ("[cuts]\nminimum_points = 2.5\n", r"'cuts.minimum_points' must be an integer, not 2.5"),
        ("[cuts]\nminimum_points = true\n", r"'cuts.minimum_points' must be an integer"),
        ("[model]\nname = 3\n", r"'model.name' must be a string, not 3"),
        ("model = 3\n", r"'model' must be a table"),
        ("substream = 3\n", r"'substream' must be an array"),
        ("[[substream]]\ntopic = 'a'\n", r"'substream\[0\].filter' is missing"),
        ("[[substream]]\nfilter = 'a'\ntopic = 2\n", r"'substream\[0\].topic' must be a string"),
        ("[kafka.options]\na = 3\n", r"'kafka.options.a' must be a string, not 3"),
        ("[kafka]\noptions = 3\n", r"'kafka.options' must be a table"),
        ("[limits]\nrecords = 0\n", r"'limits.records' must be positive, not 0"),
        ("[trigger]\nseconds = -1\n", r"'trigger.seconds' must not be negative"),
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
        ("output.cutouts=some", "'output.cutouts' must be one of"),
        ("source.kind=pigeon", "'source.kind' must be one of"),
        ("source.kind=archive", "'source.path' is missing"),
        ("source.topics=[]", "'source.topics' or 'source.topic_pattern' must be set"),
        ("source.topic_pattern=z.*", "'source.topics' or 'source.topic_pattern' must be set"),
        ("survey=lsst", "'alerts.schemas' is missing"),
        ("checkpoint", "section.key=value is wanted"),
        ("survey.name=ztf", "survey is no section"),
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
            "spark.spark.sql.shuffle.partitions='4'",
            "cuts.maximum_history_days=365",
        ],
    )
    assert config.source.topics == ("a", "b")
    assert config.source.alerts_per_batch == 7
    assert config.trigger.once
    assert config.output.path == "s3a://bucket/tables"
    assert config.kafka.options == {"security.protocol": "SSL"}
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
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="others may read it"):
        resolve_secret(f"file:{path}")
    path.chmod(0o600)
    assert resolve_secret(f"file:{path}") == "from a file"
    with pytest.raises(ConfigError, match="can't be read"):
        resolve_secret(f"file:{tmp_path / 'none'}")
