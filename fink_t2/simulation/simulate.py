"""Simulate labelled light curves of all classes, reproducibly and on several cores."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from tqdm import tqdm

from fink_t2.errors import FinkT2Error
from fink_t2.science.classes import CLASSES
from fink_t2.simulation.arrays import Array, Indices, Parameters
from fink_t2.simulation.cadence import lsst_epochs, ztf_epochs
from fink_t2.simulation.magnitudes import flux_of
from fink_t2.simulation.models.registry import FAMILIES
from fink_t2.simulation.models.source import Source, Visits
from fink_t2.simulation.objects import SimulatedObjects, concatenate
from fink_t2.simulation.photometry_noise import (
    background_error,
    draw_limiting_magnitude,
    flux_error,
    is_detected,
    local_background,
    measure,
)
from fink_t2.surveys import passbands_of

#: Number of objects that are drawn from one random stream. Another number would change the
#: objects that belong to a seed.
BLOCK = 256
#: First and last date of the simulated surveys, MJD.
SURVEY_SPAN = {"ztf": (58200.0, 60800.0), "lsst": (60980.0, 64600.0)}
#: Days before the first and after the last detection in which visits are kept.
MARGIN = 32.0, 5.0
FEWEST_DETECTIONS = 2
#: Share of objects with occasional artefacts of the image subtraction.
STRAY_SHARE = 0.08
_MOST_ROUNDS = 200


def simulate_objects(
    n: int,
    survey: str = "ztf",
    seed: int = 0,
    class_fractions: Mapping[str, float] | str = "flat",
    workers: int | None = None,
    progress: bool = False,
) -> SimulatedObjects:
    """Simulate labelled light curves.

    Parameters
    ----------
    n : int
        Number of objects; each has at least 2 detections.
    survey : str
        Name of the survey, "ztf" or "lsst".
    seed : int
        Seed of the random numbers. The same seed, n, survey and fractions give the same objects
        for any number of workers.
    class_fractions : mapping or "flat"
        Shares of the classes by name, in any unit; other classes are not simulated. "flat" gives
        all 14 classes equal shares. The name "other" denotes variables outside the 14 classes,
        which have the class -1.
    workers : int, optional
        Number of processes; by default the number of cores.
    progress : bool
        Whether to show a progress bar, if standard error is a terminal.

    Returns
    -------
    SimulatedObjects
        The objects in random order of their classes.

    Raises
    ------
    FinkT2Error
        If a class name is unknown, or n or the sum of the fractions is not positive.
    """
    passbands_of(survey)
    counts = _class_counts(n, class_fractions)
    blocks = [
        (survey, seed, name, block, min(BLOCK, count - block * BLOCK))
        for name, count in counts.items()
        for block in range(-(-count // BLOCK))
    ]
    workers = min(workers or len(os.sched_getaffinity(0)), max(1, len(blocks)))
    bar = tqdm(
        total=len(blocks), desc="simulating", unit="block", disable=None if progress else True
    )
    parts = []
    if workers == 1:
        for block in blocks:
            parts.append(_simulate_block(*block))
            bar.update()
    else:
        # All workers are forked from one process that has imported this module.
        context = get_context("forkserver")
        context.set_forkserver_preload([__name__])
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            for part in pool.map(_simulate_block, *zip(*blocks, strict=True)):
                parts.append(part)
                bar.update()
    bar.close()
    together = concatenate(parts)
    order = np.random.default_rng([seed, n, 1]).permutation(len(together))
    return together.take(order)


def _class_counts(n: int, fractions: Mapping[str, float] | str) -> dict[str, int]:
    if isinstance(fractions, str):
        if fractions != "flat":
            raise FinkT2Error(f"class_fractions must be a mapping or 'flat', not {fractions!r}")
        fractions = dict.fromkeys(CLASSES, 1.0)
    unknown = set(fractions) - set(FAMILIES)
    if unknown:
        raise FinkT2Error(
            f"unknown class: {', '.join(sorted(unknown))}; known: {', '.join(FAMILIES)}"
        )
    shares = np.array([fractions.get(name, 0.0) for name in FAMILIES], dtype=np.float64)
    if n < 1 or (shares < 0).any() or shares.sum() <= 0:
        raise FinkT2Error(
            "n and the sum of class_fractions must be positive, and no share negative"
        )
    # Rounding the cumulative sums makes the counts add up to n exactly.
    edges = np.round(np.cumsum(shares) / shares.sum() * n).astype(int)
    return dict(zip(FAMILIES, np.diff(edges, prepend=0).tolist(), strict=True))


def _simulate_block(survey: str, seed: int, name: str, block: int, size: int) -> SimulatedObjects:
    """Simulate one block of one class from its own random stream."""
    position = list(FAMILIES).index(name)
    generator = np.random.default_rng([seed, ("ztf", "lsst").index(survey), position, block])
    families = FAMILIES[name]
    shares = np.array([share for _, share in families])
    counts = generator.multinomial(size, shares / shares.sum())
    parts = []
    for (source, _), wanted in zip(families, counts.tolist(), strict=True):
        missing = wanted
        for _ in range(_MOST_ROUNDS):
            if missing <= 0:
                break
            part = _simulate_family(generator, source, survey, missing)
            keep = np.flatnonzero(_detections(part) >= FEWEST_DETECTIONS)
            missing -= len(keep)
            parts.append(part.take(keep))
        else:
            raise RuntimeError(f"{survey} detects too few objects of type {source.name}")
    together = concatenate(parts)
    number = CLASSES.index(name) if name in CLASSES else -1
    together.object_class[:] = number
    together.object_id[:] = [f"{survey}-{seed}-{position}-{block}-{i}" for i in range(size)]
    return together


def _detections(objects: SimulatedObjects) -> Indices:
    total = np.concatenate([[0], np.cumsum(objects.detected)])
    return total[objects.starts[1:]] - total[objects.starts[:-1]]


def _simulate_family(
    generator: np.random.Generator, source: Source, survey: str, size: int
) -> SimulatedObjects:
    passbands = passbands_of(survey)
    parameters = source.draw(generator, size, passbands)
    early, late = SURVEY_SPAN[survey]
    zero = generator.uniform(early, late, size)
    # The field can be observed in a season of some months around its transit at midnight.
    first, last = zero + parameters["start"], zero + parameters["end"]
    middle = generator.uniform(zero - 90.0, zero + 90.0)
    half = generator.uniform(75.0, 130.0, size)
    first, last = np.maximum(first, middle - half), np.minimum(last, middle + half)
    epochs = (ztf_epochs if survey == "ztf" else lsst_epochs)(generator, first, last)

    owner = np.repeat(np.arange(size), np.diff(epochs.starts))
    visits = Visits(owner, epochs.mjd - zero[owner], epochs.band, passbands)
    true_flux = source.flux(generator, parameters, visits)
    limit = draw_limiting_magnitude(generator, epochs.mjd, epochs.band, passbands)
    background = background_error(limit)
    magnitude = parameters.get("reference_magnitude", np.full(size, np.nan))
    star = np.nan_to_num(flux_of(magnitude))[owner]
    background = local_background(background, star, passbands)
    error = flux_error(generator, true_flux, background, owner, passbands)
    flux = measure(generator, true_flux, error, passbands)
    flux = _with_strays(generator, flux, background, epochs.starts)
    detected = is_detected(generator, flux, background, owner, epochs.band, passbands)
    photoz, photoz_error = _photometric_redshift(generator, parameters)
    everything = SimulatedObjects(
        survey=survey,
        object_id=np.full(size, "", dtype="U32"),
        object_class=np.full(size, -1, dtype=np.int8),
        subtype=np.full(size, source.name, dtype="U24"),
        starts=epochs.starts.astype(np.int64),
        mjd=epochs.mjd,
        passband=epochs.band,
        flux=flux,
        flux_error=error,
        detected=detected,
        limiting_magnitude=limit,
        redshift=parameters["redshift"],
        photoz=photoz,
        photoz_error=photoz_error,
        reference_magnitude=magnitude,
    )
    return _around_detections(everything)


def _with_strays(
    generator: np.random.Generator, flux: Array, background: Array, starts: Indices
) -> Array:
    """Add artefacts of the image subtraction, of either sign and at any time, to a few objects."""
    size = len(starts) - 1
    rate = np.where(generator.random(size) < STRAY_SHARE, 0.04, 0.0)
    stray = generator.random(len(flux)) < np.repeat(rate, np.diff(starts))
    sign = np.where(generator.random(len(flux)) < 0.7, 1.0, -1.0)
    strength = 5.0 + generator.exponential(3.0, len(flux))
    return flux + np.where(stray, sign * strength * background, 0.0)


def _around_detections(objects: SimulatedObjects) -> SimulatedObjects:
    """Remove visits long before the first or after the last detection."""
    size = len(objects)
    owner = np.repeat(np.arange(size), np.diff(objects.starts))
    first, last = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(first, owner[objects.detected], objects.mjd[objects.detected])
    np.maximum.at(last, owner[objects.detected], objects.mjd[objects.detected])
    before, after = MARGIN
    keep = (objects.mjd > first[owner] - before) & (objects.mjd < last[owner] + after)
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner[keep], minlength=size))])
    points = {
        name: getattr(objects, name)[keep]
        for name in ("mjd", "passband", "flux", "flux_error", "detected", "limiting_magnitude")
    }
    others = {
        name: getattr(objects, name)
        for name in (
            "survey",
            "object_id",
            "object_class",
            "subtype",
            "redshift",
            "photoz",
            "photoz_error",
            "reference_magnitude",
        )
    }
    return SimulatedObjects(starts=starts.astype(np.int64), **points, **others)


def _photometric_redshift(
    generator: np.random.Generator, parameters: Parameters
) -> tuple[Array, Array]:
    """Draw photometric redshifts of host galaxies, and their errors.

    The scatter is 0.05 (1 + z) with 8 % of outliers; 8 % of the hosts, the faint ones, have none.
    """
    redshift = parameters["redshift"]
    size = len(redshift)
    error = 0.05 * (1 + redshift) * generator.lognormal(0.0, 0.4, size)
    photoz = np.maximum(redshift + error * generator.standard_normal(size), 0.001)
    outlier = generator.random(size) < 0.08
    photoz = np.where(outlier, generator.gamma(2.0, 0.35, size), photoz)
    error = np.where(outlier, error * generator.uniform(1.0, 6.0, size), error)
    missing = (redshift <= 0) | (generator.random(size) < 0.08)
    return np.where(missing, np.nan, photoz), np.where(missing, np.nan, error)
