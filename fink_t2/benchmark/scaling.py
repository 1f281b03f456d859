"""The cost of an alert as a function of its history, and the throughput of several cores."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from fink_t2.benchmark.george_fit import reference_interpolate
from fink_t2.benchmark.stopwatch import Stopwatch
from fink_t2.classifier import load_classifier
from fink_t2.science.gaussian_process import interpolate
from fink_t2.science.light_curves import LightCurves, from_fluxes
from fink_t2.science.model_store import ModelReference
from fink_t2.surveys import passbands_of

HISTORIES: Final = (2, 5, 10, 20, 40, 80, 160, 320, 640, 1000)

#: Longest history that george fits; longer ones take seconds for one fit.
LONGEST_REFERENCE: Final = 320

#: Alerts per batch of one history; fewer alerts of short histories are too fast to be timed.
BATCH_ALERTS: Final = 16


def synthetic_light_curves(survey: str, n_curves: int, n_points: int, seed: int) -> LightCurves:
    """Make supernova-like light curves with a set number of points in all passbands.

    Parameters
    ----------
    survey : str
        "ztf" or "lsst".
    n_curves, n_points : int
        Number of light curves, and of points in each, at least 2.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    LightCurves
        Light curves that rise and fall within 60 days; with more than 60 points they last one
        day per point, as histories grow while a survey goes on.
    """
    random = np.random.default_rng(seed)
    passbands = passbands_of(survey)
    span = max(60.0, float(n_points))
    time_of = np.sort(random.uniform(0.0, span, (n_curves, n_points)), axis=1)
    passband = (np.arange(n_points) + random.integers(len(passbands), size=(n_curves, 1))) % len(
        passbands
    )
    phase = (time_of - 20.0) / np.where(time_of < 20.0, 6.0, 20.0)
    colour = 1.0 - 0.1 * passband
    flux = 2000.0 * colour * np.exp(-0.5 * phase**2)
    error = np.full_like(flux, 40.0)
    return from_fluxes(
        passbands,
        np.arange(n_curves + 1) * n_points,
        59000.0 + time_of.ravel(),
        passband.ravel(),
        (flux + error * random.normal(size=flux.shape)).ravel(),
        error.ravel(),
    )


def run_histories(
    model: ModelReference, *, seconds: float = 30.0, seed: int = 0
) -> list[dict[str, Any]]:
    """Time the Gaussian process and the whole classifier at growing histories.

    Parameters
    ----------
    model : ModelReference
        The classifier's model; its survey gives the passbands.
    seconds : float
        Approximate duration of the measurement.
    seed : int
        Seed of the light curves.

    Returns
    -------
    list of dict
        One per length of history: ``"points"``, ``"gp"``, ``"classifier"``, and up to
        `LONGEST_REFERENCE` points ``"reference_gp"`` and ``"ratio"``.
    """
    classifier = load_classifier(model)
    wavelengths = passbands_of(model.survey).wavelength_array()
    batches = {
        n: synthetic_light_curves(model.survey, BATCH_ALERTS, n, seed + n) for n in HISTORIES
    }
    watches = {n: Stopwatch() for n in HISTORIES}
    rounds = 0
    end = time.monotonic() + seconds
    with tqdm(total=round(seconds), desc="histories", unit="s", disable=None) as progress:
        while rounds < 4 or time.monotonic() < end:
            for n, curves in batches.items():
                watch = watches[n] if rounds else Stopwatch()
                # george fits one of the curves, another one in every round.
                one = curves.select([rounds % BATCH_ALERTS])
                if n <= LONGEST_REFERENCE:
                    with watch.measure("reference", 1):
                        reference_interpolate(
                            one.time, one.flux, one.flux_error, one.passband, wavelengths
                        )
                with watch.measure("gp", BATCH_ALERTS):
                    interpolate(
                        curves.starts,
                        curves.time,
                        curves.flux,
                        curves.flux_error,
                        curves.passband,
                        wavelengths,
                        model.grid_length,
                    )
                with watch.measure("classifier", BATCH_ALERTS):
                    classifier.probabilities(curves)
            rounds += 1
            progress.n = min(round(seconds), round(seconds - (end - time.monotonic())))
            progress.refresh()
    rows = []
    for n, watch in watches.items():
        row: dict[str, Any] = {
            "points": n,
            "gp": watch.summary("gp"),
            "classifier": watch.summary("classifier"),
        }
        if "reference" in watch.samples:
            row["reference_gp"] = watch.summary("reference")
            row["ratio"] = watch.ratio("reference", "gp")
        rows.append(row)
    return rows


def run_cores(
    model: ModelReference,
    *,
    largest: int = 2,
    n_points: int = 14,
    rounds: int = 4,
    seconds: float = 3.0,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Classify in 1, 2, ... processes at a time, taking turns.

    Parameters
    ----------
    model : ModelReference
        The classifier's model.
    largest : int
        Most processes at a time.
    n_points : int
        Points per light curve.
    rounds : int
        Number of turns of each number of processes.
    seconds : float
        Duration of a turn.
    seed : int
        Seed of the light curves.

    Returns
    -------
    list of dict
        One per number of processes: ``"cores"``, alerts per second in all
        (``"alerts_per_second"``: median, with ``"p10"`` and ``"p90"`` over the turns) and
        ``"over_one_core"``: median over the rounds of the ratio to one process.
    """
    context = multiprocessing.get_context("spawn")
    workers = []
    for number in range(largest):
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_classify_on_request, args=(theirs, model, n_points, seed + number), daemon=True
        )
        process.start()
        workers.append((process, ours))
    try:
        for _, connection in workers:
            connection.recv()  # ready
        turns = np.empty((rounds, largest))
        with tqdm(total=rounds * largest, desc="cores", unit="turn", disable=None) as progress:
            for turn in range(rounds):
                for cores in range(1, largest + 1):
                    active = [connection for _, connection in workers[:cores]]
                    for connection in active:
                        connection.send(seconds)
                    turns[turn, cores - 1] = sum(connection.recv() for connection in active)
                    progress.update()
    finally:
        for process, connection in workers:
            connection.close()
            process.join(10)
    rows = []
    for cores in range(1, largest + 1):
        low, median, high = np.percentile(turns[:, cores - 1], [10, 50, 90])
        rows.append(
            {
                "cores": cores,
                "alerts_per_second": float(median),
                "p10": float(low),
                "p90": float(high),
                "over_one_core": float(np.median(turns[:, cores - 1] / turns[:, 0])),
            }
        )
    return rows


def _classify_on_request(
    connection: Connection, model: ModelReference, n_points: int, seed: int
) -> None:
    """Classify for the requested seconds, and return alerts/s; end when the pipe is closed."""
    classifier = load_classifier(model)
    curves = synthetic_light_curves(model.survey, 256, n_points, seed)
    classifier.classify(curves)
    connection.send("ready")
    while True:
        try:
            seconds = connection.recv()
        except EOFError:
            return
        n_alerts = 0
        begin = time.perf_counter()
        while time.perf_counter() < begin + seconds:
            classifier.classify(curves)
            n_alerts += len(curves)
        connection.send(n_alerts / (time.perf_counter() - begin))
