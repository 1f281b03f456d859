"""Galactic variables outside the 14 classes: young stars, Be stars, giants, cataclysmic variables.

They are frequent in the alert stream of a survey, and a classifier that was trained without them
takes many for supernovae. They are simulated on request as class "other".
"""

from __future__ import annotations

import numpy as np

from fink_t2.science.passbands import PassbandSet
from fink_t2.simulation.arrays import Array, Parameters
from fink_t2.simulation.models.damped_random_walk import damped_random_walk
from fink_t2.simulation.models.source import Source, Visits
from fink_t2.simulation.models.stellar import (
    amplitude_factor,
    draw_star,
    faint_limit,
    periodic_flux,
    sawtooth,
)

_DAYS = 200.0


def _add_reference(generator: np.random.Generator, parameters: Parameters) -> Parameters:
    """Add the magnitude in the reference image, an independent point of the random walk."""
    size = len(parameters["star_magnitude"])
    parameters["phase"] = generator.random(size)
    parameters["reference"] = parameters["deviation"] * generator.standard_normal(size)
    parameters["reference_magnitude"] = parameters["star_magnitude"] + parameters["reference"]
    return parameters


def _wandering_flux(
    generator: np.random.Generator, parameters: Parameters, visits: Visits
) -> Array:
    """Return the difference flux of a random walk and a sine, with amplitudes by passband."""
    size = len(parameters["star_magnitude"])
    source = visits.source
    walk = damped_random_walk(
        generator,
        visits.starts(size),
        visits.time,
        parameters["scale"],
        parameters["deviation"],
    )
    turn = 2 * np.pi * (visits.time / parameters["period"][source] + parameters["phase"][source])
    walk = walk + parameters["cyclic"][source] * np.sin(turn)
    factor = amplitude_factor(visits, parameters["bluer"])
    return periodic_flux(
        parameters, visits, walk * factor, parameters["reference"][source] * factor
    )


def _draw_young(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
    # Cody et al. (2014, AJ 147, 82): bursts, dips and stochastic changes within days to weeks.
    parameters = draw_star(generator, size, 13.0, faint_limit(passbands), (1.25, 0.4), _DAYS)
    parameters["scale"] = generator.lognormal(np.log(12.0), 1.0, size)
    parameters["deviation"] = generator.lognormal(np.log(0.30), 0.6, size)
    parameters["period"] = generator.lognormal(np.log(6.0), 0.6, size)
    parameters["cyclic"] = generator.exponential(0.08, size)
    parameters["bluer"] = generator.normal(0.8, 0.4, size)
    return _add_reference(generator, parameters)


def _draw_hot(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
    # Be stars, symbiotic stars and luminous blue variables vary slowly at nearly constant colour.
    parameters = draw_star(generator, size, 12.5, faint_limit(passbands) - 1, (0.25, 0.35), _DAYS)
    parameters["scale"] = generator.lognormal(np.log(120.0), 0.9, size)
    parameters["deviation"] = generator.lognormal(np.log(0.18), 0.6, size)
    parameters["period"] = generator.lognormal(np.log(2.0), 1.0, size)
    parameters["cyclic"] = generator.exponential(0.03, size)
    parameters["bluer"] = generator.normal(0.0, 0.5, size)
    return _add_reference(generator, parameters)


def _draw_giant(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
    # Semiregular and irregular red giants, and carbon stars.
    parameters = draw_star(generator, size, 12.5, faint_limit(passbands) - 0.5, (1.8, 0.5), _DAYS)
    parameters["colour"] = np.clip(parameters["colour"], 0.9, 3.2)
    parameters["scale"] = generator.lognormal(np.log(60.0), 0.7, size)
    parameters["deviation"] = generator.lognormal(np.log(0.15), 0.6, size)
    parameters["period"] = generator.lognormal(np.log(80.0), 0.6, size)
    parameters["cyclic"] = generator.exponential(0.2, size)
    parameters["bluer"] = generator.normal(0.9, 0.4, size)
    return _add_reference(generator, parameters)


def _draw_spotted(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
    # RS CVn, BY Dra and other rotating stars.
    parameters = draw_star(generator, size, 13.0, faint_limit(passbands) - 1, (0.85, 0.35), _DAYS)
    parameters["scale"] = generator.lognormal(np.log(100.0), 0.5, size)
    parameters["deviation"] = generator.exponential(0.03, size) + 0.005
    parameters["period"] = generator.lognormal(np.log(5.0), 1.0, size)
    parameters["cyclic"] = generator.lognormal(np.log(0.10), 0.6, size)
    parameters["bluer"] = generator.normal(0.6, 0.3, size)
    return _add_reference(generator, parameters)


def _draw_cepheid(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
    parameters = draw_star(generator, size, 12.5, faint_limit(passbands) - 1, (0.75, 0.25), _DAYS)
    parameters["period"] = np.clip(generator.lognormal(np.log(5.0), 0.8, size), 1.0, 60.0)
    parameters["amplitude"] = generator.uniform(0.3, 1.3, size)
    parameters["rise_share"] = generator.uniform(0.15, 0.45, size)
    parameters["phase"] = generator.random(size)
    return parameters


def _cepheid_flux(generator: np.random.Generator, parameters: Parameters, visits: Visits) -> Array:
    source = visits.source
    phase = (visits.time / parameters["period"][source] + parameters["phase"][source]) % 1.0
    amplitude = 0.7 * parameters["amplitude"][source] * amplitude_factor(visits, 1.3)
    magnitude = amplitude * sawtooth(phase, parameters["rise_share"][source])
    return periodic_flux(parameters, visits, magnitude, np.zeros_like(phase))


def _draw_cataclysmic(
    generator: np.random.Generator, size: int, passbands: PassbandSet
) -> Parameters:
    # Dwarf novae with amplitudes of 2 to 8 mag (Otulakowska-Hypka et al. 2016, MNRAS 460, 2526).
    parameters = draw_star(generator, size, 17.0, faint_limit(passbands) + 2.0, (0.2, 0.3), _DAYS)
    parameters["outburst_colour"] = generator.normal(-0.02, 0.12, size)
    room = parameters["star_magnitude"] - 13.0
    parameters["amplitude"] = np.minimum(generator.normal(3.8, 1.2, size).clip(1.2, 8.0), room)
    parameters["rise"] = generator.lognormal(np.log(0.8), 0.5, size)
    parameters["plateau"] = generator.lognormal(np.log(5.0), 0.8, size)
    parameters["slope"] = generator.uniform(0.03, 0.18, size)
    parameters["decline"] = generator.lognormal(np.log(0.8), 0.4, size)
    parameters["recurrence"] = generator.lognormal(np.log(70.0), 0.9, size).clip(12.0, 2000.0)
    parameters["flickering"] = generator.exponential(0.15, size)
    return parameters


def _cataclysmic_flux(
    generator: np.random.Generator, parameters: Parameters, visits: Visits
) -> Array:
    source = visits.source
    recurrence = parameters["recurrence"][source]
    # An outburst starts at time zero, and the others follow at the recurrence time.
    since = (visits.time + 0.3 * recurrence) % recurrence - 0.3 * recurrence
    amplitude = parameters["amplitude"][source]
    plateau = parameters["plateau"][source]
    rise = np.clip(-since / parameters["rise"][source], 0.0, None) * 2.0
    fade = parameters["slope"][source] * np.clip(since, 0.0, plateau)
    fall = parameters["decline"][source] * np.clip(since - plateau, 0.0, None)
    brightening = np.clip(amplitude - rise - fade - fall, 0.0, None)
    flicker = parameters["flickering"][source] * generator.standard_normal(len(since))
    magnitude = -np.where(brightening > 0, brightening, 0.5 * flicker)
    quiet = periodic_flux(parameters, visits, magnitude, np.zeros_like(magnitude))
    # In outburst the disc, which is blue, outshines the star.
    wavelength = visits.passbands.wavelength_array()[visits.band]
    tint = parameters["outburst_colour"][source] - parameters["colour"][source]
    blueness = np.log(6300.0 / wavelength) / np.log(6300.0 / 4800.0)
    share = np.clip(brightening / 2.0, 0.0, 1.0)
    return quiet * 10 ** (-0.4 * share * tint * blueness)


YOUNG = Source("young star", _draw_young, _wandering_flux)
HOT = Source("Be or symbiotic star", _draw_hot, _wandering_flux)
GIANT = Source("red giant", _draw_giant, _wandering_flux)
SPOTTED = Source("spotted star", _draw_spotted, _wandering_flux)
CEPHEID = Source("Cepheid", _draw_cepheid, _cepheid_flux)
CATACLYSMIC = Source("cataclysmic variable", _draw_cataclysmic, _cataclysmic_flux)
