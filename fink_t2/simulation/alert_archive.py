"""A folder of simulated ZTF packets of all classes, with the truth beside them."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from fink_t2.errors import FinkT2Error
from fink_t2.science.classes import CLASSES
from fink_t2.science.photometry import JULIAN_DATE_OF_MJD_ZERO
from fink_t2.simulation.alert_histories import AlertHistories, alert_histories
from fink_t2.simulation.alert_packets import alert_packets, packet_bytes
from fink_t2.simulation.objects import SimulatedObjects
from fink_t2.simulation.simulate import simulate_objects

#: The alerts of `draw_alerts` are of this many nights, the last one of this MJD (2026-09-01).
NIGHTS = 10
LAST_NIGHT = 61284.0

#: More detections than an object has in these nights.
MANY_ALERTS = 400


def draw_alerts(
    n: int, seed: int = 0, alerts_per_object: int = 4, workers: int | None = None
) -> tuple[SimulatedObjects, AlertHistories]:
    """Simulate n ZTF alerts of a few nights, evenly over the 14 classes, several per object.

    Parameters
    ----------
    n : int
    seed : int
    alerts_per_object : int
        At most so many alerts of one object; objects with fewer detections have fewer.
    workers : int, optional
        Processes; all cores by default.

    Returns
    -------
    SimulatedObjects, AlertHistories
        The alerts in the order in which the survey would send them.

    Raises
    ------
    FinkT2Error
        If the nights do not hold enough alerts of some class.
    """
    # Twice as many objects as alerts of each class: not every one is seen in these nights.
    share = -(-2 * n // len(CLASSES))
    objects = _same_nights(simulate_objects(share * len(CLASSES), "ztf", seed, workers=workers))
    alerts = alert_histories(objects, MANY_ALERTS, seed=seed)
    alert_mjd = alerts.cjd[alerts.starts[1:] - 1] - JULIAN_DATE_OF_MJD_ZERO
    in_time = (alert_mjd > LAST_NIGHT - NIGHTS) & (alert_mjd < LAST_NIGHT + 1)
    wanted = {name: n // len(CLASSES) + (i < n % len(CLASSES)) for i, name in enumerate(CLASSES)}
    of_object: Counter[int] = Counter()
    chosen = []
    for i in np.flatnonzero(in_time):
        name, position = str(alerts.class_name[i]), int(alerts.object[i])
        if wanted.get(name, 0) > 0 and of_object[position] < alerts_per_object:
            wanted[name] -= 1
            of_object[position] += 1
            chosen.append(i)
    missing = +Counter(wanted)
    if missing:
        # so few alerts per object, or so few objects, that these nights do not hold enough
        raise FinkT2Error(
            f"{missing.total()} of {n} alerts are missing ({', '.join(missing)}); "
            "take more alerts, more of each object, or another seed"
        )
    picked = np.array(chosen)
    return objects, alerts.take(picked[np.argsort(alerts.candid[picked], kind="stable")])


def _same_nights(objects: SimulatedObjects) -> SimulatedObjects:
    """Move each object in time, by whole days, so that all are seen in the same few nights.

    A broker gets the alerts of one night, then those of the next, not of one object after the
    other over years.
    """
    mjd = objects.mjd.copy()
    for position in range(len(objects)):
        own = slice(objects.starts[position], objects.starts[position + 1])
        seen = mjd[own][objects.detected[own]]
        # Which detection is the last one differs from object to object, young or old.
        anchor = seen[position % len(seen)]
        mjd[own] += LAST_NIGHT - np.floor(anchor)
    return replace(objects, mjd=mjd)


def write_alerts(
    folder: Path,
    n: int,
    seed: int = 0,
    alerts_per_object: int = 4,
    workers: int | None = None,
    progress: bool = False,
) -> int:
    """Write simulated alerts: one file ``<candid>.avro`` each, and ``truth.csv``.

    Parameters
    ----------
    folder : Path
        Made if it is not there; files of the same name are replaced.
    n, seed, alerts_per_object, workers
        See `draw_alerts`.
    progress : bool
        Show a progress bar.

    Returns
    -------
    int
        Bytes written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    objects, alerts = draw_alerts(n, seed, alerts_per_object, workers)
    total = 0
    packets = alert_packets(objects, alerts)
    with (folder / "truth.csv").open("w", newline="") as stream:
        truth = csv.writer(stream, lineterminator="\n")
        truth.writerow(["objectId", "candid", "class"])
        names = alerts.class_name.tolist()
        bar = tqdm(names, desc="writing alerts", unit="alert", disable=not progress)
        for name, packet in zip(bar, packets, strict=True):
            content = packet_bytes(packet)
            (folder / f"{packet['candid']}.avro").write_bytes(content)
            truth.writerow([packet["objectId"], packet["candid"], name])
            total += len(content)
    return total
