"""Messages that can be followed through the job: small ZTF alerts with consecutive candids."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from fink_t2.alerts.frames import container_prefix, single_container
from fink_t2.chaos.small_alerts import SMALL_SCHEMA, datum, small_alert

PREFIX: Final = container_prefix(json.dumps(SMALL_SCHEMA))
#: One in this number of messages cannot be read.
BROKEN_ONE_IN: Final = 20
#: One in this number of alerts has a history too short to be classified.
SHORT_ONE_IN: Final = 7
FIRST_NIGHT: Final = 2460000.5
NIGHTS: Final = 3


def messages(first: int, count: int) -> Iterator[tuple[bytes, bool]]:
    """Yield ``count`` messages from number ``first`` on, each with whether it can be read."""
    for number in range(first, first + count):
        if number % BROKEN_ONE_IN == BROKEN_ONE_IN - 1:
            yield b"no alert " + str(number).encode(), False
        else:
            yield single_container(PREFIX, datum(alert(number))), True


def alert(number: int) -> dict[str, Any]:
    """Return an alert with a rising light curve; ``number`` is its candid."""
    points = 1 if number % SHORT_ONE_IN == 0 else 8
    now = FIRST_NIGHT + number % NIGHTS + 0.3
    newest, *history = [
        {
            "jd": now - k,
            "fid": 1 + k % 2,
            "magpsf": 18.0 + 0.1 * k + 0.001 * (number % 100),
            "sigmapsf": 0.05,
            "isdiffpos": "t",
        }
        for k in range(points)
    ]
    return small_alert(f"ZTF26chaos{number % 500}", number, newest, history)
