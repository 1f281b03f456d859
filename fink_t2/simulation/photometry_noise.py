"""Depth of a visit, and the error of a flux measured in it.

ZTF's numbers were fitted to 1,216 detections in real alert packets (``fink-t2 simulate compare``
prints the check): the quoted error of a point source, in units of the 1-sigma flux that the
limiting magnitude stands for, grows with brightness much faster than photon noise alone.
"""

from __future__ import annotations

import numpy as np

from fink_t2.passbands import PassbandSet
from fink_t2.simulation.arrays import Array, Indices
from fink_t2.simulation.cadence import moon_illumination

FLUXCAL_ZERO_POINT = 27.5

#: Median 5-sigma depth of a dark visit, AB magnitudes.
DARK_DEPTH = {"ztf": (20.75, 20.55), "lsst": (23.5, 24.45, 24.0, 23.4, 22.75, 22.0)}
#: Magnitudes lost under a full moon.
MOON_LOSS = {"ztf": (1.25, 0.75), "lsst": (1.3, 0.9, 0.5, 0.25, 0.1, 0.05)}

#: Variance of a source's flux in units of the background's: constant + photon * s + (gain s)^2,
#: with s the flux over its background error.
ZTF_VARIANCE = (0.70, 0.11, 0.035)
LSST_VARIANCE = (1.0, 0.02, 0.005)


def draw_limiting_magnitude(
    generator: np.random.Generator, mjd: Array, band: Indices, passbands: PassbandSet
) -> Array:
    """Draw the 5-sigma limiting magnitude of each visit, shape (P,)."""
    dark = np.array(DARK_DEPTH[passbands.survey])[band]
    loss = np.array(MOON_LOSS[passbands.survey])[band]
    moon = moon_illumination(mjd) ** 1.5 * generator.uniform(0.2, 1.0, len(mjd))
    seeing = generator.normal(0.0, 0.2, len(mjd))
    clouded = generator.random(len(mjd)) < 0.12
    clouds = np.where(clouded, generator.exponential(0.8, len(mjd)), 0.0)
    return np.clip(dark - loss * moon + seeing - np.minimum(clouds, 4.0), 15.0, None)


def background_error(limiting_magnitude: Array) -> Array:
    """Return the 1-sigma background error (FLUXCAL) of a 5-sigma limiting magnitude."""
    return 10 ** (-0.4 * (limiting_magnitude - FLUXCAL_ZERO_POINT)) / 5


def flux_error(
    generator: np.random.Generator,
    flux: Array,
    star: Array,
    background: Array,
    passbands: PassbandSet,
) -> Array:
    """Return the error of a difference flux as a pipeline quotes it, shape (P,).

    Parameters
    ----------
    generator : numpy.random.Generator
    flux : ndarray, shape (P,)
        True difference flux.
    star : ndarray, shape (P,)
        Flux of the source in the reference image, whose photons add noise; 0 if none.
    background : ndarray, shape (P,)
        1-sigma error of the background.
    passbands : PassbandSet
    """
    constant, photon, gain = ZTF_VARIANCE if passbands.survey == "ztf" else LSST_VARIANCE
    strength = np.abs(flux) / background
    below = star / background
    variance = constant + photon * strength + (gain * strength) ** 2
    variance += 0.5 * photon * below + (0.1 * gain * below) ** 2
    scatter = 0.15 if passbands.survey == "ztf" else 0.05
    return background * np.sqrt(variance) * generator.lognormal(0.0, scatter, len(flux))
