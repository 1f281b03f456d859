"""Alerts of simulated objects: a detection and the visits of the survey before it."""

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

#: Days in which the weight of early alerts decreases by a factor of e.
YOUTH_DAYS = 4.5

#: Classes whose objects vary permanently, so that the survey detected them long ago.
PERSISTENT = ("AGN", "EB", "Mira", "RRL", "M-dwarf", "other")


@dataclass(frozen=True)
class AlertHistories:
    """N alerts with the histories in their packets, H entries in total.

    Attributes
    ----------
    survey : str
        Name of the survey, "ztf" or "lsst".
    object : ndarray of int64, shape (N,)
        Index of the object in the `SimulatedObjects` to which the alert belongs.
    objectId : ndarray of str, shape (N,)
        Name of the object.
    candid : ndarray of int64, shape (N,)
        Unique id of the alert.
    channel : ndarray of int64, shape (N,)
        Readout channel of the camera, 0 to 63, that contains the object.
    jdstarthist : ndarray, shape (N,)
        Julian date of the first detection of the object by the survey, which for permanently
        varying sources lies years before the history.
    class_name : ndarray of str, shape (N,)
        Name of the class.
    starts : ndarray of int64, shape (N + 1,)
        The entries of alert i are ``starts[i]:starts[i + 1]``, oldest first; the last entry is
        the detection that caused the alert.
    ccandid : ndarray of int64, shape (H,)
        Candid of each detection, the same in all alerts of the object; 0 for a non-detection.
    cjd : ndarray of float64, shape (H,)
        Julian date (UTC) of the visit.
    cfid : ndarray of int8, shape (H,)
        Passband: 1 for g and 2 for r of ZTF, and the index of the passband plus 1 for LSST.
    cmagpsf, csigmapsf : ndarray of float32, shape (H,)
        Magnitude of the absolute difference flux, and its error; NaN for a non-detection.
    cisdiffpos : ndarray of bool, shape (H,)
        Whether the source is brighter than in the reference image; true for a non-detection.
    cdiffmaglim : ndarray of float32, shape (H,)
        5-sigma limiting magnitude.
    cflux, cflux_error : ndarray of float64, shape (H,)
        Difference flux of forced photometry at every visit, and its error, FLUXCAL.
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
        """Return the alerts at the given indices, in this order."""
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
        """Return a table with one row per alert, with the history in list columns."""
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
    """Draw alerts of simulated objects: random detections and the visits before them.

    Parameters
    ----------
    objects : SimulatedObjects
        Objects from which alerts are drawn.
    alerts_per_object : int
        Largest number of alerts of one object.
    window_days : float
        Length of the history, days (30 in a ZTF packet).
    seed : int
        Seed of the random numbers.
    early_share : float
        Share of the alerts of a transient that are drawn with a weight that decreases by a factor
        of e in `YOUTH_DAYS` since its first detection, because most alerts of interest are early
        ones. The others are drawn from all detections with equal weights.

    Returns
    -------
    AlertHistories
        The alerts, with those of one object in order of time.
    """
    generator = np.random.default_rng([seed, len(objects), 2])
    size = len(objects)
    owner = np.repeat(np.arange(size), np.diff(objects.starts))
    at = np.flatnonzero(objects.detected)
    first = np.full(size, np.inf)
    np.minimum.at(first, owner[at], objects.mjd[at])

    # Weighted draw without replacement (Efraimidis & Spirakis 2006): the detections with the
    # largest u^(1 / weight), where u is uniform, are chosen.
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

    # The first visit of each window is located in one sorted key over all objects.
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

    # The combination of readout channel and number in the image is unique, and thus the candid.
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
    """Return the MJD of the first detections; for variables mostly in the first months."""
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
