"""Cut simulated objects into alerts: one detection, and what the survey saw before it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fink_t2.science.photometry import (
    FLUXCAL_PER_UNIT,
    JULIAN_DATE_OF_MJD_ZERO,
    MAGNITUDE_TO_RELATIVE_FLUX,
)
from fink_t2.simulation.arrays import Array, Indices
from fink_t2.simulation.identifiers import candidate_id, object_names
from fink_t2.simulation.magnitudes import magnitude_of
from fink_t2.simulation.objects import SimulatedObjects

#: Days in which the weight of an early alert falls by e.
YOUTH_DAYS = 4.5

#: Classes whose objects vary all the time, so that the survey detected them long ago.
PERSISTENT = ("AGN", "EB", "Mira", "RRL", "M-dwarf", "other")


@dataclass(frozen=True)
class AlertHistories:
    """N alerts with the histories that their packets carry, H entries in all.

    Attributes
    ----------
    survey : str
    object : ndarray of int64, shape (N,)
        Position in the `SimulatedObjects` that the alerts were cut from.
    objectId : ndarray of str, shape (N,)
    candid : ndarray of int64, shape (N,)
        Different for every alert.
    channel : ndarray of int64, shape (N,)
        The camera's readout channel, 0 to 63, that the object falls on.
    jdstarthist : ndarray, shape (N,)
        JD of the object's first detection by the survey; for what varies all the time it lies
        years before the history.
    class_name : ndarray of str, shape (N,)
    starts : ndarray of int64, shape (N + 1,)
        Entries of alert i are ``starts[i]:starts[i + 1]``: oldest first, the last is the alert.
    ccandid : ndarray of int64, shape (H,)
        Candid of each detection, the same in all alerts of the object; 0 for a non-detection.
    cjd : ndarray of float64, shape (H,)
        JD (UTC) of the visit.
    cfid : ndarray of int8, shape (H,)
        1 g, 2 r for ZTF; for LSST the index of the passband plus 1.
    cmagpsf, csigmapsf : ndarray of float32, shape (H,)
        Magnitude of the absolute difference flux, and its error; NaN for a non-detection.
    cisdiffpos : ndarray of bool, shape (H,)
        Whether the source was brighter than in the reference; True for a non-detection.
    cdiffmaglim : ndarray of float32, shape (H,)
        5-sigma limiting magnitude.
    cflux, cflux_error : ndarray of float64, shape (H,)
        Difference flux in FLUXCAL at every visit, as forced photometry measures it.
    """

    survey: str
    object: Indices
    objectId: npt.NDArray[np.str_]
    candid: Indices
    channel: Indices
    jdstarthist: Array
    class_name: npt.NDArray[np.str_]
    starts: Indices
    ccandid: Indices
    cjd: Array
    cfid: npt.NDArray[np.int8]
    cmagpsf: npt.NDArray[np.float32]
    csigmapsf: npt.NDArray[np.float32]
    cisdiffpos: npt.NDArray[np.bool_]
    cdiffmaglim: npt.NDArray[np.float32]
    cflux: Array
    cflux_error: Array

    def __len__(self) -> int:
        return len(self.candid)

    def take(self, order: Indices) -> AlertHistories:
        """Return the chosen alerts, in the given order."""
        counts = np.diff(self.starts)[order]
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        entries = np.arange(starts[-1]) + np.repeat(self.starts[order] - starts[:-1], counts)
        columns = {
            field.name: getattr(self, field.name)[entries if field.name in _ENTRIES else order]
            for field in fields(self)
            if field.name not in ("survey", "starts")
        }
        return AlertHistories(survey=self.survey, starts=starts, **columns)

    def table(self) -> pa.Table:
        """Return one row per alert: scalars, and list columns of the history."""
        offsets = pa.array(self.starts.astype(np.int32))

        def lists(values: npt.NDArray[np.generic]) -> pa.ListArray:
            return pa.ListArray.from_arrays(offsets, pa.array(values))

        columns = {
            "objectId": pa.array(self.objectId),
            "candid": pa.array(self.candid),
            "jd": pa.array(self.cjd[self.starts[1:] - 1]),
            "jdstarthist": pa.array(self.jdstarthist),
            "class": pa.array(self.class_name),
        }
        if self.survey == "ztf":
            columns |= {
                "cjd": lists(self.cjd),
                "cfid": lists(self.cfid),
                "cmagpsf": lists(self.cmagpsf),
                "csigmapsf": lists(self.csigmapsf),
                "cisdiffpos": lists(self.cisdiffpos),
                "cdiffmaglim": lists(self.cdiffmaglim),
            }
        else:
            columns |= {
                "mjd": lists(self.cjd - JULIAN_DATE_OF_MJD_ZERO),
                "band": lists(np.array(list("ugrizy"))[self.cfid - 1]),
                "flux": lists(self.cflux / FLUXCAL_PER_UNIT["nJy"]),
                "flux_err": lists(self.cflux_error / FLUXCAL_PER_UNIT["nJy"]),
                "detected": lists(np.isfinite(self.cmagpsf)),
            }
        return pa.table(columns)


_ENTRIES = (
    "ccandid",
    "cjd",
    "cfid",
    "cmagpsf",
    "csigmapsf",
    "cisdiffpos",
    "cdiffmaglim",
    "cflux",
    "cflux_error",
)


def alert_histories(
    objects: SimulatedObjects,
    alerts_per_object: int = 1,
    window_days: float = 30.0,
    seed: int = 0,
    early_share: float = 0.5,
) -> AlertHistories:
    """Draw alerts of simulated objects: random detections, with the visits before them.

    Parameters
    ----------
    objects : SimulatedObjects
    alerts_per_object : int
        At most so many different detections of each object become alerts.
    window_days : float
        Length of the history (30 days in a ZTF packet).
    seed : int
    early_share : float
        Share of a transient's alerts that are drawn from its first days, with a weight falling
        by e every 4.5 days since its first detection: real alerts that brokers' users ask about
        are mostly so young. The others are drawn from all detections alike.

    Returns
    -------
    AlertHistories
        Alerts of one object follow each other in time.
    """
    generator = np.random.default_rng([seed, len(objects), 2])
    size = len(objects)
    owner = np.repeat(np.arange(size), np.diff(objects.starts))
    at = np.flatnonzero(objects.detected)
    first = np.full(size, np.inf)
    np.minimum.at(first, owner[at], objects.mjd[at])

    # weighted draw without replacement: the largest of u^(1/weight) win
    persistent = np.isin(objects.class_names(), PERSISTENT)
    share = np.where(persistent, 0.0, early_share)[owner[at]]
    youth = np.exp(-np.minimum(objects.mjd[at] - first[owner[at]], 120.0) / YOUTH_DAYS)
    all_of = np.bincount(owner[at], minlength=size)[owner[at]]
    youth_of = np.bincount(owner[at], weights=youth, minlength=size)[owner[at]]
    weight = (1 - share) / all_of + share * youth / youth_of
    key = np.log(generator.random(len(at))) / np.maximum(weight, 1e-12)
    order = np.lexsort((-key, owner[at]))
    ordered_owner = owner[at][order]
    rank = np.arange(len(at)) - np.searchsorted(ordered_owner, ordered_owner)
    chosen = np.sort(at[order[rank < alerts_per_object]])

    # positions of the window's visits, found in one sorted key over all objects
    key = objects.mjd - objects.mjd.min() + owner * 1e5
    begin = np.searchsorted(key, key[chosen] - window_days)
    counts = chosen + 1 - begin
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    entry = np.arange(starts[-1]) + np.repeat(begin - starts[:-1], counts)

    flux, error = objects.flux[entry], objects.flux_error[entry]
    detected = objects.detected[entry]
    size_of = np.where(detected, np.abs(flux), 1.0)
    magnitude = np.where(detected, magnitude_of(size_of), np.nan)
    sigma = np.where(detected, error / size_of / MAGNITUDE_TO_RELATIVE_FLUX, np.nan)

    # (readout channel, number in the image) differs between objects, so that candids do too
    channel, number = np.arange(size) % 64, np.arange(size) // 64 + 1
    jd = objects.mjd + JULIAN_DATE_OF_MJD_ZERO
    which = owner[chosen]
    in_entry = owner[entry]
    every_candid = candidate_id(jd[entry], channel[in_entry], number[in_entry])
    every_candid = np.where(detected, every_candid, 0)
    return AlertHistories(
        survey=objects.survey,
        object=which,
        objectId=_names(objects, first, generator)[which],
        candid=every_candid[starts[1:] - 1],
        channel=channel[which],
        jdstarthist=(_first_ever(objects, first, generator) + JULIAN_DATE_OF_MJD_ZERO)[which],
        class_name=objects.class_names()[which],
        starts=starts,
        ccandid=every_candid,
        cjd=jd[entry],
        cfid=(objects.passband[entry] + 1).astype(np.int8),
        cmagpsf=magnitude.astype(np.float32),
        csigmapsf=sigma.astype(np.float32),
        cisdiffpos=(flux > 0) | ~detected,
        cdiffmaglim=objects.limiting_magnitude[entry].astype(np.float32),
        cflux=flux,
        cflux_error=error,
    )


def _first_ever(objects: SimulatedObjects, first: Array, generator: np.random.Generator) -> Array:
    """MJD of the survey's first detection: for variables, mostly in its first months."""
    began = 58200.0 if objects.survey == "ztf" else 60980.0
    long_ago = np.isin(objects.class_names(), PERSISTENT) & (generator.random(len(objects)) < 0.93)
    earlier = np.minimum(first, began + generator.exponential(120.0, len(objects)))
    return np.where(long_ago, earlier, first)


def _names(
    objects: SimulatedObjects, first: Array, generator: np.random.Generator
) -> npt.NDArray[np.str_]:
    if objects.survey != "ztf":
        return objects.object_id
    numbers = generator.integers(0, 26**7 - len(objects)) + np.arange(len(objects))
    return object_names(first, numbers)
