"""Type Ia supernovae, normal and peculiar: SNIa, SNIa-91bg, SNIax.

A table of magnitudes over rest-frame phase and wavelength represents the mean spectral sequence. It
follows the mean UBVRI light curves of Hsiao et al. (2007, ApJ 663, 1187) and Nugent et al. (2002,
PASP 114, 803) and the intrinsic colours of Folatelli et al. (2010, AJ 139, 120), with a second
maximum beyond 6000 Angstrom. For each supernova the table is stretched in time; slower supernovae
are brighter and redder ones fainter, as in SALT2 (Guy et al. 2007, A&A 466, 11).
"""

from __future__ import annotations

import numpy as np

from fink_t2.simulation.arrays import Array, Indices, Parameters
from fink_t2.simulation.models.explosion import draw_dust, explosion
from fink_t2.simulation.models.tables import interpolate_table

# fmt: off
_PHASES = np.array(
    [-19, -17, -15, -12, -10, -7, -5, -3, 0, 3, 5, 7, 10, 13, 15, 18, 20, 23, 25, 28, 30, 35, 40,
     50, 60, 80, 100], dtype=float)
_WAVELENGTHS = np.array([1800, 2700, 3600, 4400, 5400, 6200, 7700, 10000], dtype=float)
#: AB magnitude at maximum in B, relative to that at 4400 Angstrom.
_COLOUR = np.array([4.0, 2.2, 0.50, 0.0, 0.05, 0.15, 0.70, 0.95])
_U = [6.5, 4.1, 2.6, 1.1, .6, .17, .03, -.03, 0, .2, .36, .57, .97, 1.4, 1.68, 2.1, 2.35, 2.65,
      2.8, 2.97, 3.07, 3.22, 3.33, 3.5, 3.65, 3.9, 4.2]
_B = [6.5, 3.9, 2.5, 1.30, .82, .34, .16, .05, 0, .05, .14, .27, .54, .82, 1.02, 1.36, 1.58, 1.89,
      2.07, 2.3, 2.43, 2.68, 2.86, 3.05, 3.2, 3.5, 3.8]
_V = [6.5, 3.9, 2.5, 1.35, .87, .42, .22, .10, 0, -.02, .02, .08, .24, .44, .57, .76, .88, 1.05,
      1.18, 1.4, 1.54, 1.86, 2.07, 2.35, 2.6, 3.1, 3.55]
_R = [6.5, 3.9, 2.5, 1.35, .87, .43, .23, .10, 0, 0, .07, .18, .42, .6, .66, .68, .69, .72, .78,
      .92, 1.05, 1.42, 1.72, 2.1, 2.42, 3.05, 3.6]
_I = [6.3, 3.7, 2.3, 1.15, .7, .28, .1, .02, 0, .12, .25, .4, .57, .63, .6, .5, .43, .36, .36,
      .45, .56, .95, 1.27, 1.7, 2.1, 2.8, 3.4]
_Y = [6.3, 3.7, 2.3, 1.15, .7, .28, .1, .02, 0, .2, .4, .6, .7, .6, .45, .2, .0, -.2, -.3, -.3,
      -.2, .2, .6, 1.2, 1.7, 2.7, 3.4]
# fmt: on
_TABLE = _COLOUR + np.array([_U, _U, _U, _B, _V, _R, _I, _Y]).T
#: The table of faint, fast supernovae, without a second maximum beyond 6000 Angstrom.
_TABLE_SINGLE = _COLOUR + np.array([_U, _U, _U, _B, _V, _V, _V, _V]).T

COLOUR_RATIO = 2.1


def _relative(parameters: Parameters, source: Indices, phase: Array, wavelength: Array) -> Array:
    scaled = phase / parameters["stretch"][source]
    double = interpolate_table(_PHASES, _WAVELENGTHS, _TABLE, scaled, wavelength)
    single = interpolate_table(_PHASES, _WAVELENGTHS, _TABLE_SINGLE, scaled, wavelength)
    share = parameters["second_maximum"][source]
    with np.errstate(invalid="ignore"):
        mixed = single + share * (double - single)
    reddening = parameters["redness"][source] * np.interp(
        wavelength, [3000, 4400, 5500, 6500, 10000], [0.6, 0.0, -1.0, -1.5, -2.0]
    )
    return np.where(np.isfinite(single), mixed + reddening, np.inf)


def _normal(generator: np.random.Generator, size: int) -> Parameters:
    # Slow decliners dominate magnitude-limited samples, with a long tail to fast ones.
    stretch = np.where(
        generator.random(size) < 0.75,
        generator.normal(1.02, 0.07, size),
        generator.normal(0.86, 0.08, size),
    )
    stretch = np.clip(stretch, 0.66, 1.25)
    parameters = draw_dust(generator, size, 0.0)
    # Colour as in SALT2: intrinsic scatter, and dust with a tail that the limit truncates.
    dusty = generator.random(size) < 0.45
    colour = generator.normal(0.0, 0.065, size) + generator.exponential(
        np.where(dusty, 0.33, 0.06), size
    )
    parameters["host_reddening"] = colour
    parameters["host_ratio"] = np.full(size, COLOUR_RATIO)
    parameters["absolute_magnitude"] = (
        -19.35 - 1.3 * (stretch - 1) + generator.normal(0, 0.12, size)
    )
    parameters["stretch"] = stretch
    parameters["second_maximum"] = np.clip(
        1 + 2.5 * (stretch - 0.95) + generator.normal(0, 0.25, size), 0.2, 1.7
    )
    parameters["redness"] = generator.normal(0, 0.05, size)
    return parameters


def _subluminous(generator: np.random.Generator, size: int) -> Parameters:
    # Taubenberger (2017), Handbook of Supernovae: M_B of -16.7 to -18, dm15(B) of 1.8 to 2.1,
    # B-V of 0.4 to 0.75 at maximum, no second maximum in i.
    parameters = draw_dust(generator, size, 0.05, 0.6)
    stretch = np.clip(generator.normal(0.62, 0.05, size), 0.5, 0.75)
    parameters["stretch"] = stretch
    parameters["absolute_magnitude"] = (
        -17.1 - 5.0 * (stretch - 0.62) + generator.normal(0, 0.25, size)
    )
    parameters["second_maximum"] = np.clip(generator.normal(0.1, 0.1, size), -0.1, 0.35)
    parameters["redness"] = np.clip(generator.normal(0.5, 0.1, size), 0.25, 0.8)
    return parameters


def _iax(generator: np.random.Generator, size: int) -> Parameters:
    # Foley et al. (2013, ApJ 767, 57): M_V of -14 to -19, faster and cooler than normal supernovae
    # of the same luminosity, no second maximum.
    parameters = draw_dust(generator, size, 0.06, 0.4)
    luminosity = np.clip(generator.normal(-17.2, 0.9, size), -18.9, -14.0)
    parameters["absolute_magnitude"] = luminosity
    parameters["stretch"] = np.clip(
        0.75 - 0.06 * (luminosity + 17.2) + generator.normal(0, 0.08, size), 0.5, 1.05
    )
    parameters["second_maximum"] = np.clip(generator.normal(-0.05, 0.1, size), -0.3, 0.2)
    parameters["redness"] = np.clip(generator.normal(0.18, 0.1, size), 0.0, 0.5)
    return parameters


NORMAL = explosion("SNIa", _normal, _relative, -20.4, 40, 90, evolution=1.5)
SUBLUMINOUS = explosion("SNIa-91bg", _subluminous, _relative, -18.6, 35, 70)
IAX = explosion("SNIax", _iax, _relative, -19.2, 35, 80, evolution=1.5)
