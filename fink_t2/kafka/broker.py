"""Start, observe and stop a single-node Apache Kafka."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from fink_t2.errors import FinkT2Error
from fink_t2.install.java import find_java
from fink_t2.install.jvm_packages import jars
from fink_t2.install.state_folder import state_folder
from fink_t2.kafka.settings import LOG4J, server_properties, write_properties

HOST = "127.0.0.1"
START_SECONDS = 180.0
STOP_SECONDS = 30.0
JVM_OPTIONS = ("-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")


class KafkaError(FinkT2Error):
    """The local broker cannot be started, reached or stopped."""


class LocalKafka:
    """One Kafka broker and controller (KRaft) in one process on the loopback interface.

    As a context manager it starts the broker on entry and stops it on exit; the data are kept.
    Other processes that name the same folder see the same broker, and can stop it.

    Parameters
    ----------
    folder : Path, optional
        Folder of data, settings, log and process id; default ``.fink_t2/kafka`` in the checkout.
    port : int
        Port on which clients connect; 0 takes a free port at each start.
    properties : mapping, optional
        Broker settings to add or replace, by Kafka's names.
    client_config : mapping, optional
        librdkafka settings that clients need to reach the broker, if it requires SASL or TLS.
    format_arguments : sequence of str
        Further arguments of Kafka's storage tool, which makes the data folder, for instance
        ``["--add-scram", "SCRAM-SHA-512=[name=fink,password=...]"]``.
    """

    def __init__(
        self,
        folder: Path | None = None,
        port: int = 0,
        *,
        properties: Mapping[str, str] | None = None,
        client_config: Mapping[str, str] | None = None,
        format_arguments: Sequence[str] = (),
    ) -> None:
        self.folder = (folder or state_folder() / "kafka").absolute()
        self.chosen_port = port
        self.properties = dict(properties or {})
        self.client_config = dict(client_config or {})
        self.format_arguments = list(format_arguments)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """The broker's log file."""
        return self.folder / "kafka.log"

    @property
    def port(self) -> int:
        """Port of the running broker, 0 if it does not run."""
        return self._running()[1]

    @property
    def pid(self) -> int | None:
        """Process id of the running broker, None if it does not run."""
        return self._running()[0]

    @property
    def bootstrap_servers(self) -> str:
        """Address for clients, ``host:port``.

        Raises
        ------
        KafkaError
            If the broker does not run.
        """
        port = self.port
        if not port:
            raise KafkaError(f"no Kafka runs in {self.folder}: start it with 'fink-t2 kafka start'")
        return f"{HOST}:{port}"

    def admin(self) -> AdminClient:
        """Return a new administration client of the running broker."""
        config: dict[str, str | int | float | bool] = {
            "bootstrap.servers": self.bootstrap_servers,
            "log_level": 2,  # connections are refused while the broker starts
            **self.client_config,
        }
        return AdminClient(config)

    def topics(self) -> dict[str, int]:
        """Return the number of partitions of every topic, without Kafka's own topics."""
        try:
            topics = self.admin().list_topics(timeout=10).topics
        except KafkaException as error:
            raise KafkaError(f"the broker in {self.folder} does not answer: {error}") from error
        return {
            name: len(topic.partitions)
            for name, topic in sorted(topics.items())
            if not name.startswith("__")
        }

    def create_topic(self, name: str, partitions: int = 4) -> None:
        """Create a topic.

        Raises
        ------
        KafkaError
            If it exists already or cannot be created.
        """
        admin = self.admin()  # the request would be cancelled with its client
        try:
            admin.create_topics([NewTopic(name, partitions, 1)])[name].result(timeout=30)
        except KafkaException as error:
            raise KafkaError(f"topic {name} could not be created: {error}") from error

    def start(self) -> None:
        """Start the broker, and return once it answers a client.

        Raises
        ------
        KafkaError
            If it runs already, the port is taken, or the broker does not answer; the message
            names the log.
        """
        if self.pid:
            raise KafkaError(f"Kafka runs already in {self.folder}, at {self.bootstrap_servers}")
        port, controller_port = free_ports(2)
        port = self.chosen_port or port
        if not is_free(port):
            raise KafkaError(f"port {port} is taken: choose another, or 0 for any free one")
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "server.properties"
        data = self.folder / "data"
        write_properties(settings, server_properties(data, port, controller_port, self.properties))
        (self.folder / "log4j2.xml").write_text(LOG4J.format(log=self.log, level="info"))
        if not (data / "meta.properties").exists():
            self._format(settings)
        with (self.folder / "kafka.out").open("wb") as out:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(settings)),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C shall not reach the broker; stop() ends it
            )
        self._pid_file.write_text(f"{self._process.pid} {port}\n")
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> bool:
        """Stop the broker, by SIGKILL if it does not stop in time; return whether one ran."""
        pid = self.pid
        if pid:
            os.kill(pid, signal.SIGTERM)
            if not self._wait_until_gone(pid, STOP_SECONDS):
                os.kill(pid, signal.SIGKILL)
                self._wait_until_gone(pid, STOP_SECONDS)
        self._process = None
        self._pid_file.unlink(missing_ok=True)
        return pid is not None

    def __enter__(self) -> LocalKafka:
        self.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _pid_file(self) -> Path:
        return self.folder / "kafka.pid"

    def _running(self) -> tuple[int | None, int]:
        """Return process id and port from the pid file, if that process is this broker."""
        try:
            pid, port = map(int, self._pid_file.read_text().split())
        except (OSError, ValueError):
            return None, 0
        if self._process is not None and self._process.pid == pid:
            return (pid, port) if self._process.poll() is None else (None, 0)
        return (pid, port) if self._mark in command_line(pid) else (None, 0)

    @property
    def _mark(self) -> str:
        """Argument by which the broker differs from a later process with the same id."""
        return f"-Dfink_t2.kafka={self.folder}"

    def _java(self, main: str, *arguments: str) -> list[str]:
        log4j = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.xml'}"
        class_path = os.pathsep.join(map(str, jars("kafka")))
        options = [*JVM_OPTIONS, self._mark, log4j]
        return [str(find_java()), *options, "-cp", class_path, main, *arguments]

    def _format(self, settings: Path) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = self._java("kafka.tools.StorageTool", "format", "--config", str(settings))
        tool += [f"--cluster-id={cluster}", *self.format_arguments]
        ran = subprocess.run(tool, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise KafkaError(
                f"Kafka's data folder could not be made: {ran.stdout}{ran.stderr}".strip()
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        port = self.port
        while is_free(port) and self.pid and time.monotonic() < deadline:
            time.sleep(0.1)
        while self.pid and time.monotonic() < deadline:
            try:
                if self.admin().list_topics(timeout=2).brokers:
                    return
            except KafkaException:
                time.sleep(0.1)
        state = "does not answer" if self.pid else "has ended"
        raise KafkaError(f"the Kafka broker {state} after its start; see {self.log}")

    def _wait_until_gone(self, pid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.pid != pid:
                return True
            time.sleep(0.05)
        return False


def free_ports(count: int) -> list[int]:
    """Return different TCP ports of the loopback interface on which nothing listens now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def is_free(port: int) -> bool:
    """Return whether nothing listens on ``port`` of the loopback interface."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) != 0


def command_line(pid: int) -> str:
    """Return the command line of a process, "" if it has ended or is not this user's."""
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""
