"""Selection of transients by their peak magnitude, as in a magnitude-limited survey."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fink_t2.science.passbands import PassbandSet
from fink_t2.simulation.arrays import Parameters
from fink_t2.simulation.cosmology import distance_modulus, draw_redshift

#: Samples from which the transients of a survey are drawn: share, peak magnitude (AB, at about
#: 5500 Angstrom) at which the selection probability is one half, and width of its decrease. For
#: ZTF these are the spectroscopically typed transients (the Bright Transient Survey is complete to
#: 18.5 and reaches 19; Perley et al. 2020, ApJ 904, 35) and all that are detected several times.
#: For LSST they are as faint as the alerts of ELAsTiCC, with a share of brighter ones.
SAMPLES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "ztf": ((0.7, 18.9, 0.12), (0.3, 19.9, 0.2)),
    "lsst": ((0.5, 22.4, 0.3), (0.5, 23.6, 0.2)),
}

_CHUNK = 20_000


def draw_in_volume(
    generator: np.random.Generator,
    size: int,
    passbands: PassbandSet,
    propose: Callable[[np.random.Generator, int], Parameters],
    brightest: float,
    evolution: float = 0.0,
) -> Parameters:
    """Draw transients uniformly in the observable volume, and keep those that are bright enough.

    Faint and reddened transients are therefore under-represented, and luminous ones
    over-represented, as in a magnitude-limited survey (Malmquist bias).

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    size : int
        Number of transients.
    passbands : PassbandSet
        Passbands of the survey.
    propose : callable
        ``propose(generator, n)`` returns the parameters of `n` transients, among them
        ``peak_magnitude``, the absolute magnitude at maximum including all extinction.
    brightest : float
        Absolute magnitude of the most luminous transients, which determines the volume.
    evolution : float
        The rate per comoving volume is proportional to (1 + z) to this power.

    Returns
    -------
    dict
        The parameters that `propose` returns, with ``redshift`` and ``distance_modulus``.
    """
    samples = SAMPLES[passbands.survey]
    sizes = generator.multinomial(size, [share for share, _, _ in samples])
    parts = [
        _draw_to_limit(generator, count, propose, brightest, evolution, limit, width)
        for count, (_, limit, width) in zip(sizes.tolist(), samples, strict=True)
    ]
    order = generator.permutation(size)
    return {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}


def _draw_to_limit(
    generator: np.random.Generator,
    size: int,
    propose: Callable[[np.random.Generator, int], Parameters],
    brightest: float,
    evolution: float,
    limit: float,
    width: float,
) -> Parameters:
    reach = np.geomspace(1e-3, 3.9, 4000)
    within = distance_modulus(reach) + brightest < limit + 4 * width
    highest = float(reach[within][-1]) if within.any() else 2e-3
    kept: list[Parameters] = []
    missing = size
    while missing > 0 or not kept:
        proposed = propose(generator, _CHUNK)
        proposed["redshift"] = draw_redshift(generator, _CHUNK, highest, evolution)
        proposed["distance_modulus"] = distance_modulus(proposed["redshift"])
        peak = proposed["peak_magnitude"] + proposed["distance_modulus"]
        chance = 1 / (1 + np.exp(np.clip((peak - limit) / width, -50, 50)))
        chosen = np.flatnonzero(generator.random(_CHUNK) < chance)[:missing]
        kept.append({name: values[chosen] for name, values in proposed.items()})
        missing -= len(chosen)
    return {name: np.concatenate([part[name] for part in kept]) for name in kept[0]}
