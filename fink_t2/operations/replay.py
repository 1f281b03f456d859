"""Publish archived alerts to a Kafka topic, at a set rate or in the rhythm of their times."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tqdm import tqdm

from fink_t2.errors import AlertError, FinkT2Error
from fink_t2.files.archive import archived_alerts, refuse
from fink_t2.files.members import OnBroken
from fink_t2.files.packet_spool import PacketSpool
from fink_t2.kafka.publisher import Publisher

SECONDS_PER_DAY: Final = 86400.0


class ReplayError(FinkT2Error):
    """The rate, the speed-up or the number of repeats of a replay is not valid."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """The outcome of a replay.

    Parameters
    ----------
    published : int
        Alerts handed to the producer.
    delivered : int
        Alerts that a broker has confirmed.
    delivered_bytes : int
        Total size of their packets before compression.
    seconds : float
        Time from the first alert to the last confirmation.
    errors : Counter
        Number of alerts not delivered, by Kafka's reason.
    broken : sequence of str
        What could not be read and was left out, with the reason.
    topic_growth : int or None
        Growth of the topic in messages, counted by offsets after the last confirmation; None if
        no broker answered.
    """

    published: int
    delivered: int
    delivered_bytes: int
    seconds: float
    errors: Counter[str]
    broken: Sequence[str]
    topic_growth: int | None

    @property
    def lost(self) -> int:
        """Number of alerts that a broker has confirmed and the topic does not hold."""
        return max(self.delivered - (self.topic_growth or 0), 0)

    @property
    def failed(self) -> int:
        """Number of alerts that were published, but not delivered."""
        return self.published - self.delivered

    @property
    def rate(self) -> float:
        """Delivered alerts per second."""
        return self.delivered / self.seconds

    def summary(self) -> str:
        """Return counts, bytes and rates in one line."""
        megabytes, growth = self.delivered_bytes / 1e6, self.topic_growth
        return (
            f"{self.delivered} alerts delivered, {self.failed} not delivered,"
            f" {len(self.broken)} unreadable; {megabytes:.1f} MB in {self.seconds:.1f} s:"
            f" {self.rate:.1f} alerts/s, {megabytes / self.seconds:.1f} MB/s; the topic"
            f" {'cannot be counted' if growth is None else f'has grown by {growth} messages'}"
        )


def replay(
    path: Path,
    topic: str,
    bootstrap_servers: str,
    *,
    rate: float | None = None,
    speedup: float | None = None,
    repeat: int = 1,
    producer_config: Mapping[str, str] | None = None,
    on_broken: OnBroken = refuse,
    progress: bool = False,
) -> ReplayReport:
    """Publish the alerts of an archive, their bytes unchanged, keyed by object.

    The whole archive is read and checked before the first alert is published, so that reading
    does not disturb the pace.

    Parameters
    ----------
    path : Path
        Archived alerts, see `fink_t2.files.archive.archived_packets`.
    topic : str
        Topic to publish to.
    bootstrap_servers : str
        Addresses of the brokers, ``host:port`` separated by commas.
    rate : float, optional
        Alerts per second. Without ``rate`` and ``speedup``, the alerts are published as fast as
        the brokers take them.
    speedup : float, optional
        Publish in the order of the alerts' times, this many times faster than they were taken.
    repeat : int
        Number of times that the whole archive is published.
    producer_config : mapping, optional
        librdkafka settings to add or replace, for instance for SASL and TLS.
    on_broken : callable
        Called with an `AlertError` for what cannot be read, which is left out if the call
        returns.
    progress : bool
        Whether to show progress bars, if standard error is a terminal.

    Raises
    ------
    ReplayError
        If rate, speed-up or repeats are not above zero.
    KafkaError
        If no broker answers, or the producer fails.
    AlertError
        If the archive holds no alerts; by default, for the first unreadable one.
    """
    _check(rate, speedup, repeat)
    publisher = Publisher(topic, bootstrap_servers, producer_config)
    broken: list[str] = []

    def leave_out(error: AlertError) -> None:
        on_broken(error)
        broken.append(str(error))

    with PacketSpool() as spool:
        alerts = archived_alerts(path, leave_out)
        for alert in tqdm(
            alerts, desc="reading", unit=" alerts", disable=None if progress else True
        ):
            if speedup and alert.jd is None:
                leave_out(
                    AlertError(f"{alert.name} has no time of observation, which --speedup needs")
                )
            else:
                spool.add(alert)
        if not spool.packets:
            raise AlertError(f"{path} holds no alert that can be published")
        if speedup:
            spool.sort_by_time()
            due = in_their_rhythm([packet.jd or 0.0 for packet in spool.packets], speedup)
        else:
            due = steadily(rate)

        total = repeat * len(spool.packets)
        with tqdm(
            total=total, desc="publishing", unit=" alerts", disable=None if progress else True
        ) as bar:
            start = time.perf_counter()
            for _ in range(repeat):
                for spooled, packet in spool.read():
                    publisher.publish(packet, spooled.object_id, start + next(due))
                    bar.update()
            grown = publisher.finish()
            seconds = time.perf_counter() - start
    return ReplayReport(
        publisher.published,
        publisher.delivered,
        publisher.delivered_bytes,
        seconds,
        publisher.errors,
        broken,
        grown,
    )


def steadily(rate: float | None) -> Iterator[float]:
    """Yield the time at which each alert is due, in seconds from the start.

    Parameters
    ----------
    rate : float or None
        Alerts per second; without it, every alert is due at once.
    """
    for number in itertools.count():
        yield number / rate if rate else 0.0


def in_their_rhythm(times: Sequence[float], speedup: float) -> Iterator[float]:
    """Yield the time at which each alert is due, in seconds from the start.

    Parameters
    ----------
    times : sequence of float
        Times of the alerts (JD), ascending; the last is followed at once by the first again.
    speedup : float
        Ratio of the pace to that of the times.
    """
    duration = (times[-1] - times[0]) * SECONDS_PER_DAY / speedup
    for repeat in itertools.count():
        for jd in times:
            yield repeat * duration + (jd - times[0]) * SECONDS_PER_DAY / speedup


def _check(rate: float | None, speedup: float | None, repeat: int) -> None:
    if rate is not None and speedup is not None:
        raise ReplayError("a replay can have a rate or a speed-up, not both")
    for name, value in (("rate", rate), ("speed-up", speedup), ("number of repeats", repeat)):
        if value is not None and not value > 0:
            raise ReplayError(f"the {name} must be above zero, not {value}")
