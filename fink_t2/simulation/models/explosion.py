"""Properties common to all extragalactic transients: distance, redshift and dust.

A model is a magnitude relative to the absolute magnitude, as a function of rest-frame phase and
rest-frame wavelength. Evaluating it at the rest-frame wavelength of each observed passband accounts
for the K correction, and dividing the phase by 1 + z for time dilation.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fink_t2.science.passbands import PassbandSet
from fink_t2.simulation.arrays import Array, Indices, Parameters
from fink_t2.simulation.dust import extinction_curve
from fink_t2.simulation.magnitudes import flux_of
from fink_t2.simulation.models.source import Flux, Source, Visits
from fink_t2.simulation.selection import draw_in_volume

#: Observed wavelength of the peak magnitude that is compared with the limit of a survey, Angstrom.
SELECTION_WAVELENGTH = 5500.0

#: ``relative(parameters, source, phase, wavelength)`` returns magnitudes relative to
#: ``parameters["absolute_magnitude"]``, shape (P,), infinite before the explosion. `source` are
#: indices of the sources, `phase` rest-frame days and `wavelength` rest-frame Angstrom, shape (P,).
RelativeMagnitude = Callable[[Parameters, Indices, Array, Array], Array]


def draw_dust(
    generator: np.random.Generator, size: int, host_scale: float, dustless: float = 0.3
) -> Parameters:
    """Draw reddening by the Milky Way and by the host galaxy.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    size : int
        Number of sources.
    host_scale : float
        Scale of the exponential distribution of E(B-V) in the host galaxy, magnitudes.
    dustless : float
        Share of sources without dust in their host galaxy.

    Returns
    -------
    dict
        ``galactic_reddening`` and ``host_reddening``, E(B-V), and ``host_ratio``, R_V.
    """
    in_host = generator.exponential(host_scale, size) * (generator.random(size) > dustless)
    return {
        "galactic_reddening": np.minimum(generator.lognormal(np.log(0.05), 0.95, size), 0.8),
        "host_reddening": np.minimum(in_host, 1.2),
        "host_ratio": np.full(size, 3.1),
    }


def dimming(parameters: Parameters, wavelength: float) -> Array:
    """Return the total extinction, magnitudes, at a wavelength, Angstrom, ignoring the redshift."""
    at = np.array([wavelength])
    galactic = parameters["galactic_reddening"] * 3.1 * extinction_curve(at, 3.1)
    ratio = parameters["host_ratio"]
    return galactic + parameters["host_reddening"] * ratio * extinction_curve(at, ratio)


def explosion_flux(relative: RelativeMagnitude) -> Flux:
    """Make the flux function of a source from its relative rest-frame magnitude.

    Parameters
    ----------
    relative : callable
        See `RelativeMagnitude`.

    Returns
    -------
    callable
        See `fink_t2.simulation.models.source.Source`.
    """

    def flux(generator: np.random.Generator, parameters: Parameters, visits: Visits) -> Array:
        stretch = 1 + parameters["redshift"]
        observed = visits.passbands.wavelength_array()
        emitted = observed[None, :] / stretch[:, None]
        ratio = parameters["host_ratio"][:, None]
        extinction = parameters["galactic_reddening"][:, None] * 3.1 * extinction_curve(
            observed, 3.1
        ) + parameters["host_reddening"][:, None] * ratio * extinction_curve(emitted, ratio)
        offset = (
            parameters["absolute_magnitude"]
            + parameters["distance_modulus"]
            - 2.5 * np.log10(stretch)
        )[:, None] + extinction
        source, band = visits.source, visits.band
        phase = visits.time / stretch[source]
        magnitude = offset[source, band] + relative(
            parameters, source, phase, emitted[source, band]
        )
        return flux_of(magnitude)

    return flux


def explosion(
    name: str,
    propose: Callable[[np.random.Generator, int], Parameters],
    relative: RelativeMagnitude,
    brightest: float,
    before: float,
    after: float,
    evolution: float = 0.0,
) -> Source:
    """Make the source family of one type of explosion.

    Parameters
    ----------
    name : str
        Name of the subtype.
    propose : callable
        ``propose(generator, n)`` returns ``absolute_magnitude`` (AB, at the reference wavelength
        and phase zero of the model), the reddening (see `draw_dust`), and parameters of the model.
    relative : callable
        See `RelativeMagnitude`.
    brightest : float
        Absolute magnitude of the most luminous explosions, which determines the volume.
    before, after : float
        Rest-frame days before and after phase zero in which the survey observes.
    evolution : float
        The rate per comoving volume is proportional to (1 + z) to this power.
    """

    def propose_with_peak(generator: np.random.Generator, size: int) -> Parameters:
        parameters = propose(generator, size)
        parameters["peak_magnitude"] = parameters["absolute_magnitude"] + dimming(
            parameters, SELECTION_WAVELENGTH
        )
        return parameters

    def draw(generator: np.random.Generator, size: int, passbands: PassbandSet) -> Parameters:
        parameters = draw_in_volume(
            generator, size, passbands, propose_with_peak, brightest, evolution
        )
        stretch = 1 + parameters["redshift"]
        parameters["start"] = -before * stretch
        parameters["end"] = after * stretch
        return parameters

    return Source(name, draw, explosion_flux(relative))
