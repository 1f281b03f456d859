"""Rules that concern several settings, or names known only at run time."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from fink_t2.config.models import KafkaConfig, OverloadConfig, SourceConfig, StreamConfig
from fink_t2.config.secrets import is_exposed_secret
from fink_t2.surveys import get_survey, survey_names

TLS_PROTOCOLS = ("SSL", "SASL_SSL")


def broken_rules(config: StreamConfig) -> Iterator[str]:
    """Yield a sentence for every rule that a configuration breaks, beginning with the key."""
    known = survey_names()
    if config.survey not in known:
        yield f"'survey' must be one of {', '.join(map(repr, known))}, not {config.survey!r}"
    if not config.checkpoint:
        yield "'checkpoint' is missing: the folder in which the job records its progress"
    if not config.output.path:
        yield "'output.path' is missing: the folder of the tables"
    needs_schemas = config.survey in known and get_survey(config.survey).schema_text is None
    if needs_schemas and config.source.kind != "parquet" and not config.alerts.schemas:
        yield (
            "'alerts.schemas' is missing: the URL of a schema registry, a folder, or "
            "'package:lsst-alert-packet'"
        )
    yield from _broken_by_source(config.source)
    yield from _broken_by_kafka(config.kafka)
    yield from _broken_by_topics(config)
    yield from _broken_by_overload(config.overload)


def _broken_by_source(source: SourceConfig) -> Iterator[str]:
    if source.kind == "kafka" and bool(source.topics) == bool(source.topic_pattern):
        yield "'source.topics' or 'source.topic_pattern' must be set, and not both"
    if source.kind != "kafka" and not source.path:
        yield f"'source.path' is missing; a source of kind {source.kind!r} needs it"


def _broken_by_kafka(kafka: KafkaConfig) -> Iterator[str]:
    for table in ("options", "consumer", "producer"):
        for name, value in getattr(kafka, table).items():
            if is_exposed_secret(name, value):
                yield f"'kafka.{table}.{name}' is a secret: write 'env:NAME' or 'file:PATH'"
    hosts = [
        server.strip().rpartition(":")[0].strip("[]")
        for server in kafka.bootstrap_servers.split(",")
    ]
    remote = [host for host in hosts if not _is_loopback(host)]
    protocols = {
        {**kafka.options, **side}.get("security.protocol", "PLAINTEXT").upper()
        for side in (kafka.consumer, kafka.producer)
    }
    unprotected = sorted(protocols.difference(TLS_PROTOCOLS))
    if remote and unprotected and not kafka.allow_plaintext:
        yield (
            f"'kafka.options.security.protocol' is {unprotected[0]!r}: {remote[0]} is another "
            "machine, which is reached by 'SSL' or 'SASL_SSL' only, unless "
            "'kafka.allow_plaintext' is true"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _broken_by_topics(config: StreamConfig) -> Iterator[str]:
    output = config.output
    topics = [output.topic, output.dead_letter_topic, *(s.topic for s in config.substream)]
    for topic in sorted(set(topics) - {""}):
        if topic in config.source.topics:
            yield f"'source.topics' and the output must differ; both have {topic!r}"
        if topics.count(topic) > 1:
            yield f"'output.topic': {topic!r} is named twice among the output topics"


def _broken_by_overload(overload: OverloadConfig) -> Iterator[str]:
    if overload.drop_cutouts_after > overload.set_aside_after > 0:
        yield (
            "'overload.drop_cutouts_after' is longer than 'overload.set_aside_after', after which "
            "there is nothing left to drop"
        )
