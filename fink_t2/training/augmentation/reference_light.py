"""Variation of light curves: a reference image that contains light of the transient.

A reference image is a mean of earlier images. If some of them were taken during the transient, all
difference images lack that light: the peak is fainter, and after the transient has faded, every
visit measures the same negative flux for years. In data that give magnitudes without the sign of
the subtraction this appears as a source of constant brightness. Masci et al. (2019, PASP 131,
018003) describe the reference images of ZTF.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from fink_t2.science.classes import CLASSES
from fink_t2.training.examples.labelled import TRANSIENT_CLASSES, Labelled

#: Range of the light in the reference image as a fraction of the largest flux in the passband,
#: drawn log-uniformly.
SHARE = (0.05, 0.6)
#: Probability that the reference image of a passband contains light of the transient.
CONTAMINATED = 0.7
#: Ranges of the number of visits after the transient, of the days over which they are spread, and
#: of the days between the last point and the first of these visits.
VISITS = (4, 80)
SPREAD = (60.0, 900.0)
PAUSE = (20.0, 250.0)
#: Signal-to-noise ratio below which a point is not a detection.
DETECTED = 4.0


def with_reference_light(
    examples: Labelled, share: float, generator: np.random.Generator
) -> Labelled:
    """Subtract light in the reference image from some whole light curves of transients.

    Parameters
    ----------
    examples : Labelled
        Light curves. Alerts, and objects that are not transients, are returned unchanged.
    share : float
        Fraction of the whole light curves of transients that are changed.
    generator : Generator
        Source of random numbers.

    Returns
    -------
    Labelled
        The same examples, with points sorted by time.
    """
    curves = examples.light_curves
    n_curves, n_bands = len(curves), len(curves.passbands)
    transient = np.isin(examples.labels(), [CLASSES.index(name) for name in TRANSIENT_CLASSES])
    changed = transient & ~examples.is_alert & (np.diff(curves.starts) > 0)
    changed &= generator.random(n_curves) < share
    owner = curves.curve_of_points()

    # By light curve and passband: the light in the reference image, and the mean flux error.
    brightest = np.zeros((n_curves, n_bands))
    np.maximum.at(brightest, (owner, curves.passband), curves.flux)
    total_error = np.zeros((n_curves, n_bands))
    np.add.at(total_error, (owner, curves.passband), curves.flux_error)
    error = total_error / np.maximum(curves.points_per_passband(), 1)
    # The reference images of the passbands are of different dates.
    is_contaminated = generator.random((n_curves, n_bands)) < CONTAMINATED
    low, high = np.log(SHARE)
    light = brightest * np.exp(generator.uniform(low, high, (n_curves, 1))) * is_contaminated
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
