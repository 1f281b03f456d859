"""A batch of light curves, as ragged arrays: what the whole package computes on."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pandas as pd

from fink_t2.science.passbands import ZTF, PassbandSet
from fink_t2.science.photometry import (
    JULIAN_DATE_OF_MJD_ZERO,
    magnitude_to_fluxcal,
    nanojansky_to_fluxcal,
)

FloatArray = npt.NDArray[np.float64]

#: Two points of one passband nearer in time than this (one second) are the same exposure.
SAME_EXPOSURE_DAYS = 1.0 / 86400.0

#: A detection fainter or brighter than this, or with a larger error, is bad photometry.
MAGNITUDE_RANGE = (0.0, 30.0)
LARGEST_MAGNITUDE_ERROR = 1.0

#: Modified Julian Dates outside 1858-2132 are not observing times. Zero-based times,
#: as in some simulations, are inside.
MJD_RANGE = (0.0, 100000.0)

#: FLUXCAL beyond this (brighter than magnitude -8) is not a measurement.
LARGEST_FLUX = 1e14


@dataclass(frozen=True)
class LightCurves:
    """N ragged light curves of one survey, time forward.

    Points of curve ``n`` are ``starts[n]:starts[n + 1]`` of the flat arrays, sorted by
    time and passband, one point per exposure, only valid measurements.

    Attributes
    ----------
    passbands : PassbandSet
        The survey's passbands, in their fixed order.
    starts : ndarray of int64, shape (N + 1,)
        Where each curve begins in the flat arrays.
    time : ndarray of float64, shape (P,)
        Modified Julian Date, days.
    flux, flux_error : ndarray of float64, shape (P,)
        Difference flux with its sign and its error, FLUXCAL.
    passband : ndarray of int8, shape (P,)
        Index into `passbands`.
    last_limit : ndarray of float64, shape (N,)
        MJD of the last non-detection before the first point; NaN where there is none.
    first_seen : ndarray of float64, shape (N,)
        MJD at which the survey began to see something here (ZTF's ``jdstarthist``);
        NaN where not known.
    photoz, photoz_error : ndarray of float64, shape (N,)
        Photometric redshift of the host and its error; NaN where not known.
    rejected : ndarray of int64, shape (N,)
        Number of measurements left out as bad photometry.
    """

    passbands: PassbandSet
    starts: npt.NDArray[np.int64]
    time: FloatArray
    flux: FloatArray
    flux_error: FloatArray
    passband: npt.NDArray[np.int8]
    last_limit: FloatArray
    first_seen: FloatArray
    photoz: FloatArray
    photoz_error: FloatArray
    rejected: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def curve_of_points(self) -> npt.NDArray[np.int64]:
        """Return the position of the curve that each point belongs to, shape (P,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def with_points(
        self,
        curve: npt.NDArray[np.int64],
        time: FloatArray,
        flux: FloatArray,
        flux_error: FloatArray,
        passband: npt.NDArray[np.int8],
    ) -> LightCurves:
        """Return the same curves with other points.

        Parameters
        ----------
        curve : ndarray of int64, shape (P,)
            Position of the curve that each point belongs to, rising.
        time, flux, flux_error, passband : ndarray, shape (P,)
            As in the class, sorted by time within a curve.
        """
        counts = np.bincount(curve, minlength=len(self))
        return dataclasses.replace(
            self,
            starts=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
            time=time,
            flux=flux,
            flux_error=flux_error,
            passband=passband,
        )

    def points_per_passband(self) -> npt.NDArray[np.int64]:
        """Return the number of points of each curve in each passband, shape (N, M)."""
        n_bands = len(self.passbands)
        curve = self.curve_of_points()
        flat = np.bincount(curve * n_bands + self.passband, minlength=len(self) * n_bands)
        return flat.reshape(len(self), n_bands).astype(np.int64)

    def select(self, keep: npt.ArrayLike) -> LightCurves:
        """Return the curves that a boolean mask or an index array chooses, in its order.

        Parameters
        ----------
        keep : array_like
            Boolean mask of shape (N,), or integer positions.
        """
        keep = np.asarray(keep)
        chosen = np.flatnonzero(keep) if keep.dtype == bool else keep.astype(np.int64)
        lengths = np.diff(self.starts)[chosen]
        starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        points = np.arange(starts[-1]) + np.repeat(self.starts[chosen] - starts[:-1], lengths)
        return LightCurves(
            passbands=self.passbands,
            starts=starts,
            time=self.time[points],
            flux=self.flux[points],
            flux_error=self.flux_error[points],
            passband=self.passband[points],
            last_limit=self.last_limit[chosen],
            first_seen=self.first_seen[chosen],
            photoz=self.photoz[chosen],
            photoz_error=self.photoz_error[chosen],
            rejected=self.rejected[chosen],
        )


def from_ztf(
    starts: npt.ArrayLike,
    jd: npt.ArrayLike,
    fid: npt.ArrayLike,
    magpsf: npt.ArrayLike,
    sigmapsf: npt.ArrayLike,
    isdiffpos: npt.ArrayLike | None = None,
    jdstarthist: npt.ArrayLike | None = None,
) -> LightCurves:
    """Build light curves from the fields of ZTF alerts.

    A point with a NaN, null or sentinel (below -90) magnitude is a non-detection. A
    detection whose magnitude, error or date is not plausible is bad photometry: left out
    and counted. i-band points (``fid`` 3) are left out. Of several measurements of one
    exposure the one with the smallest error stays.

    Parameters
    ----------
    starts : array_like of int, shape (N + 1,)
        Where each alert's history begins in the flat arrays.
    jd : array_like, shape (P,)
        Julian Date (UTC), days.
    fid : array_like of int, shape (P,)
        Filter: 1 g, 2 r, 3 i.
    magpsf, sigmapsf : array_like, shape (P,)
        PSF magnitude of the difference image and its error.
    isdiffpos : array_like of bool, shape (P,), optional
        False where the subtraction is negative (science fainter than reference); such a
        point has negative flux. Default: all positive.
    jdstarthist : array_like, shape (N,), optional
        Julian Date of the earliest detection ever at this position.

    Returns
    -------
    LightCurves
    """
    starts = np.asarray(starts, dtype=np.int64)
    magnitude = np.asarray(magpsf, dtype=np.float64)
    error = np.asarray(sigmapsf, dtype=np.float64)
    filter_id = np.asarray(fid)
    time = np.asarray(jd, dtype=np.float64) - JULIAN_DATE_OF_MJD_ZERO

    passband = np.full(filter_id.shape, -1, dtype=np.int8)
    passband[filter_id == 1] = 0
    passband[filter_id == 2] = 1
    is_limit = np.isnan(magnitude) | (magnitude < -90)
    with np.errstate(over="ignore", invalid="ignore"):
        is_valid = (
            (magnitude > MAGNITUDE_RANGE[0])
            & (magnitude < MAGNITUDE_RANGE[1])
            & (error > 0)
            & (error <= LARGEST_MAGNITUDE_ERROR)
        )
        flux, flux_error = magnitude_to_fluxcal(magnitude, error)
    if isdiffpos is not None:
        flux = np.where(np.asarray(isdiffpos, dtype=bool), flux, -flux)

    first_seen = None
    if jdstarthist is not None:
        first_seen = np.asarray(jdstarthist, dtype=np.float64) - JULIAN_DATE_OF_MJD_ZERO
    return _build(ZTF, starts, time, flux, flux_error, passband, is_limit, is_valid, first_seen)


def from_fluxes(
    passbands: PassbandSet,
    starts: npt.ArrayLike,
    mjd: npt.ArrayLike,
    passband: npt.ArrayLike,
    flux: npt.ArrayLike,
    flux_error: npt.ArrayLike,
    *,
    unit: str = "fluxcal",
    first_seen: npt.ArrayLike | None = None,
    photoz: npt.ArrayLike | None = None,
    photoz_error: npt.ArrayLike | None = None,
) -> LightCurves:
    """Build light curves from difference fluxes, as LSST alerts and simulations have them.

    Parameters
    ----------
    passbands : PassbandSet
        The survey's passbands.
    starts : array_like of int, shape (N + 1,)
        Where each curve begins in the flat arrays.
    mjd : array_like, shape (P,)
        Modified Julian Date, days.
    passband : array_like of int, shape (P,)
        Index into `passbands`; a negative index leaves the point out.
    flux, flux_error : array_like, shape (P,)
        Difference flux and its error; a NaN flux is no measurement.
    unit : {"fluxcal", "nJy"}
        Unit of the fluxes.
    first_seen : array_like, shape (N,), optional
        MJD of the first detection ever at this position.
    photoz, photoz_error : array_like, shape (N,), optional
        Photometric redshift of the host.

    Returns
    -------
    LightCurves

    Raises
    ------
    ValueError
        If the unit is neither "fluxcal" nor "nJy".
    """
    if unit not in ("fluxcal", "nJy"):
        raise ValueError(f"unit is 'fluxcal' or 'nJy', not {unit!r}")
    fluxes = np.asarray(flux, dtype=np.float64)
    errors = np.asarray(flux_error, dtype=np.float64)
    if unit == "nJy":
        fluxes, errors = nanojansky_to_fluxcal(fluxes), nanojansky_to_fluxcal(errors)
    with np.errstate(invalid="ignore"):
        is_valid = (np.abs(fluxes) < LARGEST_FLUX) & (errors > 0) & (errors < LARGEST_FLUX)
    return _build(
        passbands,
        np.asarray(starts, dtype=np.int64),
        np.asarray(mjd, dtype=np.float64),
        fluxes,
        errors,
        np.asarray(passband, dtype=np.int8),
        np.isnan(fluxes),
        is_valid,
        None if first_seen is None else np.asarray(first_seen, dtype=np.float64),
        None if photoz is None else np.asarray(photoz, dtype=np.float64),
        None if photoz_error is None else np.asarray(photoz_error, dtype=np.float64),
    )


def flatten(
    columns: list[pd.Series],
) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[Any]], npt.NDArray[np.bool_]]:
    """Turn columns of arrays into flat arrays.

    Parameters
    ----------
    columns : list of Series
        Each of N arrays (or nulls).

    Returns
    -------
    starts : ndarray of int64, shape (N + 1,)
        Where each row begins.
    values : list of ndarray, each of shape (P,)
        Floats, or objects where a column holds strings.
    is_ragged : ndarray of bool, shape (N,)
        Rows whose arrays differ in length; they are flattened as empty.
    """
    n_rows = len(columns[0])
    lengths = np.empty((len(columns), n_rows), dtype=np.int64)
    for row, column in enumerate(columns):
        lengths[row] = [0 if array is None else len(array) for array in column]
    is_ragged = (lengths != lengths[0]).any(axis=0)
    starts = np.concatenate(([0], np.cumsum(np.where(is_ragged, 0, lengths[0]))))
    keep = ~is_ragged & (lengths[0] > 0)
    values = []
    for column in columns:
        arrays = list(column.to_numpy()[keep])
        joined = np.concatenate(arrays) if arrays else np.empty(0)
        if joined.dtype == object:
            # Nulls among numbers become NaN; names and letters, nulls among them, stay.
            with suppress(ValueError, TypeError):
                joined = joined.astype(np.float64)
        values.append(joined)
    return starts.astype(np.int64), values, is_ragged


def _build(
    passbands: PassbandSet,
    starts: npt.NDArray[np.int64],
    time: FloatArray,
    flux: FloatArray,
    flux_error: FloatArray,
    passband: npt.NDArray[np.int8],
    is_limit: npt.NDArray[np.bool_],
    is_valid: npt.NDArray[np.bool_],
    first_seen: FloatArray | None = None,
    photoz: FloatArray | None = None,
    photoz_error: FloatArray | None = None,
) -> LightCurves:
    """Sort, deduplicate and split into points, limits and rejects."""
    n_curves = len(starts) - 1
    for name, values in (("time", time), ("flux", flux), ("passband", passband)):
        if values.shape != (int(starts[-1]),):
            raise ValueError(
                f"{name} has shape {values.shape}; the curves' starts ask for ({int(starts[-1])},)"
            )
    with np.errstate(invalid="ignore"):
        is_date = (time >= MJD_RANGE[0]) & (time <= MJD_RANGE[1])
    in_passband = (passband >= 0) & (passband < len(passbands))
    new_starts, order, rejected, last_limit = _arrange(
        starts, time, flux_error, passband, in_passband, is_limit, is_valid & is_date, is_date
    )

    def per_curve(values: FloatArray | None) -> FloatArray:
        return np.full(n_curves, np.nan) if values is None else values

    return LightCurves(
        passbands=passbands,
        starts=new_starts,
        time=time[order],
        flux=flux[order],
        flux_error=flux_error[order],
        passband=passband[order],
        last_limit=last_limit,
        first_seen=per_curve(first_seen),
        photoz=per_curve(photoz),
        photoz_error=per_curve(photoz_error),
        rejected=rejected,
    )


@numba.njit(cache=True, nogil=True)
def _arrange(  # type: ignore[no-untyped-def]
    starts, time, flux_error, passband, in_passband, is_limit, is_valid, is_date
) -> Any:
    """Order every curve's valid points in time and drop repeats of one exposure."""
    n_curves = starts.size - 1
    new_starts = np.zeros(n_curves + 1, np.int64)
    order = np.empty(time.size, np.int64)
    rejected = np.zeros(n_curves, np.int64)
    last_limit = np.full(n_curves, np.nan)
    filled = 0
    for curve in range(n_curves):
        begin = filled
        for point in range(starts[curve], starts[curve + 1]):
            if not in_passband[point] or is_limit[point]:
                continue
            if is_valid[point]:
                order[filled] = point
                filled += 1
            else:
                rejected[curve] += 1
        chosen = order[begin:filled]
        if chosen.size > 1:
            # A stable sort by time, then by passband among equal times.
            by_band = chosen[np.argsort(passband[chosen], kind="mergesort")]
            order[begin:filled] = by_band[np.argsort(time[by_band], kind="mergesort")]
        # One point per exposure. Within a second there are a handful of passbands, so
        # looking back over the points kept there is short.
        kept = begin
        for place in range(begin, filled):
            point = order[place]
            repeat = -1
            back = kept - 1
            while back >= begin and time[point] - time[order[back]] < SAME_EXPOSURE_DAYS:
                if passband[order[back]] == passband[point]:
                    repeat = back
                    break
                back -= 1
            if repeat < 0:
                order[kept] = point
                kept += 1
            elif flux_error[point] < flux_error[order[repeat]]:
                # Takes the place of the repeat, at the end: later by less than a second.
                for later in range(repeat, kept - 1):
                    order[later] = order[later + 1]
                order[kept - 1] = point
        filled = kept
        new_starts[curve + 1] = filled
        if filled > begin:
            first = time[order[begin]]
            for point in range(starts[curve], starts[curve + 1]):
                if (
                    is_limit[point]
                    and is_date[point]
                    and time[point] < first
                    and not (last_limit[curve] >= time[point])
                ):
                    last_limit[curve] = time[point]
    return new_starts, order[:filled].copy(), rejected, last_limit
