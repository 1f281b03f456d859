"""Active galactic nuclei (quasars and Seyfert galaxies, blazars) as damped random walks."""

from __future__ import annotations

import numpy as np

from fink_t2.science.passbands import PassbandSet
from fink_t2.simulation.arrays import Array, Parameters
from fink_t2.simulation.magnitudes import flux_of
from fink_t2.simulation.models.damped_random_walk import damped_random_walk
from fink_t2.simulation.models.source import Source, Visits

_DAYS = 200.0


def _draw(
    generator: np.random.Generator, size: int, passbands: PassbandSet, bright: float
) -> Parameters:
    faint = 20.3 if passbands.survey == "ztf" else 23.5
    counts = 0.12
    low, high = 10 ** (counts * bright), 10 ** (counts * faint)
    magnitude = np.log10(generator.uniform(low, high, size)) / counts
    return {
        "magnitude": magnitude,
        "start": np.full(size, -_DAYS / 2),
        "end": np.full(size, _DAYS / 2),
    }


def _add_reference(generator: np.random.Generator, parameters: Parameters) -> Parameters:
    """Add the magnitude in the reference image, an independent point of the random walk."""
    size = len(parameters["magnitude"])
    parameters["reference"] = parameters["deviation"] * generator.standard_normal(size)
    parameters["reference_magnitude"] = parameters["magnitude"] + parameters["reference"]
    return parameters


def _draw_quasar(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
    parameters = _draw(generator, size, passbands, 14.5)
    redshift = generator.gamma(1.6, 0.35, size) + 0.01
    parameters["redshift"] = np.minimum(redshift, 3.0)
    # MacLeod et al. (2010, ApJ 721, 1014): tau ~ 200 d in the rest frame, SF_inf ~ 0.1 to 0.4 mag,
    # and the standard deviation of the walk is SF_inf / sqrt(2). Objects with alerts vary more.
    parameters["scale"] = generator.lognormal(np.log(200.0), 0.8, size) * (1 + redshift)
    parameters["deviation"] = generator.lognormal(np.log(0.22), 0.5, size)
    parameters["colour"] = generator.normal(0.25, 0.18, size)
    parameters["bluer"] = np.abs(generator.normal(0.15, 0.1, size))
    return _add_reference(generator, parameters)


def _draw_blazar(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
    parameters = _draw(generator, size, passbands, 13.5)
    parameters["redshift"] = np.minimum(generator.gamma(2.0, 0.2, size) + 0.03, 2.0)
    # Ruan et al. (2012, ApJ 760, 51): damping times of weeks, deviations of a few tenths of a
    # magnitude.
    parameters["scale"] = generator.lognormal(np.log(40.0), 1.0, size)
    parameters["deviation"] = generator.lognormal(np.log(0.45), 0.45, size)
    parameters["colour"] = generator.normal(0.46, 0.12, size)
    parameters["bluer"] = np.abs(generator.normal(0.08, 0.08, size))
    return _add_reference(generator, parameters)


def _flux(generator: np.random.Generator, parameters: Parameters, visits: Visits) -> Array:
    size = len(parameters["magnitude"])
    source, band = visits.source, visits.band
    walk = damped_random_walk(
        generator,
        visits.starts(size),
        visits.time,
        parameters["scale"],
        parameters["deviation"],
    )
    wavelength = visits.passbands.wavelength_array()
    blueness = np.log(6300.0 / wavelength)[None, :]
    factor = 1 + parameters["bluer"][:, None] * blueness / np.log(6300.0 / 4800.0)
    base = parameters["magnitude"][:, None] + parameters["colour"][:, None] * blueness / np.log(
        6300.0 / 4800.0
    )
    now = base[source, band] + walk * factor[source, band]
    then = base[source, band] + parameters["reference"][source] * factor[source, band]
    return flux_of(now) - flux_of(then)


QUASAR = Source("quasar", _draw_quasar, _flux)
BLAZAR = Source("blazar", _draw_blazar, _flux)
