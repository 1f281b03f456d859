"""Light curves of one survey in flat arrays, and how they are built from measurements."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fink_t2.science.compilation import njit_and_keep
from fink_t2.science.passbands import PassbandSet
from fink_t2.science.photometry import FLUXCAL_PER_UNIT, magnitude_to_fluxcal

FloatArray = npt.NDArray[np.float64]

#: Two points of one passband less than this time apart (one second) belong to one exposure.
SAME_EXPOSURE_DAYS = 1.0 / 86400.0

#: A detection whose magnitude lies outside this open interval, or whose error is larger than
#: `LARGEST_MAGNITUDE_ERROR`, is bad photometry.
MAGNITUDE_RANGE = (0.0, 30.0)
LARGEST_MAGNITUDE_ERROR = 1.0

#: Modified Julian Dates outside this interval (the years 1858 to 2132) are not observing times.
#: It includes the times of simulations that count days from zero.
MJD_RANGE = (0.0, 100000.0)

#: A measurement whose flux or error reaches this FLUXCAL (magnitude -7.5) is bad photometry.
LARGEST_FLUX = 1e14


@dataclass(frozen=True)
class LightCurves:
    """N light curves of one survey, of any lengths, concatenated into flat arrays.

    The points of curve ``n`` are the elements ``starts[n]:starts[n + 1]`` of the flat arrays.
    They are valid measurements only, one per exposure, in order of increasing time.

    Attributes
    ----------
    passbands : PassbandSet
        The survey's passbands, in their fixed order.
    starts : ndarray of int64, shape (N + 1,)
        Index of the first point of each curve in the flat arrays, and P at the end.
    time : ndarray of float64, shape (P,)
        Modified Julian Date, days.
    flux, flux_error : ndarray of float64, shape (P,)
        Difference flux with its sign and its error, FLUXCAL.
    passband : ndarray of int8, shape (P,)
        Index into `passbands`.
    last_limit : ndarray of float64, shape (N,)
        MJD of the last non-detection before the first point; NaN where there is none.
    first_seen : ndarray of float64, shape (N,)
        MJD of the earliest detection ever at the object's position (ZTF's ``jdstarthist``);
        NaN where it is not known.
    photoz, photoz_error : ndarray of float64, shape (N,)
        Photometric redshift of the host galaxy and its error; NaN where they are not known.
    rejected : ndarray of int64, shape (N,)
        Number of measurements that were left out because their photometry is bad.
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
        """Return the index of the curve that each point belongs to, shape (P,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def with_points(
        self,
        curve: npt.NDArray[np.int64],
        time: FloatArray,
        flux: FloatArray,
        flux_error: FloatArray,
        passband: npt.NDArray[np.int8],
    ) -> LightCurves:
        """Return light curves with the same attributes but other points.

        Parameters
        ----------
        curve : ndarray of int64, shape (P,)
            Index of the curve that each point belongs to, in increasing order.
        time, flux, flux_error, passband : ndarray, shape (P,)
            As the attributes of the class, sorted by time within each curve.
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
        """Return some of the curves, in the order in which they are selected.

        Parameters
        ----------
        keep : array_like
            Boolean mask of shape (N,), or integer indices of the curves.
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


def from_magnitudes(
    passbands: PassbandSet,
    starts: npt.ArrayLike,
    mjd: npt.ArrayLike,
    passband: npt.ArrayLike,
    magnitude: npt.ArrayLike,
    magnitude_error: npt.ArrayLike,
    *,
    is_negative: npt.ArrayLike | None = None,
    is_bad: npt.ArrayLike | None = None,
    first_seen: npt.ArrayLike | None = None,
    photoz: npt.ArrayLike | None = None,
    photoz_error: npt.ArrayLike | None = None,
) -> LightCurves:
    """Build light curves from difference magnitudes, as in ZTF alerts.

    A point with a NaN, null or sentinel (below -90) magnitude is a non-detection. A
    detection whose magnitude, error or date is outside the limits of this module is bad
    photometry: it is left out and counted. Of several measurements of one exposure the one with
    the smallest error is kept.

    Parameters
    ----------
    passbands : PassbandSet
        The survey's passbands.
    starts : array_like of int, shape (N + 1,)
        Index of the first measurement of each curve in the flat arrays, and P at the end.
    mjd : array_like, shape (P,)
        Modified Julian Date, days.
    passband : array_like of int, shape (P,)
        Index into `passbands`; a measurement with any other index is left out.
    magnitude, magnitude_error : array_like, shape (P,)
        AB magnitude of the size of the difference flux, and its error.
    is_negative : array_like of bool, shape (P,), optional
        True where the source is fainter in the science image than in the reference image;
        the flux of such a point is negative. By default every flux is positive.
    is_bad : array_like of bool, shape (P,), optional
        Detections that the survey has flagged as bad photometry.
    first_seen : array_like, shape (N,), optional
        MJD of the first detection ever at this position.
    photoz, photoz_error : array_like, shape (N,), optional
        Photometric redshift of the host galaxy and its error.

    Returns
    -------
    LightCurves
    """
    magnitudes = np.asarray(magnitude, dtype=np.float64)
    errors = np.asarray(magnitude_error, dtype=np.float64)
    is_limit = np.isnan(magnitudes) | (magnitudes < -90)
    with np.errstate(over="ignore", invalid="ignore"):
        is_valid = (
            (magnitudes > MAGNITUDE_RANGE[0])
            & (magnitudes < MAGNITUDE_RANGE[1])
            & (errors > 0)
            & (errors <= LARGEST_MAGNITUDE_ERROR)
        )
        flux, flux_error = magnitude_to_fluxcal(magnitudes, errors)
    if is_negative is not None:
        flux = np.where(np.asarray(is_negative, dtype=bool), -flux, flux)
    if is_bad is not None:
        is_valid &= ~np.asarray(is_bad, dtype=bool)
    return _build(
        passbands,
        np.asarray(starts, dtype=np.int64),
        np.asarray(mjd, dtype=np.float64),
        flux,
        flux_error,
        np.asarray(passband, dtype=np.int8),
        is_limit,
        is_valid,
        *(_float_array(values) for values in (first_seen, photoz, photoz_error)),
    )


def from_fluxes(
    passbands: PassbandSet,
    starts: npt.ArrayLike,
    mjd: npt.ArrayLike,
    passband: npt.ArrayLike,
    flux: npt.ArrayLike,
    flux_error: npt.ArrayLike,
    *,
    unit: str = "fluxcal",
    is_bad: npt.ArrayLike | None = None,
    first_seen: npt.ArrayLike | None = None,
    photoz: npt.ArrayLike | None = None,
    photoz_error: npt.ArrayLike | None = None,
) -> LightCurves:
    """Build light curves from difference fluxes, as in LSST alerts and in simulations.

    Parameters
    ----------
    passbands : PassbandSet
        The survey's passbands.
    starts : array_like of int, shape (N + 1,)
        Index of the first measurement of each curve in the flat arrays, and P at the end.
    mjd : array_like, shape (P,)
        Modified Julian Date, days.
    passband : array_like of int, shape (P,)
        Index into `passbands`; a measurement with any other index is left out.
    flux, flux_error : array_like, shape (P,)
        Difference flux and its error; a NaN flux stands for a non-detection.
    unit : {"fluxcal", "nJy", "uJy"}
        Unit of the fluxes.
    is_bad : array_like of bool, shape (P,), optional
        Measurements that the survey has flagged as bad photometry; they are left out and counted.
    first_seen : array_like, shape (N,), optional
        MJD of the first detection ever at this position.
    photoz, photoz_error : array_like, shape (N,), optional
        Photometric redshift of the host galaxy and its error.

    Returns
    -------
    LightCurves

    Raises
    ------
    ValueError
        If the unit is none of these.
    """
    if unit not in FLUXCAL_PER_UNIT:
        raise ValueError(f"unit is {' or '.join(map(repr, FLUXCAL_PER_UNIT))}, not {unit!r}")
    fluxes = np.asarray(flux, dtype=np.float64) * FLUXCAL_PER_UNIT[unit]
    errors = np.asarray(flux_error, dtype=np.float64) * FLUXCAL_PER_UNIT[unit]
    with np.errstate(invalid="ignore"):
        is_valid = (np.abs(fluxes) < LARGEST_FLUX) & (errors > 0) & (errors < LARGEST_FLUX)
    if is_bad is not None:
        is_valid &= ~np.asarray(is_bad, dtype=bool)
    return _build(
        passbands,
        np.asarray(starts, dtype=np.int64),
        np.asarray(mjd, dtype=np.float64),
        fluxes,
        errors,
        np.asarray(passband, dtype=np.int8),
        np.isnan(fluxes),
        is_valid,
        *(_float_array(values) for values in (first_seen, photoz, photoz_error)),
    )


def _float_array(values: npt.ArrayLike | None) -> FloatArray | None:
    return None if values is None else np.asarray(values, dtype=np.float64)


def flatten(
    columns: list[pd.Series],
) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[Any]], npt.NDArray[np.bool_]]:
    """Concatenate the arrays in each of several columns.

    Parameters
    ----------
    columns : list of Series
        Columns of N rows; each row holds an array, or is null.

    Returns
    -------
    starts : ndarray of int64, shape (N + 1,)
        Index of the first element of each row, and P at the end.
    values : list of ndarray, each of shape (P,)
        The concatenated column: numbers, or objects where the column holds strings.
    is_ragged : ndarray of bool, shape (N,)
        True for the rows whose arrays differ in length between columns. They contribute no
        elements.
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
            # Nulls among numbers become NaN. A column of strings stays as it is.
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
    """Sort the measurements and separate points, non-detections and bad photometry."""
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


@partial(njit_and_keep, nogil=True)
def _arrange(  # type: ignore[no-untyped-def]
    starts, time, flux_error, passband, in_passband, is_limit, is_valid, is_date
) -> Any:
    """Sort the valid points of every curve by time and keep one point per exposure.

    Returns
    -------
    new_starts : ndarray of int64, shape (N + 1,)
        Index of the first remaining point of each curve.
    order : ndarray of int64
        Indices of the remaining points in the flat arrays, in their new order.
    rejected : ndarray of int64, shape (N,)
        Number of invalid measurements of each curve.
    last_limit : ndarray of float64, shape (N,)
        Time of the last non-detection before the first point; NaN where there is none.
    """
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
            # Two stable sorts: points at equal times are in the order of their passbands.
            by_band = chosen[np.argsort(passband[chosen], kind="mergesort")]
            order[begin:filled] = by_band[np.argsort(time[by_band], kind="mergesort")]
        # One second contains only a few exposures, so the search for an earlier measurement
        # of the same exposure takes only a few steps.
        kept = begin
        for position in range(begin, filled):
            point = order[position]
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
                # The better measurement is at most a second later than the one that it
                # replaces, but points of other passbands may lie between them.
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
