"""The definition of a family of sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fink_t2.science.passbands import PassbandSet
from fink_t2.simulation.arrays import Array, Indices, Parameters


@dataclass(frozen=True)
class Visits:
    """The P visits to a batch of sources.

    Attributes
    ----------
    source : ndarray of int, shape (P,)
        Indices of the sources in the batch, non-decreasing.
    time : ndarray, shape (P,)
        Days in the observer's frame since time zero of the source, sorted within a source.
    band : ndarray of int, shape (P,)
        Indices of the passbands.
    passbands : PassbandSet
        Passbands of the survey.
    """

    source: Indices
    time: Array
    band: Indices
    passbands: PassbandSet

    def starts(self, size: int) -> Indices:
        """Return the offsets of the visits to `size` sources, shape (size + 1,)."""
        return np.searchsorted(self.source, np.arange(size + 1))


Draw = Callable[[np.random.Generator, int, PassbandSet], Parameters]
Flux = Callable[[np.random.Generator, Parameters, Visits], Array]


@dataclass(frozen=True)
class Source:
    """One family of sources, for instance supernovae of type IIn.

    Attributes
    ----------
    name : str
        Name of the subtype.
    draw : callable
        ``draw(generator, n, passbands)`` returns the parameters of `n` sources, arrays of shape
        (n,) by name. They include ``start`` and ``end``, the days relative to time zero between
        which the survey observes, and ``redshift`` (0 in the Galaxy).
    flux : callable
        ``flux(generator, parameters, visits)`` returns the true difference flux, FLUXCAL, shape
        (P,). It is negative where the source is brighter in the reference image.
    """

    name: str
    draw: Draw
    flux: Flux
