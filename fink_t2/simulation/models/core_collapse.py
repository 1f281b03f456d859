"""Core-collapse supernovae of types IIP, IIL, IIn, IIb, Ib, Ic, Ic-BL and Ibn.

Luminosities follow Richardson et al. (2014, AJ 147, 118) and Perley et al. (2020, ApJ 904, 35);
slopes and lengths of plateaus follow Anderson et al. (2014, ApJ 786, 67); shapes and colours of
stripped-envelope supernovae follow Drout et al. (2011, ApJ 741, 97) and Taddia et al. (2018, A&A
609, A136).
"""

from __future__ import annotations

import numpy as np

from fink_t2.simulation.arrays import Array, Indices, Parameters
from fink_t2.simulation.models.cooling import colour_magnitude, soft_rise
from fink_t2.simulation.models.explosion import draw_dust, explosion

# fmt: off
#: Days since explosion and intrinsic colours g - r of hydrogen-rich supernovae.
_II_DAYS = np.array([0, 5, 10, 20, 30, 40, 50, 70, 90, 110, 130, 160, 250], dtype=float)
_II_COLOUR = np.array([-.28, -.22, -.12, .10, .28, .42, .53, .70, .85, 1.0, 1.05, 1.0, .8])
#: Days since maximum in r, magnitudes below maximum and intrinsic colours g - r of
#: stripped-envelope supernovae.
_STRIPPED_DAYS = np.array([-22, -20, -17, -15, -12, -10, -7, -5, -3, 0, 3, 5, 7, 10, 15, 20, 25,
                           30, 35, 40, 50, 60, 80, 100, 130], dtype=float)
_STRIPPED_R = np.array([5.0, 3.2, 2.1, 1.5, .9, .6, .28, .14, .05, 0, .05, .1, .18, .33, .64, .93,
                        1.13, 1.28, 1.40, 1.51, 1.70, 1.88, 2.25, 2.62, 3.2])
_STRIPPED_COLOUR = np.array([.14, .1, .05, .01, -.02, -.01, .05, .13, .24, .37, .5, .58, .67, .78,
                             .9, .92, .91, .87, .84, .8, .75, .68, .57, .5, .5])
# fmt: on


def _hydrogen_rich(parameters: Parameters, source: Indices, phase: Array, wave: Array) -> Array:
    """Return the magnitude of types IIP and IIL, with phases since explosion.

    The light curve has a fast rise, a plateau or linear decline, a drop, and a radioactive tail.
    """
    rise = parameters["rise"][source]
    since = phase - rise
    plateau = parameters["plateau"][source]
    early = parameters["early_slope"][source]
    late = parameters["late_slope"][source]
    bend = 30.0
    decline = np.where(since < bend, early * since, early * bend + late * (since - bend)) / 100.0
    drop = parameters["drop"][source] / (1 + np.exp(-np.clip((phase - plateau) / 4.0, -40, 40)))
    on_tail = np.maximum(0.0, phase - plateau - 8)
    tail = (0.98 - late) / 100.0 * on_tail
    magnitude = soft_rise(np.minimum(since, 0.0), rise, 4.0) + np.where(
        since > 0, decline + drop + tail, 0.0
    )
    pace = parameters["cooling_pace"][source]
    colour = np.interp(phase * pace, _II_DAYS, _II_COLOUR) + parameters["colour_offset"][source]
    blanketing = np.interp(phase * pace, [0.0, 15.0, 40.0], [0.0, 0.2, 1.6])
    return magnitude + colour_magnitude(colour, wave, blanketing)


def _plateau(generator: np.random.Generator, size: int) -> Parameters:
    parameters = draw_dust(generator, size, 0.12)
    parameters["absolute_magnitude"] = generator.normal(-16.9, 0.9, size)
    parameters["rise"] = generator.lognormal(np.log(11.0), 0.4, size)
    parameters["early_slope"] = generator.normal(1.0, 0.7, size)
    parameters["late_slope"] = np.clip(generator.normal(0.6, 0.5, size), -0.5, 2.0)
    parameters["plateau"] = np.clip(generator.normal(105, 15, size), 65, 150)
    parameters["drop"] = np.clip(generator.normal(1.9, 0.4, size), 0.8, 3.0)
    parameters["cooling_pace"] = generator.lognormal(0.0, 0.2, size)
    parameters["colour_offset"] = generator.normal(0.0, 0.05, size)
    return parameters


def _linear(generator: np.random.Generator, size: int) -> Parameters:
    parameters = _plateau(generator, size)
    parameters["absolute_magnitude"] = generator.normal(-17.7, 0.6, size)
    parameters["early_slope"] = np.clip(generator.normal(2.5, 1.0, size), 0.5, 5.0)
    parameters["late_slope"] = np.clip(generator.normal(2.2, 0.8, size), 1.0, 4.5)
    parameters["plateau"] = np.clip(generator.normal(85, 12, size), 55, 120)
    parameters["drop"] = np.clip(generator.normal(1.3, 0.4, size), 0.3, 2.5)
    return parameters


def _interacting_magnitude(
    parameters: Parameters, source: Indices, phase: Array, wave: Array
) -> Array:
    """Return the magnitude of types IIn and Ibn, with phases since explosion.

    A blue, slowly cooling photosphere rises and declines.
    """
    rise = parameters["rise"][source]
    since = phase - rise
    slope = parameters["late_slope"][source] / 100.0
    rounded = np.maximum(since, 0.0)
    bend = parameters["bend"][source]
    decline = slope * rounded**2 / (rounded + bend)
    magnitude = soft_rise(np.minimum(since, 0.0), rise) + decline
    colour = parameters["colour_offset"][source] + parameters["reddening_rate"][
        source
    ] * np.minimum(phase, 150.0)
    return magnitude + colour_magnitude(colour, wave, 0.3)


def _interacting(generator: np.random.Generator, size: int) -> Parameters:
    # Nyholm et al. (2020, A&A 637, A73): rise of 20 +- 6 d or 50 +- 11 d, slow and fast decline.
    parameters = draw_dust(generator, size, 0.08)
    parameters["absolute_magnitude"] = generator.normal(-18.5, 1.0, size)
    parameters["rise"] = np.where(
        generator.random(size) < 0.7,
        generator.lognormal(np.log(20.0), 0.35, size),
        generator.lognormal(np.log(50.0), 0.25, size),
    )
    parameters["late_slope"] = generator.lognormal(np.log(1.8), 0.55, size)
    parameters["bend"] = generator.uniform(5.0, 25.0, size)
    parameters["colour_offset"] = generator.normal(-0.05, 0.10, size)
    parameters["reddening_rate"] = generator.lognormal(np.log(0.004), 0.5, size)
    return parameters


def _stripped_magnitude(
    parameters: Parameters, source: Indices, phase: Array, wave: Array
) -> Array:
    """Return the magnitude of types Ib, Ic and IIb, with phases since maximum in r.

    A bell-shaped light curve, powered by radioactive decay, reddens fast.
    """
    scaled = phase / parameters["stretch"][source]
    magnitude = np.interp(scaled, _STRIPPED_DAYS, _STRIPPED_R, left=np.inf)
    late = np.maximum(0.0, scaled - _STRIPPED_DAYS[-1]) * 0.018
    colour = (
        np.interp(scaled, _STRIPPED_DAYS, _STRIPPED_COLOUR) + parameters["colour_offset"][source]
    )
    blanketing = np.interp(scaled, [-15.0, 0.0, 15.0], [0.2, 0.8, 1.8])
    bell = magnitude + late + colour_magnitude(colour, wave, blanketing)
    # The envelope of an extended star is blue and cools within days (Arcavi et al. 2017).
    since = phase + 20.0 * parameters["stretch"][source]
    with np.errstate(over="ignore"):
        cooling = parameters["envelope"][source] + 1.086 * np.maximum(since, 0.0) / 1.8
    early = np.where(since > 0, cooling + colour_magnitude(-0.15 + 0.08 * since, wave, 0.2), np.inf)
    return -2.5 * np.log10(10 ** (-0.4 * bell) + 10 ** (-0.4 * early) + 1e-30)


def _stripped(generator: np.random.Generator, size: int) -> Parameters:
    parameters = draw_dust(generator, size, 0.18, 0.1)
    parameters["stretch"] = generator.lognormal(0.0, 0.22, size)
    parameters["colour_offset"] = generator.normal(0.0, 0.08, size)
    parameters["envelope"] = np.full(size, 50.0)
    return parameters


def _stripped_hydrogen(generator: np.random.Generator, size: int) -> Parameters:
    parameters = _stripped(generator, size)
    parameters["absolute_magnitude"] = generator.normal(-17.0, 0.5, size)
    with_envelope = generator.random(size) < 0.5
    parameters["envelope"] = np.where(with_envelope, generator.uniform(-0.5, 1.5, size), 50.0)
    parameters["colour_offset"] -= 0.05
    return parameters


def _ibc(generator: np.random.Generator, size: int) -> Parameters:
    parameters = _stripped(generator, size)
    broad_lined = generator.random(size) < 0.15
    parameters["absolute_magnitude"] = np.where(
        broad_lined, generator.normal(-18.5, 0.6, size), generator.normal(-17.4, 0.6, size)
    )
    parameters["stretch"] *= np.where(broad_lined, 0.85, 1.0)
    return parameters


def _ibn(generator: np.random.Generator, size: int) -> Parameters:
    # Hosseinzadeh et al. (2017, ApJ 836, 158): rise of 7 d, decline of 0.1 mag per day, blue.
    parameters = draw_dust(generator, size, 0.05)
    parameters["absolute_magnitude"] = generator.normal(-19.0, 0.7, size)
    parameters["rise"] = generator.lognormal(np.log(7.0), 0.3, size)
    parameters["late_slope"] = generator.lognormal(np.log(9.0), 0.25, size)
    parameters["bend"] = generator.uniform(1.0, 4.0, size)
    parameters["colour_offset"] = generator.normal(-0.15, 0.08, size)
    parameters["reddening_rate"] = generator.lognormal(np.log(0.008), 0.5, size)
    return parameters


PLATEAU = explosion("SNIIP", _plateau, _hydrogen_rich, -20.0, 35, 200)
LINEAR = explosion("SNIIL", _linear, _hydrogen_rich, -20.0, 35, 160)
INTERACTING = explosion("SNIIn", _interacting, _interacting_magnitude, -21.5, 35, 250, 1.0)
STRIPPED_HYDROGEN = explosion("SNIIb", _stripped_hydrogen, _stripped_magnitude, -19.5, 55, 110)
STRIPPED = explosion("SNIbc", _ibc, _stripped_magnitude, -20.5, 55, 110)
HELIUM_INTERACTING = explosion("SNIbn", _ibn, _interacting_magnitude, -21.0, 35, 60)
