"""A folder of simulated ZTF packets of all classes, and a table of their true classes."""

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

#: Number of nights of the alerts of `draw_alerts`, and MJD of the last one (2026-09-01).
NIGHTS = 10
LAST_NIGHT = 61284.0

#: A number of alerts per object that none exceeds in these nights.
MANY_ALERTS = 400


def draw_alerts(
    n: int, seed: int = 0, alerts_per_object: int = 4, workers: int | None = None
) -> tuple[SimulatedObjects, AlertHistories]:
    """Simulate ZTF alerts of a few nights, with equal numbers of all 14 classes.

    Parameters
    ----------
    n : int
        Number of alerts.
    seed : int
        Seed of the random numbers.
    alerts_per_object : int
        Largest number of alerts of one object.
    workers : int, optional
        Number of processes; by default the number of cores.

    Returns
    -------
    SimulatedObjects, AlertHistories
        The objects, and the alerts in the order in which the survey would send them.

    Raises
    ------
    FinkT2Error
        If there are not enough alerts of some class in these nights.
    """
    # Twice as many objects as alerts, because not every object is detected in these nights.
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
        raise FinkT2Error(
            f"{missing.total()} of {n} alerts are missing ({', '.join(missing)}); "
            "use more alerts, more alerts per object, or another seed"
        )
    picked = np.array(chosen)
    return objects, alerts.take(picked[np.argsort(alerts.candid[picked], kind="stable")])


def _same_nights(objects: SimulatedObjects) -> SimulatedObjects:
    """Shift each object by whole days, so that all are detected in the same few nights.

    A broker receives the alerts of one night after the other, with many objects in each.
    """
    mjd = objects.mjd.copy()
    for position in range(len(objects)):
        own = slice(objects.starts[position], objects.starts[position + 1])
        seen = mjd[own][objects.detected[own]]
        # The last night has an early detection of some objects and a late one of others.
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
    """Write simulated alerts as files ``<candid>.avro``, and their classes as ``truth.csv``.

    Parameters
    ----------
    folder : Path
        Folder of the files. It is created if necessary, and files of the same name are replaced.
    n, seed, alerts_per_object, workers
        See `draw_alerts`.
    progress : bool
        Whether to show a progress bar, if standard error is a terminal.

    Returns
    -------
    int
        Number of bytes written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    objects, alerts = draw_alerts(n, seed, alerts_per_object, workers)
    total = 0
    packets = alert_packets(objects, alerts)
    with (folder / "truth.csv").open("w", newline="") as stream:
        truth = csv.writer(stream, lineterminator="\n")
        truth.writerow(["objectId", "candid", "class"])
        names = alerts.class_name.tolist()
        bar = tqdm(names, desc="writing alerts", unit="alert", disable=None if progress else True)
        for name, packet in zip(bar, packets, strict=True):
            content = packet_bytes(packet)
            (folder / f"{packet['candid']}.avro").write_bytes(content)
            truth.writerow([packet["objectId"], packet["candid"], name])
            total += len(content)
    return total
