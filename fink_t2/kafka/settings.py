"""The settings files with which a single-node broker in KRaft mode is started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

MAX_MESSAGE_BYTES = 10 * 1024 * 1024  # an alert with large cutouts is about 1 MB

LOG4J = """\
<Configuration status="warn">
  <Appenders>
    <RollingFile name="file" fileName="{log}" filePattern="{log}.%i">
      <PatternLayout pattern="%d{{ISO8601}} %p %c{{1}}: %m%n"/>
      <SizeBasedTriggeringPolicy size="10MB"/>
      <DefaultRolloverStrategy max="3"/>
    </RollingFile>
  </Appenders>
  <Loggers>
    <Root level="{level}"><AppenderRef ref="file"/></Root>
  </Loggers>
</Configuration>
"""


def server_properties(
    data: Path, port: int, controller_port: int, changes: Mapping[str, str]
) -> dict[str, str]:
    """Return the broker's settings: one node, loopback only, nothing replicated.

    Parameters
    ----------
    data : Path
        Folder of the partitions.
    port : int
        Port on which clients connect, that of the listener ``CLIENT``.
    controller_port : int
        Port of the internal KRaft listener.
    changes : mapping of str to str
        Settings to add or replace, by Kafka's names: for SASL and TLS, for instance,
        ``listener.security.protocol.map``, ``sasl.enabled.mechanisms``, ``ssl.keystore.location``.
    """
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"CLIENT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"CLIENT://127.0.0.1:{port}",
        "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "CLIENT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data),
        "message.max.bytes": str(MAX_MESSAGE_BYTES),
        "replica.fetch.max.bytes": str(MAX_MESSAGE_BYTES),
        # Replayed alerts are often years old: nothing expires.
        "log.retention.ms": "-1",
        "num.partitions": "4",
        "auto.create.topics.enable": "true",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # There is usually one consumer, which need not wait for others to join its group.
        "group.initial.rebalance.delay.ms": "0",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    }
    return settings | dict(changes)


def write_properties(path: Path, settings: Mapping[str, str]) -> None:
    """Write ``settings`` in Java's properties format; only the owner can read the passwords."""
    path.touch(mode=0o600)
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
