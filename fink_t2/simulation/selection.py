"""Which transients a survey's sample holds, by peak brightness."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fink_t2.science.passbands import PassbandSet
from fink_t2.simulation.arrays import Parameters
from fink_t2.simulation.cosmology import distance_modulus, draw_redshift

#: Samples that each survey's transients are drawn from: share, peak magnitude (AB, about 5500
#: Angstrom) at which half get in, and width of the fall. For ZTF: the spectroscopically typed
#: ones (the Bright Transient Survey is complete to 18.5 and reaches 19; Perley et al. 2020, ApJ
#: 904, 35), and all that are detected more than once or twice. For LSST: as far as ELAsTiCC's
#: alerts reach, with a share of brighter ones, well followed.
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
    """Draw transients spread evenly over the observable volume, and keep what is bright enough.

    The faint and the reddened are thus as rare, and the luminous as over-represented, as in a
    magnitude-limited survey (Malmquist's bias).

    Parameters
    ----------
    generator : numpy.random.Generator
    size : int
        How many to draw.
    passbands : PassbandSet
    propose : callable
        ``propose(generator, n)`` gives parameters of `n` transients, among them
        ``peak_magnitude``: absolute magnitude at maximum, with all extinction.
    brightest : float
        Absolute magnitude beyond which there are none worth looking for; sets the volume.
    evolution : float
        Power of (1 + z) with which the volumetric rate grows.

    Returns
    -------
    dict
        What `propose` gives, with ``redshift`` and ``distance_modulus``.
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
