"""Superluminous supernovae of type I, tidal disruption events, and kilonovae."""

from __future__ import annotations

import numpy as np

from fink_t2.simulation.arrays import Array, Indices, Parameters
from fink_t2.simulation.black_body import SECOND_RADIATION_CONSTANT, planck_ratio
from fink_t2.simulation.models.cooling import REFERENCE_WAVELENGTH, soft_rise
from fink_t2.simulation.models.explosion import draw_dust, explosion


def _magnetar_magnitude(
    parameters: Parameters, source: Indices, phase: Array, wave: Array
) -> Array:
    """Return the magnitude of a type I superluminous supernova, with phases since explosion.

    A magnetar heats an envelope: the luminosity rises and declines as (1 + t / tau)^-2.
    """
    rise = parameters["rise"][source]
    since = phase - rise
    after = np.maximum(since, 0.0)
    spin_down = parameters["spin_down"][source]
    # Quadratic at maximum, then L ~ (1 + t / tau)^-2 (Kasen & Bildsten 2010, ApJ 717, 245).
    rounded = after**2 / (after + 0.3 * rise)
    decline = 5.0 * np.log10(1 + rounded / spin_down)
    temperature = parameters["floor"][source] + (
        parameters["hot"][source] - parameters["floor"][source]
    ) / (1 + np.exp(np.clip((since - parameters["cooling"][source]) / 15.0, -40, 40)))
    ratio = planck_ratio(wave, temperature, REFERENCE_WAVELENGTH)
    blanketed = 1.2 * np.maximum(0.0, 3000.0 - wave) / 1000.0
    return soft_rise(np.minimum(since, 0.0), rise) + decline + blanketed - 2.5 * np.log10(ratio)


def _magnetar(generator: np.random.Generator, size: int) -> Parameters:
    # Chen et al. (2023, ApJ 943, 41), SLSNe-I of ZTF: rise of 42 +- 18 d, M_g = -21.5 +- 0.6,
    # g-r of -0.1 to 0.2 at maximum.
    parameters = draw_dust(generator, size, 0.03, 0.5)
    parameters["absolute_magnitude"] = generator.normal(-21.3, 0.7, size)
    rise = generator.lognormal(np.log(35.0), 0.35, size)
    parameters["rise"] = rise
    parameters["spin_down"] = rise * generator.lognormal(np.log(1.5), 0.5, size)
    parameters["hot"] = generator.lognormal(np.log(17500.0), 0.22, size)
    parameters["floor"] = generator.normal(5600.0, 600.0, size)
    parameters["cooling"] = generator.normal(8.0, 14.0, size)
    return parameters


def _disruption_magnitude(
    parameters: Parameters, source: Indices, phase: Array, wave: Array
) -> Array:
    """Return the magnitude of a tidal disruption event, with phases since maximum.

    A hot black body of nearly constant temperature rises as a Gaussian and declines as a power law.
    """
    with np.errstate(over="ignore"):
        rise = 0.5 * 1.086 * (np.minimum(phase, 0.0) / parameters["rise"][source]) ** 2
    fallback = parameters["fallback"][source]
    decline = (
        2.5 * parameters["power"][source] * np.log10((np.maximum(phase, 0.0) + fallback) / fallback)
    )
    temperature = parameters["temperature"][source] * np.clip(
        1 + parameters["warming"][source] * phase / 100.0, 0.6, 1.8
    )
    ratio = planck_ratio(wave, temperature, REFERENCE_WAVELENGTH)
    return rise + decline - 2.5 * np.log10(ratio)


def _disruption(generator: np.random.Generator, size: int) -> Parameters:
    # van Velzen et al. (2021, ApJ 908, 4), Hammerstein et al. (2023, ApJ 942, 9): temperatures of
    # 1e4 to 4e4 K, rise (Gaussian sigma) of 5 to 40 d, decline approaching t^(-5/3).
    parameters = draw_dust(generator, size, 0.04, 0.5)
    parameters["absolute_magnitude"] = generator.normal(-18.8, 0.9, size)
    parameters["rise"] = generator.lognormal(np.log(14.0), 0.5, size)
    parameters["fallback"] = generator.lognormal(np.log(55.0), 0.5, size)
    parameters["power"] = np.clip(generator.normal(5.0 / 3.0, 0.25, size), 1.0, 2.5)
    parameters["temperature"] = generator.lognormal(np.log(20000.0), 0.3, size)
    parameters["warming"] = generator.normal(0.05, 0.2, size)
    return parameters


def _planck_exponential(temperature: Array) -> Array:
    """Return exp(h nu / k T) - 1 at the reference wavelength."""
    return np.expm1(SECOND_RADIATION_CONSTANT / (REFERENCE_WAVELENGTH * temperature))


def _kilonova_magnitude(
    parameters: Parameters, source: Indices, phase: Array, wave: Array
) -> Array:
    """Return the magnitude of a kilonova, with phases since merger.

    A fast blue and a slower red component are cooling black bodies.
    """
    flux = np.zeros_like(phase)
    for component in ("blue", "red"):
        duration = parameters[f"{component}_duration"][source]
        since = np.maximum(phase, 1e-3) / duration
        # Bolometric luminosity: flat until the diffusion time, then a power law.
        luminosity = since**0.3 / (1 + since**2.2)
        start = parameters[f"{component}_temperature"][source]
        temperature = np.maximum(start * (1 + since) ** -1.0, 2300.0)
        # Since L is proportional to T^4 R^2, the flux density is L / T^4 times Planck's law.
        shape = planck_ratio(wave, temperature, REFERENCE_WAVELENGTH)
        at_reference = temperature**-4 / _planck_exponential(temperature)
        unit = start**-4 / _planck_exponential(start)
        share = parameters[f"{component}_share"][source]
        flux += share * luminosity * shape * at_reference / unit
    with np.errstate(divide="ignore"):
        return np.where(phase > 0, -2.5 * np.log10(np.maximum(flux, 1e-30)), np.inf)


def _kilonova(generator: np.random.Generator, size: int) -> Parameters:
    # Distributed around AT 2017gfo (Villar et al. 2017, ApJL 851, L21).
    parameters = draw_dust(generator, size, 0.03, 0.5)
    parameters["absolute_magnitude"] = generator.normal(-15.6, 0.7, size)
    parameters["blue_duration"] = generator.lognormal(np.log(1.1), 0.3, size)
    parameters["red_duration"] = generator.lognormal(np.log(3.5), 0.3, size)
    parameters["blue_temperature"] = generator.lognormal(np.log(13000.0), 0.2, size)
    parameters["red_temperature"] = generator.lognormal(np.log(4800.0), 0.15, size)
    parameters["blue_share"] = generator.uniform(0.7, 1.3, size)
    parameters["red_share"] = generator.lognormal(np.log(0.2), 0.4, size)
    return parameters


SUPERLUMINOUS = explosion("SLSN-I", _magnetar, _magnetar_magnitude, -23.2, 35, 230, 1.5)
TIDAL_DISRUPTION = explosion("TDE", _disruption, _disruption_magnitude, -21.5, 70, 200)
KILONOVA = explosion("KN", _kilonova, _kilonova_magnitude, -17.5, 32, 20)
