"""The stream's configuration: TOML into typed dataclasses, every key and type checked."""

from __future__ import annotations

import dataclasses
import difflib
import ipaddress
import os
import re
import tomllib
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fink_t2.alerts.limits import Limits
from fink_t2.errors import ConfigError
from fink_t2.science.cuts import CutSettings

#: Values of options that are looked up where the job starts, so that no file holds a secret.
FROM_ENVIRONMENT = "env:"
FROM_FILE = "file:"
#: Options of the Kafka client whose values are secrets.
SECRET_OPTION = re.compile(r"password|jaas|secret|token|ssl\.keystore\.key$", re.IGNORECASE)
TLS_PROTOCOLS = ("SSL", "SASL_SSL")


@dataclass(frozen=True)
class SourceConfig:
    """Where alerts come from.

    Attributes
    ----------
    kind : {"kafka", "archive", "parquet"}
        Kafka topics; a folder of Avro files, one or more alerts each; or Parquet as a broker
        stores alerts.
    topics : tuple of str
        Kafka topics.
    topic_pattern : str
        Java regular expression; instead of `topics`.
    path : str
        Folder of the archive, any file system that Spark knows.
    starting_offsets : str
        "earliest", "latest" or Spark's JSON of offsets: where the first run begins.
    fail_on_data_loss : bool
        Whether offsets that have expired stop the job (true) or are skipped.
    alerts_per_batch : int
        Most messages in one micro-batch; the rest waits in Kafka.
    files_per_batch : int
        The same for files of an archive.
    minimum_partitions : int
        Split the Kafka partitions into at least this many tasks; 0: one task per partition.
    """

    kind: str = "kafka"
    topics: tuple[str, ...] = ()
    topic_pattern: str = ""
    path: str = ""
    starting_offsets: str = "earliest"
    fail_on_data_loss: bool = True
    alerts_per_batch: int = 5000
    files_per_batch: int = 2000
    minimum_partitions: int = 0


@dataclass(frozen=True)
class KafkaConfig:
    """How to reach Kafka, for source and sink alike.

    Attributes
    ----------
    bootstrap_servers : str
        ``host:port[,host:port...]``.
    options : dict of str to str
        Kafka client options by their own names (``security.protocol``, ``sasl.jaas.config``,
        ``ssl.truststore.location``, ...). "env:NAME" and "file:PATH" stand for the content of
        an environment variable or a file.
    consumer, producer : dict of str to str
        The same for one side only.
    allow_plaintext : bool
        Whether a broker on another machine may be reached without TLS.
    """

    bootstrap_servers: str = "localhost:9092"
    options: dict[str, str] = field(default_factory=dict)
    consumer: dict[str, str] = field(default_factory=dict)
    producer: dict[str, str] = field(default_factory=dict)
    allow_plaintext: bool = False


@dataclass(frozen=True)
class AlertsConfig:
    """How alerts are read.

    Attributes
    ----------
    schemas : str
        Source of schemas for Confluent-framed alerts: URL of a registry, folder, or
        "package:lsst-alert-packet"; "" for none.
    reader_schema : int
        Schema id whose fields the output has (LSST); 0: the newest.
    extra_fields : dict of str to str
        Top-level fields that a broker has added, name to Avro type.
    forced_photometry : bool
        Whether forced photometry joins the light curve.
    """

    schemas: str = ""
    reader_schema: int = 0
    extra_fields: dict[str, str] = field(default_factory=dict)
    forced_photometry: bool = False


@dataclass(frozen=True)
class ModelConfig:
    """Which model classifies: the version in service of ``name`` in ``folder``.

    An empty folder stands for the models that come with the package.
    """

    name: str = ""
    folder: str = ""


@dataclass(frozen=True)
class OutputConfig:
    """Where classified alerts go.

    Attributes
    ----------
    path : str
        Folder of the Parquet tables ``alerts`` and ``dead_letters``. They are the record of
        the stream: Kafka is sent what they hold.
    topic : str
        Kafka topic of all alerts; "" for no Kafka.
    dead_letter_topic : str
        Kafka topic of messages that can't be read; "" for none.
    cutouts : {"keep", "drop", "parquet_only"}
        What becomes of the image cutouts.
    check_continuity : bool
        Whether the job refuses to start where checkpoint and tables are not of one stream.
    """

    path: str = ""
    topic: str = ""
    dead_letter_topic: str = ""
    cutouts: str = "parquet_only"
    check_continuity: bool = True


@dataclass(frozen=True)
class SubstreamConfig:
    """A topic with the alerts that pass a filter, a Spark SQL expression over the output."""

    topic: str
    filter: str


@dataclass(frozen=True)
class MetricsConfig:
    """Where the driver answers Prometheus: "host:port", ":port" for loopback only, "" nowhere."""

    address: str = ""


@dataclass(frozen=True)
class TriggerConfig:
    """When micro-batches run.

    Attributes
    ----------
    seconds : float
        Shortest time from the begin of one to the begin of the next; 0: at once.
    once : bool
        Stop when all that was there at the start is processed.
    """

    seconds: float = 2.0
    once: bool = False


@dataclass(frozen=True)
class OverloadConfig:
    """What gives way when more alerts come than can be classified; by default nothing.

    Both are seconds between the time that Kafka has of a message and the begin of its batch;
    0: never.

    Attributes
    ----------
    drop_cutouts_after : float
        An alert that has waited longer is written without its cutouts.
    set_aside_after : float
        A message that has waited longer is not read: it becomes a dead letter, whole, to be
        sent again in a quieter hour.
    """

    drop_cutouts_after: float = 0.0
    set_aside_after: float = 0.0


@dataclass(frozen=True)
class StreamConfig:
    """The whole configuration of one job.

    Attributes
    ----------
    survey : {"ztf", "lsst"}
        Whose alerts these are.
    checkpoint : str
        Folder in which Spark keeps how far the job has come. One job, one folder.
    source, kafka, alerts, limits, model, cuts, output, substream, trigger, overload, metrics
        See the classes.
    spark : dict of str to str
        Spark settings to add; those of spark-submit win.
    """

    survey: str = "ztf"
    checkpoint: str = ""
    source: SourceConfig = field(default_factory=SourceConfig)
    kafka: KafkaConfig = field(default_factory=KafkaConfig)
    alerts: AlertsConfig = field(default_factory=AlertsConfig)
    limits: Limits = field(default_factory=Limits)
    model: ModelConfig = field(default_factory=ModelConfig)
    cuts: CutSettings = field(default_factory=CutSettings)
    output: OutputConfig = field(default_factory=OutputConfig)
    substream: tuple[SubstreamConfig, ...] = ()
    trigger: TriggerConfig = field(default_factory=TriggerConfig)
    overload: OverloadConfig = field(default_factory=OverloadConfig)
    metrics: MetricsConfig = field(default_factory=MetricsConfig)
    spark: dict[str, str] = field(default_factory=dict)


def load_config(path: str | os.PathLike[str], settings: typing.Sequence[str] = ()) -> StreamConfig:
    """Read and check a configuration file.

    Parameters
    ----------
    path : path
        TOML file.
    settings : sequence of str
        Overrides ``section.key=value``; the value is TOML, or else a plain string.

    Raises
    ------
    ConfigError
        Naming file and key.
    """
    try:
        with open(path, "rb") as stream:
            document = tomllib.load(stream)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML ({error})") from None
    for setting in settings:
        _override(document, setting)
    config: StreamConfig = _build(StreamConfig, document, str(path), "")
    _check(config, str(path))
    return config


def settings_of_table(kind: Any, table: dict[str, Any], file: str) -> Any:
    """Build settings of another dataclass from a TOML table, by the same checks.

    Raises
    ------
    ConfigError
        Naming file and key.
    """
    return _build(kind, table, file, "")


def resolve_secret(value: str) -> str:
    """Return an option's value, read from the environment or a file where it says so.

    Raises
    ------
    ConfigError
        If the variable or the file is not there, or others may read the file.
    """
    if value.startswith(FROM_ENVIRONMENT):
        name = value.removeprefix(FROM_ENVIRONMENT)
        if name not in os.environ:
            raise ConfigError(f"the environment variable {name} is not set")
        return os.environ[name]
    if value.startswith(FROM_FILE):
        path = Path(value.removeprefix(FROM_FILE))
        try:
            if path.stat().st_mode & 0o077:
                raise ConfigError(f"{path}: holds a secret and others may read it: chmod 600")
            return path.read_text().strip()
        except OSError as error:
            raise ConfigError(f"{path}: can't be read ({error.strerror})") from None
    return value


def _override(document: dict[str, Any], setting: str) -> None:
    key, equals, text = setting.partition("=")
    if not (key and equals):
        raise ConfigError(f"--set {setting}: section.key=value is wanted")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *sections, name = _split_key(key)
    table = document
    for section in sections:
        table = table.setdefault(section, {})
        if not isinstance(table, dict):
            raise ConfigError(f"--set {setting}: {section} is no section")
    table[name] = value


def _split_key(key: str) -> list[str]:
    """Split a dotted key; options of Kafka and Spark have dots in their own names."""
    parts = key.split(".")
    for depth, part in enumerate(parts[:-1]):
        is_table = part == "spark" or (depth == 1 and part in ("options", "consumer", "producer"))
        if is_table:
            return [*parts[: depth + 1], ".".join(parts[depth + 1 :])]
    return parts


def _build(kind: Any, value: Any, file: str, key: str) -> Any:
    """Build a value of a dataclass's field type, or say what is wrong with which key."""
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _build_dataclass(kind, value, file, key)
    if origin is tuple:
        item = typing.get_args(kind)[0]
        if not isinstance(value, list):
            raise _wrong_type(file, key, value, "an array")
        return tuple(_build(item, part, file, f"{key}[{n}]") for n, part in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise _wrong_type(file, key, value, "a table")
        item = typing.get_args(kind)[1]
        return {k: _build(item, v, file, f"{key}.{k}") for k, v in _flatten(value).items()}
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        names = {str: "a string", int: "an integer", float: "a number", bool: "true or false"}
        raise _wrong_type(file, key, value, names[kind])
    return value


def _build_dataclass(kind: Any, value: Any, file: str, key: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong_type(file, key, value, "a table")
    kinds = typing.get_type_hints(kind)
    for name in value:
        if name not in kinds:
            near = difflib.get_close_matches(name, kinds, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(kinds)}"
            raise ConfigError(f"{file}: unknown key {_join(key, name)!r}{hint}")
    made = {name: _build(kinds[name], part, file, _join(key, name)) for name, part in value.items()}
    for part in dataclasses.fields(kind):
        has_default = (
            part.default is not dataclasses.MISSING
            or part.default_factory is not dataclasses.MISSING
        )
        if not has_default and part.name not in made:
            raise ConfigError(f"{file}: {_join(key, part.name)!r} is missing")
    return kind(**made)


def _flatten(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Join nested keys: an unquoted ``sasl.mechanism = "PLAIN"`` is a nested table to TOML."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _wrong_type(file: str, key: str, value: Any, wanted: str) -> ConfigError:
    return ConfigError(f"{file}: {key!r} must be {wanted}, not {value!r}")


def _check(config: StreamConfig, file: str) -> None:
    """Check what types alone can't say."""

    def refuse(key: str, why: str) -> typing.NoReturn:
        raise ConfigError(f"{file}: {key!r} {why}")

    def one_of(key: str, value: str, allowed: tuple[str, ...]) -> None:
        if value not in allowed:
            refuse(key, f"must be one of {', '.join(map(repr, allowed))}, not {value!r}")

    source, output = config.source, config.output
    one_of("survey", config.survey, ("ztf", "lsst"))
    one_of("source.kind", source.kind, ("kafka", "archive", "parquet"))
    one_of("output.cutouts", output.cutouts, ("keep", "drop", "parquet_only"))
    if not config.checkpoint:
        refuse("checkpoint", "is missing: the job must remember how far it has come")
    if source.kind == "kafka" and bool(source.topics) == bool(source.topic_pattern):
        refuse("source.topics", "or 'source.topic_pattern' must be set, one of them")
    if source.kind != "kafka" and not source.path:
        refuse("source.path", f"is missing, for a source of kind {source.kind!r}")
    if not output.path:
        refuse("output.path", "is missing: the folder of the tables")
    if config.survey == "lsst" and source.kind != "parquet" and not config.alerts.schemas:
        refuse(
            "alerts.schemas",
            "is missing: a registry's URL, a folder, or 'package:lsst-alert-packet'",
        )
    positive = {
        "source.alerts_per_batch": source.alerts_per_batch,
        "source.files_per_batch": source.files_per_batch,
        **{f"limits.{k}": v for k, v in dataclasses.asdict(config.limits).items()},
    }
    for key, number in positive.items():
        if number < 1:
            refuse(key, f"must be positive, not {number}")
    if config.trigger.seconds < 0:
        refuse("trigger.seconds", f"must not be negative, not {config.trigger.seconds}")
    overload = config.overload
    for key, wait in dataclasses.asdict(overload).items():
        if wait < 0:
            refuse(f"overload.{key}", f"must not be negative, not {wait}")
    if overload.drop_cutouts_after > overload.set_aside_after > 0:
        refuse(
            "overload.drop_cutouts_after",
            "is longer than 'overload.set_aside_after': cutouts go first",
        )
    for table in ("options", "consumer", "producer"):
        for name, value in getattr(config.kafka, table).items():
            if SECRET_OPTION.search(name) and not value.startswith((FROM_ENVIRONMENT, FROM_FILE)):
                refuse(f"kafka.{table}.{name}", "is a secret: write 'env:NAME' or 'file:PATH'")
    away = [host for host in _hosts(config.kafka.bootstrap_servers) if not _is_loopback(host)]
    for side in (config.kafka.consumer, config.kafka.producer):
        protocol = {**config.kafka.options, **side}.get("security.protocol", "PLAINTEXT")
        if away and protocol.upper() not in TLS_PROTOCOLS and not config.kafka.allow_plaintext:
            refuse(
                "kafka.options.security.protocol",
                f"is {protocol!r}: {away[0]} is another machine, reached by 'SSL' or 'SASL_SSL' "
                "only, unless 'kafka.allow_plaintext' is true",
            )
    topics = [output.topic, output.dead_letter_topic, *(s.topic for s in config.substream)]
    named = [topic for topic in topics if topic]
    for topic in named:
        if topic in source.topics:
            refuse("source.topics", f"and the output must differ; both have {topic!r}")
        if named.count(topic) > 1:
            refuse("output.topic", f"{topic!r} is named twice among the output topics")


def _hosts(servers: str) -> list[str]:
    """Return the hosts of "host:port,[::1]:port"."""
    return [server.strip().rpartition(":")[0].strip("[]") for server in servers.split(",")]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
