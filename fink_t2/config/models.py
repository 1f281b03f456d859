"""The settings of the streaming job.

They are dataclasses of the standard library, which pydantic validates when a file is loaded, so
that those which Spark's Python workers use, `Limits` and `CutSettings`, need no pydantic. The
strings below the fields are their descriptions in the reference and in the JSON Schema.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge
from pydantic import BeforeValidator

from fink_t2.alerts.limits import AtLeastOne, Limits
from fink_t2.science.cuts import CutSettings


def _join_keys(table: Any) -> Any:
    """Join nested keys, since TOML takes an unquoted ``sasl.mechanism`` for a nested table."""
    if not isinstance(table, dict):
        return table
    joined: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            joined |= {f"{name}.{key}": nested for key, nested in _join_keys(value).items()}
        else:
            joined[name] = value
    return joined


#: Options whose names have dots.
Options = Annotated[dict[str, str], BeforeValidator(_join_keys)]


@dataclass(frozen=True)
class SourceConfig:
    """Where alerts come from."""

    kind: Literal["kafka", "archive", "parquet"] = "kafka"
    """`kafka`: topics; `archive`: a folder of Avro files with one or more alerts each; `parquet`:
    a folder of Parquet files as a broker stores alerts."""
    topics: tuple[str, ...] = ()
    """Names of the Kafka topics. Either these or `topic_pattern` must be set for `kafka`."""
    topic_pattern: str = ""
    """Java regular expression that the names of the Kafka topics match."""
    path: str = ""
    """Folder of an `archive` or `parquet` source, on any file system that Spark can read."""
    starting_offsets: str = "earliest"
    """Where the first run begins: `earliest`, `latest`, or Spark's JSON of Kafka offsets. Later
    runs continue where the previous one ended."""
    fail_on_data_loss: bool = True
    """Whether the job stops when Kafka has deleted messages that it had not read yet. If false,
    they are skipped."""
    alerts_per_batch: AtLeastOne = 5000
    """Largest number of Kafka messages in one micro-batch; the others wait in Kafka."""
    files_per_batch: AtLeastOne = 2000
    """Largest number of files of an `archive` or `parquet` source in one micro-batch."""
    minimum_partitions: Annotated[int, Ge(0)] = 0
    """Smallest number of tasks into which the Kafka partitions are split; 0: one task per
    partition."""


@dataclass(frozen=True)
class KafkaConfig:
    """How to reach Kafka, for the source and the sink.

    Options have the names of the Java client, such as `security.protocol`, `sasl.jaas.config` or
    `ssl.truststore.location`. A value `env:NAME` is replaced by the content of an environment
    variable and `file:PATH` by that of a file which only its owner may read. Options that hold
    secrets must be given in one of these forms.
    """

    bootstrap_servers: str = "localhost:9092"
    """Addresses of brokers: `host:port`, several separated by commas."""
    options: Options = field(default_factory=dict)
    """Options of the Kafka client."""
    consumer: Options = field(default_factory=dict)
    """Options of the consumer, in addition to `options`."""
    producer: Options = field(default_factory=dict)
    """Options of the producer, in addition to `options`."""
    allow_plaintext: bool = False
    """Whether a broker on another machine may be reached without TLS."""


@dataclass(frozen=True)
class AlertsConfig:
    """How alerts are read."""

    schemas: str = ""
    """Source of the Avro schemas of messages in Confluent's wire format (LSST): URL of a schema
    registry, folder of schema files, or `package:lsst-alert-packet`."""
    reader_schema: Annotated[int, Ge(0)] = 0
    """Id of the schema that the output has (LSST); 0: the newest."""
    extra_fields: dict[str, str] = field(default_factory=dict)
    """Top-level fields that a broker has added to the alerts, each with its Avro type."""
    forced_photometry: bool | None = None
    """Whether significant points of forced photometry join the light curve. By default they do if
    the survey's model was trained with them, as for `fink-t2 classify`."""


@dataclass(frozen=True)
class ModelConfig:
    """The model that the module `t2` runs: the version of it that is in service."""

    name: str = ""
    """Name of the model; empty: the survey's default model."""
    folder: str = ""
    """Folder of the model store; empty: the models that are shipped with the package."""


@dataclass(frozen=True)
class ModuleConfig:
    """A science module that the job runs.

    Without any, the job runs `t2` with the model of `[model]`.
    """

    name: str
    """Name of the module, or the import path `package.module:Class` of one of another package."""
    model: str = ""
    """Name of the model that the module runs; empty: the module's default for the survey."""
    folder: str = ""
    """Folder of the model store; empty: that of `[model]`."""
    options: dict[str, Any] = field(default_factory=dict)
    """The module's own options."""


@dataclass(frozen=True)
class OutputConfig:
    """Where classified alerts are written."""

    path: str = ""
    """Folder of the Parquet tables `alerts` and `dead_letters`. They are the record of the
    stream: Kafka receives what they hold."""
    topic: str = ""
    """Kafka topic of all classified alerts; empty: none."""
    dead_letter_topic: str = ""
    """Kafka topic of messages that could not be classified; empty: none."""
    cutouts: Literal["keep", "drop", "parquet_only"] = "parquet_only"
    """Whether the image cutouts are written to Kafka and Parquet, nowhere, or to Parquet only."""
    check_continuity: bool = True
    """Whether the job refuses to start if checkpoint and tables do not belong together."""


@dataclass(frozen=True)
class SubstreamConfig:
    """A Kafka topic that receives the classified alerts selected by a filter."""

    topic: str
    """Name of the topic."""
    filter: str
    """Spark SQL expression over the columns of the output."""


@dataclass(frozen=True)
class TriggerConfig:
    """When micro-batches run."""

    seconds: Annotated[float, Ge(0)] = 2.0
    """Shortest time between the starts of two micro-batches, seconds; 0: the next one starts
    immediately."""
    once: bool = False
    """Whether the job ends when it has processed everything that was there at its start."""


@dataclass(frozen=True)
class OverloadConfig:
    """What is given up when alerts arrive faster than they can be classified: by default nothing.

    The waiting time of a message is the time from its Kafka timestamp to the start of its
    micro-batch.
    """

    drop_cutouts_after: Annotated[float, Ge(0)] = 0.0
    """Alerts that have waited longer, seconds, are written without cutouts; 0: never."""
    set_aside_after: Annotated[float, Ge(0)] = 0.0
    """Messages that have waited longer, seconds, are not classified but become dead letters,
    which `fink-t2 deadletter replay` can send again; 0: never."""


@dataclass(frozen=True)
class MetricsConfig:
    """Metrics for Prometheus."""

    address: str = ""
    """Address where the driver serves metrics: `host:port`, or `:port` for the loopback
    interface only; empty: none."""


@dataclass(frozen=True)
class StreamConfig:
    """The configuration of one streaming job."""

    survey: str = "ztf"
    """Survey that issued the alerts: `ztf` or `lsst`."""
    checkpoint: str = ""
    """Folder in which Spark records the progress of the job; required. Every job needs its own."""
    source: SourceConfig = field(default_factory=SourceConfig)
    kafka: KafkaConfig = field(default_factory=KafkaConfig)
    alerts: AlertsConfig = field(default_factory=AlertsConfig)
    limits: Limits = field(default_factory=Limits)
    model: ModelConfig = field(default_factory=ModelConfig)
    module: tuple[ModuleConfig, ...] = ()
    cuts: CutSettings = field(default_factory=CutSettings)
    output: OutputConfig = field(default_factory=OutputConfig)
    substream: tuple[SubstreamConfig, ...] = ()
    trigger: TriggerConfig = field(default_factory=TriggerConfig)
    overload: OverloadConfig = field(default_factory=OverloadConfig)
    metrics: MetricsConfig = field(default_factory=MetricsConfig)
    spark: Options = field(default_factory=dict)
    """Spark settings; those given to `spark-submit` take precedence."""
