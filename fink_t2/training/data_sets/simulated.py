"""Labelled light curves and alerts from the simulator (fluxes in FLUXCAL, dates in MJD)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fink_t2.science.cuts import CutSettings, Status, apply_cuts
from fink_t2.science.light_curves import LightCurves, from_fluxes
from fink_t2.science.photometry import JULIAN_DATE_OF_MJD_ZERO
from fink_t2.simulation import SimulatedObjects, alert_histories
from fink_t2.surveys import get_survey
from fink_t2.surveys.ztf import from_ztf
from fink_t2.training.examples.labelled import Labelled, label_mask_of


def simulated_alerts(objects: SimulatedObjects, per_object: int, seed: int) -> Labelled:
    """Return alerts of simulated objects that pass the light-curve cuts.

    Parameters
    ----------
    objects : SimulatedObjects
        Result of `fink_t2.simulation.simulate_objects`.
    per_object : int
        Largest number of alerts of each object.
    seed : int
        Seed of the alert times.

    Returns
    -------
    Labelled
        For ZTF: the detections in the 30 days of the packet's history, with sign, last upper
        limit and date of the first detection. For LSST: all visits of the last year, as in
        forced photometry.
    """
    window = get_survey(objects.survey).history_days
    alerts = alert_histories(objects, per_object, window_days=window, seed=seed)
    if objects.survey == "ztf":
        curves = from_ztf(
            alerts.starts,
            alerts.cjd,
            alerts.cfid,
            alerts.cmagpsf,
            alerts.csigmapsf,
            alerts.cisdiffpos,
            alerts.jdstarthist,
        )
    else:
        curves = from_fluxes(
            objects.passbands,
            alerts.starts,
            alerts.cjd - JULIAN_DATE_OF_MJD_ZERO,
            alerts.cfid - 1,
            alerts.cflux,
            alerts.cflux_error,
            first_seen=alerts.jdstarthist - JULIAN_DATE_OF_MJD_ZERO,
            photoz=objects.photoz[alerts.object],
            photoz_error=objects.photoz_error[alerts.object],
        )
    return _labelled(curves, objects, alerts.object, is_alert=True)


def simulated_light_curves(objects: SimulatedObjects) -> Labelled:
    """Return the whole light curves of simulated objects that pass the light-curve cuts.

    Parameters
    ----------
    objects : SimulatedObjects
        Result of `fink_t2.simulation.simulate_objects`.

    Returns
    -------
    Labelled
        For ZTF the detections, for LSST all visits.
    """
    if objects.survey == "ztf":
        size = np.abs(objects.flux)
        with np.errstate(divide="ignore", invalid="ignore"):
            magnitude = np.where(objects.detected, 27.5 - 2.5 * np.log10(size), np.nan)
            sigma = objects.flux_error / size * (2.5 / np.log(10))
        curves = from_ztf(
            objects.starts,
            objects.mjd + JULIAN_DATE_OF_MJD_ZERO,
            objects.passband + 1,
            magnitude,
            sigma,
            objects.flux > 0,
        )
    else:
        curves = from_fluxes(
            objects.passbands,
            objects.starts,
            objects.mjd,
            objects.passband,
            objects.flux,
            objects.flux_error,
            photoz=objects.photoz,
            photoz_error=objects.photoz_error,
        )
    return _labelled(curves, objects, np.arange(len(objects)), is_alert=False)


def _labelled(
    curves: LightCurves,
    objects: SimulatedObjects,
    index: npt.NDArray[np.integer],
    is_alert: bool,
) -> Labelled:
    labelled = Labelled(
        curves,
        label_mask_of(objects.class_names()[index].tolist()),
        objects.object_id[index].astype(str),
        np.full(len(index), "simulated"),
        np.full(len(index), is_alert),
    )
    return labelled.select(apply_cuts(curves, CutSettings()) == Status.OK)
