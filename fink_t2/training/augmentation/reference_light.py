"""Vary light curves as if the survey's reference image held some of the transient's light.

The reference is a mean of earlier images; where some of them were taken while the transient shone,
every difference lacks that light: the peak is fainter, and once the transient has faded each visit
finds the same negative flux, for years. Sources that give magnitudes without the sign of the
subtraction show a source of constant brightness (Masci et al. 2019, PASP 131, 018003, on ZTF's
references).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from fink_t2.science.classes import CLASSES
from fink_t2.training.examples.labelled import TRANSIENT_CLASSES, Labelled

#: Light in the reference, as a share of the passband's largest flux; log-uniform between.
SHARE = (0.05, 0.6)
#: Visits after the transient, days over which they spread, days before the first; between these.
VISITS = (4, 80)
SPREAD = (60.0, 900.0)
PAUSE = (20.0, 250.0)
#: Fluxes below so many errors are no detections.
DETECTED = 4.0


def with_reference_light(
    examples: Labelled, share: float, generator: np.random.Generator
) -> Labelled:
    """Put light of the transient into the reference of some whole light curves.

    Parameters
    ----------
    examples : Labelled
        Light curves. Alerts and what is no transient are left as they are.
    share : float
        Share of the whole light curves of transients that are changed.
    generator : Generator
        Where the choices and the noise come from.

    Returns
    -------
    Labelled
        As many examples; points sorted by time.
    """
    curves = examples.light_curves
    n_curves, n_bands = len(curves), len(curves.passbands)
    transient = np.isin(examples.labels(), [CLASSES.index(name) for name in TRANSIENT_CLASSES])
    changed = transient & ~examples.is_alert & (np.diff(curves.starts) > 0)
    changed &= generator.random(n_curves) < share
    owner = curves.curve_of_points()

    # (curve, passband): light in the reference, and the typical error.
    brightest = np.zeros((n_curves, n_bands))
    np.maximum.at(brightest, (owner, curves.passband), curves.flux)
    total_error = np.zeros((n_curves, n_bands))
    np.add.at(total_error, (owner, curves.passband), curves.flux_error)
    error = total_error / np.maximum(curves.points_per_passband(), 1)
    # Not every passband's reference is of the same time.
    held = generator.random((n_curves, n_bands)) < 0.7
    low, high = np.log(SHARE)
    light = brightest * np.exp(generator.uniform(low, high, (n_curves, 1))) * held
    light *= changed[:, None]

    flux = curves.flux - light[owner, curves.passband]
    keep = np.abs(flux) >= np.where(
        light[owner, curves.passband] > 0, DETECTED * curves.flux_error, 0.0
    )
    visits = np.where(changed, generator.integers(*VISITS, n_curves), 0)
    late = np.repeat(np.arange(n_curves), visits)
    last = curves.time[np.maximum(curves.starts[1:] - 1, 0)] if len(curves.time) else np.zeros(0)
    pause = generator.uniform(*PAUSE, n_curves)
    spread = generator.uniform(*SPREAD, n_curves)
    late_time = (last + pause)[late] + generator.random(len(late)) * spread[late]
    late_band = generator.integers(0, n_bands, len(late)).astype(curves.passband.dtype)
    late_error = error[late, late_band]
    late_flux = generator.normal(0.0, 1.0, len(late)) * late_error - light[late, late_band]
    seen = (light[late, late_band] > 0) & (np.abs(late_flux) >= DETECTED * late_error)

    owner = np.concatenate([owner[keep], late[seen]])
    time = np.concatenate([curves.time[keep], late_time[seen]])
    order = np.lexsort((time, owner))
    varied = curves.with_points(
        owner[order],
        time[order],
        np.concatenate([flux[keep], late_flux[seen]])[order],
        np.concatenate([curves.flux_error[keep], late_error[seen]])[order],
        np.concatenate([curves.passband[keep], late_band[seen]])[order],
    )
    return dataclasses.replace(examples, light_curves=varied)
