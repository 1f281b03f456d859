"""Sources in the Galaxy: lensing events, pulsating stars, eclipsing binaries, flaring dwarfs.

Their flux in a difference image is that of the star minus its flux in the reference image. It takes
both signs, and the photon noise of the star adds to that of the sky.
"""

from __future__ import annotations

import numpy as np

from fink_t2.science.passbands import PassbandSet
from fink_t2.simulation.arrays import Array, Parameters
from fink_t2.simulation.black_body import planck_ratio, temperature_of_colour
from fink_t2.simulation.magnitudes import flux_of
from fink_t2.simulation.models.source import Source, Visits

#: Wavelength of the magnitudes of stars, Angstrom.
STAR_WAVELENGTH = 6300.0


def star_flux(parameters: Parameters, passbands: PassbandSet) -> Array:
    """Return the mean flux of the stars in each passband, FLUXCAL, shape (n, M)."""
    wavelengths = passbands.wavelength_array()[None, :]
    temperature = temperature_of_colour(parameters["colour"])[:, None]
    shape = planck_ratio(wavelengths, temperature, STAR_WAVELENGTH)
    return flux_of(parameters["star_magnitude"])[:, None] * shape


def draw_star(
    generator: np.random.Generator,
    size: int,
    bright: float,
    faint: float,
    colour: tuple[float, float],
    days: float,
) -> Parameters:
    """Draw stars whose number increases towards faint magnitudes.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    size : int
        Number of stars.
    bright, faint : float
        Range of their magnitudes at `STAR_WAVELENGTH`.
    colour : tuple of float
        Mean and standard deviation of the colour g - r.
    days : float
        Length of the observations, days, centred on time zero.

    Returns
    -------
    dict
        Parameters of `fink_t2.simulation.models.source.Source`, with ``star_magnitude``,
        ``reference_magnitude`` and ``colour``.
    """
    # Slope of log10 of the number per magnitude: smaller than that of all stars, because bright
    # ones cause more alerts.
    counts = 0.08
    low, high = 10 ** (counts * bright), 10 ** (counts * faint)
    magnitude = np.log10(generator.uniform(low, high, size)) / counts
    return {
        "redshift": np.zeros(size),
        "star_magnitude": magnitude,
        "reference_magnitude": magnitude,
        "colour": generator.normal(colour[0], colour[1], size),
        "start": np.full(size, -days / 2),
        "end": np.full(size, days / 2),
    }


def faint_limit(passbands: PassbandSet) -> float:
    """Return the magnitude of the faintest stars whose variability a survey detects."""
    return 19.9 if passbands.survey == "ztf" else 23.5


# --- microlensing -------------------------------------------------------------------------


def _draw_lensing(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
    parameters = draw_star(generator, size, 14.5, faint_limit(passbands), (1.1, 0.35), 240)
    parameters["impact"] = generator.uniform(0.0, 0.8, size) ** 1.0
    # Mroz et al. (2019, ApJS 244, 29): log-normal Einstein times of about 20 d, longer in the disc.
    parameters["einstein_time"] = np.clip(generator.lognormal(np.log(24.0), 0.6, size), 2.0, 150.0)
    parameters["blended"] = np.where(
        generator.random(size) < 0.4, 1.0, generator.uniform(0.2, 1.0, size)
    )
    # Reference images that were taken during the event are too bright.
    parameters["reference_offset"] = generator.normal(0.0, 0.01, size)
    span = np.clip(3.0 * parameters["einstein_time"], 40, 200)
    parameters["start"], parameters["end"] = -span, span
    return parameters


def _lensing_flux(generator: np.random.Generator, parameters: Parameters, visits: Visits) -> Array:
    source = visits.source
    separation = np.hypot(
        parameters["impact"][source], visits.time / parameters["einstein_time"][source]
    )
    squared = separation**2
    # Paczynski (1986, ApJ 304, 1), equation 9.
    magnification = (squared + 2) / (separation * np.sqrt(squared + 4))
    star = star_flux(parameters, visits.passbands)[source, visits.band]
    excess = parameters["blended"][source] * (magnification - 1)
    return star * (excess - parameters["reference_offset"][source])


# --- periodic variables ---------------------------------------------------------------------


def periodic_flux(parameters: Parameters, visits: Visits, magnitude: Array, mean: Array) -> Array:
    """Return the difference flux of a variable star.

    Parameters
    ----------
    parameters : dict
        Parameters of the stars, from `draw_star`.
    visits : Visits
        The P visits.
    magnitude, mean : ndarray, shape (P,)
        Magnitudes relative to that of the star, in the visit and in the reference image.

    Returns
    -------
    ndarray, shape (P,)
        Fluxes, FLUXCAL.
    """
    star = star_flux(parameters, visits.passbands)[visits.source, visits.band]
    return star * (10 ** (-0.4 * magnitude) - 10 ** (-0.4 * mean))


def amplitude_factor(visits: Visits, power: float | Array) -> Array:
    """Return the amplitude of a variation relative to that at 6300 Angstrom.

    Parameters
    ----------
    visits : Visits
        The P visits.
    power : float or ndarray, shape (n,)
        Exponent of the inverse wavelength, for all sources or for each.

    Returns
    -------
    ndarray, shape (P,)
    """
    wavelength = visits.passbands.wavelength_array()[visits.band]
    of_source = power[visits.source] if isinstance(power, np.ndarray) else power
    return (STAR_WAVELENGTH / wavelength) ** of_source


def _draw_lyrae(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
    parameters = draw_star(generator, size, 13.5, faint_limit(passbands), (0.22, 0.12), 150)
    fundamental = generator.random(size) < 0.75
    parameters["fundamental"] = fundamental
    parameters["period"] = np.where(
        fundamental, generator.normal(0.57, 0.07, size), generator.normal(0.33, 0.04, size)
    ).clip(0.22, 0.9)
    # Sesar et al. (2010, ApJ 708, 717): amplitudes in g of 0.3 to 1.3 (ab) and 0.3 to 0.6 (c).
    parameters["amplitude"] = np.where(
        fundamental,
        np.clip(
            1.0 - 2.2 * (parameters["period"] - 0.55) + generator.normal(0, 0.12, size), 0.25, 1.4
        ),
        generator.normal(0.42, 0.07, size).clip(0.15, 0.6),
    )
    parameters["rise_share"] = np.where(
        fundamental, generator.uniform(0.10, 0.2, size), generator.uniform(0.35, 0.5, size)
    )
    parameters["phase"] = generator.random(size)
    parameters["reference_noise"] = generator.normal(0, 0.08, size)
    return parameters


def sawtooth(phase: Array, rise_share: Array) -> Array:
    """Return a smooth asymmetric wave between -0.5 (bright) and 0.5 (faint).

    Parameters
    ----------
    phase : ndarray
        Phases from 0 to 1, any shape.
    rise_share : ndarray
        Share of the period in which the brightness rises, same shape.

    Returns
    -------
    ndarray
        Relative magnitudes, same shape.
    """
    falling = phase < 1 - rise_share
    within = np.where(falling, phase / (1 - rise_share), (1 - phase) / rise_share)
    wave = np.where(
        falling, np.sin(0.5 * np.pi * within) ** 1.3, 0.5 - 0.5 * np.cos(np.pi * within)
    )
    return wave - 0.5


def _lyrae_flux(generator: np.random.Generator, parameters: Parameters, visits: Visits) -> Array:
    source = visits.source
    phase = (visits.time / parameters["period"][source] + parameters["phase"][source]) % 1.0
    amplitude = 0.72 * parameters["amplitude"][source] * amplitude_factor(visits, 1.25)
    magnitude = amplitude * sawtooth(phase, parameters["rise_share"][source])
    return periodic_flux(parameters, visits, magnitude, parameters["reference_noise"][source])


def _draw_eclipsing(
    generator: np.random.Generator, size: int, passbands: PassbandSet
) -> Parameters:
    parameters = draw_star(generator, size, 13.0, faint_limit(passbands) - 0.5, (0.6, 0.3), 150)
    contact = generator.random(size) < 0.55
    parameters["contact"] = contact
    parameters["period"] = np.where(
        contact,
        generator.lognormal(np.log(0.36), 0.2, size),
        generator.lognormal(np.log(1.6), 0.8, size),
    ).clip(0.2, 30.0)
    parameters["depth"] = np.where(
        contact, generator.uniform(0.15, 0.8, size), generator.lognormal(np.log(0.5), 0.6, size)
    ).clip(0.08, 2.5)
    parameters["second_depth"] = parameters["depth"] * np.where(
        contact, generator.uniform(0.75, 1.0, size), generator.uniform(0.05, 0.9, size)
    )
    parameters["width"] = np.where(contact, 0.13, generator.uniform(0.015, 0.07, size))
    parameters["phase"] = generator.random(size)
    parameters["reference_noise"] = np.where(contact, 0.3 * parameters["depth"], 0.0)
    parameters["reference_noise"] = parameters["reference_noise"] + generator.normal(0, 0.02, size)
    return parameters


def _eclipsing_flux(
    generator: np.random.Generator, parameters: Parameters, visits: Visits
) -> Array:
    source = visits.source
    phase = (visits.time / parameters["period"][source] + parameters["phase"][source]) % 1.0
    width = parameters["width"][source]

    def dip(centre: float) -> Array:
        distance = np.abs((phase - centre + 0.5) % 1.0 - 0.5)
        return np.exp(-0.5 * (distance / width) ** 2)

    magnitude = parameters["depth"][source] * dip(0.0) + parameters["second_depth"][source] * dip(
        0.5
    )
    magnitude = magnitude * amplitude_factor(visits, 0.1)
    return periodic_flux(parameters, visits, magnitude, parameters["reference_noise"][source])


def _draw_mira(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
    parameters = draw_star(generator, size, 12.5, faint_limit(passbands) - 1.0, (2.2, 0.5), 240)
    parameters["colour"] = np.clip(parameters["colour"], 1.2, 3.5)
    parameters["period"] = np.clip(generator.normal(300, 90, size), 100, 600)
    parameters["amplitude"] = np.clip(generator.normal(2.8, 0.9, size), 1.0, 5.5)
    parameters["rise_share"] = generator.uniform(0.3, 0.5, size)
    parameters["phase"] = generator.random(size)
    # The reference image averages weeks of one cycle, so that its magnitude is near that of one
    # phase.
    shape = sawtooth(generator.random(size), parameters["rise_share"])
    parameters["reference"] = 0.8 * parameters["amplitude"] * shape
    parameters["reference_magnitude"] = parameters["star_magnitude"] + parameters["reference"]
    return parameters


def _mira_flux(generator: np.random.Generator, parameters: Parameters, visits: Visits) -> Array:
    source = visits.source
    phase = (visits.time / parameters["period"][source] + parameters["phase"][source]) % 1.0
    factor = amplitude_factor(visits, 0.9)
    wave = sawtooth(phase, parameters["rise_share"][source])
    magnitude = parameters["amplitude"][source] * factor * wave
    return periodic_flux(parameters, visits, magnitude, parameters["reference"][source] * factor)


# --- flaring dwarfs -------------------------------------------------------------------------


def _draw_flaring(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
    parameters = draw_star(generator, size, 14.0, faint_limit(passbands) + 0.5, (1.45, 0.12), 90)
    parameters["flares"] = 1 + generator.poisson(1.5, size)
    parameters["spots"] = generator.exponential(0.02, size)
    parameters["spot_period"] = generator.lognormal(np.log(3.0), 1.0, size)
    parameters["phase"] = generator.random(size)
    return parameters


def _flaring_flux(generator: np.random.Generator, parameters: Parameters, visits: Visits) -> Array:
    source, band, time = visits.source, visits.band, visits.time
    wavelengths = visits.passbands.wavelength_array()
    size = len(parameters["star_magnitude"])
    starts = visits.starts(size)
    # Only flares that are observed cause alerts, so each begins shortly before a visit.
    owner = np.repeat(np.arange(size), parameters["flares"])
    first, last = starts[owner], starts[owner + 1]
    chosen = np.minimum(
        first + (generator.random(len(owner)) * (last - first)).astype(int), last - 1
    )
    begin = time[chosen] - generator.exponential(0.02, len(owner))
    # Durations and amplitudes are correlated (Kowalski et al. 2013; Davenport et al. 2014).
    fade = generator.lognormal(np.log(0.02), 0.9, len(owner))
    peak = generator.lognormal(np.log(2.5), 0.8, len(owner)) * (fade / 0.02) ** 0.5
    # A flare is a black body of 10,000 K; its amplitude is relative to the flux of the star in g.
    star = star_flux(parameters, visits.passbands)
    g = int(np.argmin(np.abs(wavelengths - 4800.0)))
    hot = planck_ratio(wavelengths, np.full(len(wavelengths), 1e4), wavelengths[g])
    flux = np.zeros(len(time))
    for flare in range(len(owner)):
        part = slice(first[flare], last[flare])
        age = time[part] - begin[flare]
        profile = np.where(
            age > 0,
            0.7 * np.exp(-np.maximum(age, 0) / fade[flare])
            + 0.3 * np.exp(-np.maximum(age, 0) / (6 * fade[flare])),
            0.0,
        )
        flux[part] += peak[flare] * star[owner[flare], g] * hot[band[part]] * profile
    angle = 2 * np.pi * (time / parameters["spot_period"][source] + parameters["phase"][source])
    rotation = parameters["spots"][source] * np.sin(angle) * amplitude_factor(visits, 0.7)
    return flux + star[source, band] * rotation


LENSING = Source("microlensing", _draw_lensing, _lensing_flux)
LYRAE = Source("RR Lyrae", _draw_lyrae, _lyrae_flux)
ECLIPSING = Source("eclipsing binary", _draw_eclipsing, _eclipsing_flux)
MIRA = Source("Mira", _draw_mira, _mira_flux)
FLARING = Source("flaring M dwarf", _draw_flaring, _flaring_flux)
