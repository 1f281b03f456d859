"""What all extragalactic transients share: distance, redshift, dust, and one light-curve table.

A model gives a magnitude relative to its absolute magnitude, as a function of rest-frame phase
and rest-frame wavelength. Evaluating it at the rest wavelength of every observed passband is
what makes colours change with redshift (the K correction), and dividing the phase by 1 + z
stretches the light curve.
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

#: Wavelength at which a proposal's peak magnitude is compared with the survey's limit.
SELECTION_WAVELENGTH = 5500.0

#: ``relative(parameters, source, phase, wavelength)`` with `source`, `phase` (rest-frame days),
#: `wavelength` (rest-frame Angstrom) of shape (P,): magnitudes relative to
#: ``parameters["absolute_magnitude"]``; infinite before the explosion.
RelativeMagnitude = Callable[[Parameters, Indices, Array, Array], Array]


def draw_dust(
    generator: np.random.Generator, size: int, host_scale: float, dustless: float = 0.3
) -> Parameters:
    """Draw reddening by the Milky Way and by the host galaxy.

    Parameters
    ----------
    generator : numpy.random.Generator
    size : int
    host_scale : float
        Scale of the exponential distribution of the host's E(B-V).
    dustless : float
        Share of sources without any dust in their host.
    """
    in_host = generator.exponential(host_scale, size) * (generator.random(size) > dustless)
    return {
        "galactic_reddening": np.minimum(generator.lognormal(np.log(0.05), 0.95, size), 0.8),
        "host_reddening": np.minimum(in_host, 1.2),
        "host_ratio": np.full(size, 3.1),
    }


def dimming(parameters: Parameters, wavelength: float) -> Array:
    """Return the total extinction at an observed wavelength (Angstrom), ignoring redshift."""
    at = np.array([wavelength])
    galactic = parameters["galactic_reddening"] * 3.1 * extinction_curve(at, 3.1)
    ratio = parameters["host_ratio"]
    return galactic + parameters["host_reddening"] * ratio * extinction_curve(at, ratio)


def explosion_flux(relative: RelativeMagnitude) -> Flux:
    """Make a flux function out of a relative rest-frame magnitude."""

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
    """Make the source family of a kind of explosion.

    Parameters
    ----------
    name : str
        The subtype's name.
    propose : callable
        ``propose(generator, n)`` gives ``absolute_magnitude`` (AB, at the model's reference
        wavelength and phase zero), reddening (see `draw_dust`), and the model's own parameters.
    relative : callable
        See `RelativeMagnitude`.
    brightest : float
        Absolute magnitude beyond which there are none worth looking for.
    before, after : float
        Rest-frame days around time zero in which the survey looks.
    evolution : float
        Power of (1 + z) with which the volumetric rate grows.
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
