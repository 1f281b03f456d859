"""Depth of a visit, and the error of a flux measured in it.

ZTF's numbers were fitted to 1,216 detections in real alert packets (``fink-t2 simulate compare``
prints the check): the quoted error of a point source, in units of the 1-sigma flux that the
limiting magnitude stands for, grows with brightness much faster than photon noise alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fink_t2.science.passbands import PassbandSet
from fink_t2.simulation.arrays import Array, Indices
from fink_t2.simulation.cadence import moon_illumination
from fink_t2.simulation.magnitudes import flux_of

#: Median 5-sigma depth of a dark visit, AB magnitudes.
DARK_DEPTH = {"ztf": (20.65, 20.48), "lsst": (23.5, 24.3, 23.85, 23.3, 22.65, 21.95)}
#: Magnitudes lost under a full moon.
MOON_LOSS = {"ztf": (1.45, 1.2), "lsst": (1.3, 0.9, 0.5, 0.25, 0.1, 0.05)}

#: Variance of a source's flux in units of the background's: constant + photon * s + (gain s)^2,
#: with s the flux over its background error.
ZTF_VARIANCE = (0.65, 0.10, 0.024)
LSST_VARIANCE = (1.0, 0.012, 0.003)

#: True scatter of ZTF's fluxes in units of their quoted errors; relative floor; share of outliers.
ZTF_SCATTER, ZTF_FLOOR, ZTF_OUTLIERS = 0.52, 0.02, 0.012
#: Detection threshold in units of the background, and by how much the light of the host raises
#: it in g, on average, where it does.
ZTF_THRESHOLD, ZTF_HOST_THRESHOLD = 4.5, 0.30


def draw_limiting_magnitude(
    generator: np.random.Generator, mjd: Array, band: Indices, passbands: PassbandSet
) -> Array:
    """Draw the 5-sigma limiting magnitude of each visit, shape (P,)."""
    dark = np.array(DARK_DEPTH[passbands.survey])[band]
    loss = np.array(MOON_LOSS[passbands.survey])[band]
    moon = moon_illumination(mjd) ** 1.5 * generator.uniform(0.3, 1.0, len(mjd))
    seeing = generator.normal(0.0, 0.22, len(mjd))
    clouded = generator.random(len(mjd)) < 0.18
    clouds = np.where(clouded, generator.exponential(0.9, len(mjd)), 0.0)
    return np.clip(dark - loss * moon + seeing - np.minimum(clouds, 4.0), 15.0, None)


def background_error(limiting_magnitude: Array) -> Array:
    """Return the 1-sigma background error (FLUXCAL) of a 5-sigma limiting magnitude."""
    return flux_of(limiting_magnitude) / 5


def local_background(background: Array, star: Array, passbands: PassbandSet) -> Array:
    """Return the 1-sigma error of the difference flux where nothing changed, shape (P,).

    Parameters
    ----------
    background : ndarray, shape (P,)
        1-sigma error of the empty sky.
    star : ndarray, shape (P,)
        Flux of the source in the reference image, whose photons and whose imperfect subtraction
        add noise; 0 if there is none.
    passbands : PassbandSet
    """
    _, photon, gain = ZTF_VARIANCE if passbands.survey == "ztf" else LSST_VARIANCE
    strength = star / background
    return background * np.sqrt(1 + 0.5 * photon * strength + (0.1 * gain * strength) ** 2)


def flux_error(
    generator: np.random.Generator,
    flux: Array,
    background: Array,
    source: Indices,
    passbands: PassbandSet,
) -> Array:
    """Return the error of a difference flux as a pipeline quotes it, shape (P,).

    Parameters
    ----------
    generator : numpy.random.Generator
    flux : ndarray, shape (P,)
        True difference flux.
    background : ndarray, shape (P,)
        1-sigma error of the background, here.
    source : ndarray of int, shape (P,)
        Position of the object; crowding and host make some noisier throughout.
    passbands : PassbandSet
    """
    constant, photon, gain = ZTF_VARIANCE if passbands.survey == "ztf" else LSST_VARIANCE
    strength = np.abs(flux) / background
    variance = constant + photon * strength + (gain * strength) ** 2
    scatter = 0.13 if passbands.survey == "ztf" else 0.05
    surroundings = generator.lognormal(0.0, scatter, int(source.max(initial=0)) + 1)
    blur = generator.lognormal(0.0, scatter, len(flux))
    return background * np.sqrt(variance) * surroundings[source] * blur


def measure(
    generator: np.random.Generator, flux: Array, error: Array, passbands: PassbandSet
) -> Array:
    """Return a noisy measurement of each true difference flux, shape (P,).

    Two ZTF points of one night and band scatter by only 0.55 of their quoted errors (2,405 pairs
    of real typed supernovae), but for a floor of 2 % at the bright end and a few outliers.
    """
    noise = generator.standard_normal(len(flux))
    if passbands.survey != "ztf":
        return flux + error * noise
    outlier = generator.random(len(flux)) < ZTF_OUTLIERS
    width = np.where(outlier, 3.0, ZTF_SCATTER)
    spread = np.hypot(width * error, ZTF_FLOOR * np.abs(flux))
    return flux + spread * noise


def is_detected(
    generator: np.random.Generator,
    flux: Array,
    background: Array,
    source: Indices,
    band: Indices,
    passbands: PassbandSet,
) -> npt.NDArray[np.bool_]:
    """Return whether a difference image yields a source, of either sign, shape (P,).

    The threshold is 5 sigma of the background. For ZTF the light under the source raises it,
    more so in red bands, since hosts are red; seeing and image quality blur it.

    Parameters
    ----------
    generator : numpy.random.Generator
    flux, background : ndarray, shape (P,)
        Measured flux, 1-sigma error of the background.
    source, band : ndarray of int, shape (P,)
        Position of the object; index of the passband.
    passbands : PassbandSet
    """
    strength = np.abs(flux) / background
    if passbands.survey != "ztf" or not len(flux):
        return strength > 5.0
    size = int(source.max()) + 1
    host = generator.exponential(ZTF_HOST_THRESHOLD, size) * (generator.random(size) < 0.4)
    redness = (passbands.wavelength_array() / 4800.0) ** 1.5
    raised = 1 + host[source] * redness[band]
    return strength > ZTF_THRESHOLD * raised * generator.lognormal(0.0, 0.15, len(flux))
