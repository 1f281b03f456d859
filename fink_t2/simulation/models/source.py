"""What a family of sources has to say about itself to be simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fink_t2.science.passbands import PassbandSet
from fink_t2.simulation.arrays import Array, Indices, Parameters


@dataclass(frozen=True)
class Visits:
    """The epochs at which a batch of sources is looked at, one after the other.

    Attributes
    ----------
    source : ndarray of int, shape (P,)
        Position in the batch; non-decreasing.
    time : ndarray, shape (P,)
        Days (observer's frame) since the source's own time zero; sorted within a source.
    band : ndarray of int, shape (P,)
        Index of the passband.
    passbands : PassbandSet
    """

    source: Indices
    time: Array
    band: Indices
    passbands: PassbandSet

    def starts(self, size: int) -> Indices:
        """Return the ragged offsets of `size` sources, shape (size + 1,)."""
        return np.searchsorted(self.source, np.arange(size + 1))


Draw = Callable[[np.random.Generator, int, PassbandSet], Parameters]
Flux = Callable[[np.random.Generator, Parameters, Visits], Array]


@dataclass(frozen=True)
class Source:
    """One family of sources, e.g. the Type IIn supernovae.

    Attributes
    ----------
    name : str
        The subtype's name.
    draw : callable
        ``draw(generator, n, passbands)`` gives the parameters of `n` sources, arrays of
        shape (n,) by name. Always there: ``start`` and ``end``, the days around time zero in
        which the survey looks; ``redshift`` (0 in the Galaxy).
    flux : callable
        ``flux(generator, parameters, visits)`` gives the true flux in FLUXCAL, shape (P,): the
        difference to the reference image, negative where the source was brighter there.
    """

    name: str
    draw: Draw
    flux: Flux
