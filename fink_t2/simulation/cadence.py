"""Times and passbands of a survey's visits to a position.

ZTF's public survey visits a field in g and r on the same night, mostly 15 minutes to 3 hours
apart, every second or third night (Bellm et al. 2019, PASP 131, 068003), if the weather permits;
some fields are observed in campaigns of many visits per night. LSST's Wide-Fast-Deep survey has
visits in pairs of passbands every few nights with a rolling cadence, in u, g, r when the moon is
down and in i, z, y when it is bright (Bianco et al. 2022, ApJS 258, 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fink_t2.simulation.arrays import Array, Indices

#: MJD of a new moon, and length of the synodic month, days.
NEW_MOON, SYNODIC_MONTH = 58135.09, 29.530589

#: Share of ZTF's positions that are observed in a campaign of many visits per night.
IN_CAMPAIGN = 0.12


@dataclass(frozen=True)
class Epochs:
    """The visits to n positions, P in total.

    Attributes
    ----------
    starts : ndarray of int, shape (n + 1,)
        The visits to position i are ``starts[i]:starts[i + 1]``.
    mjd : ndarray, shape (P,)
        Times, MJD, sorted within a position.
    band : ndarray of int, shape (P,)
        Indices of the passbands.
    """

    starts: Indices
    mjd: Array
    band: npt.NDArray[np.int8]


def moon_illumination(mjd: Array) -> Array:
    """Return the illuminated fraction of the moon, 0 (new) to 1 (full), at MJDs of any shape."""
    return 0.5 * (1 - np.cos(2 * np.pi * (mjd - NEW_MOON) / SYNODIC_MONTH))


def _clear_nights(generator: np.random.Generator, size: int, nights: int) -> npt.NDArray[np.bool_]:
    """Return whether each night is clear, shape (size, nights); bad weather comes in spells."""
    to_bad, stay_bad = 0.10, 0.55
    chance = generator.random((size, nights))
    clear = np.empty((size, nights), dtype=bool)
    clear[:, 0] = chance[:, 0] > 0.2
    for night in range(1, nights):
        threshold = np.where(clear[:, night - 1], to_bad, stay_bad)
        clear[:, night] = chance[:, night] > threshold
    return clear


def _assemble(size: int, position: Indices, mjd: Array, band: Indices, keep: Array) -> Epochs:
    position, mjd, band = position[keep], mjd[keep], band[keep]
    order = np.lexsort((mjd, position))
    starts = np.searchsorted(position[order], np.arange(size + 1))
    return Epochs(starts, mjd[order], band[order].astype(np.int8))


def ztf_epochs(generator: np.random.Generator, first: Array, last: Array) -> Epochs:
    """Draw the visits of ZTF (passbands 0 g, 1 r) to each of n positions.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    first, last : ndarray, shape (n,)
        First and last date of the visits to each position, MJD.
    """
    size = len(first)
    nights = max(int(np.ceil((last - first).max())), 0) + 1
    clear = _clear_nights(generator, size, nights)
    # Nights between planned visits: one in special programmes, otherwise three in the first
    # years of the survey and two later.
    interval = generator.choice([1, 2, 3, 4], size, p=[0.14, 0.46, 0.36, 0.04])
    paired = generator.uniform(0.35, 0.95, size)
    # Some images fail, or the source lies in a gap between readout channels.
    lost = np.where(generator.random(size) < 0.6, 0.03, generator.uniform(0.0, 0.6, size))
    clock = (generator.random(size) * interval)[:, None] + np.arange(nights)[None, :]
    jitter = generator.random((size, nights)) < 0.12
    planned = (clock % interval[:, None] < 1.0) ^ jitter
    observed = clear & planned

    position, night = np.nonzero(observed)
    many = len(position)
    hour = generator.uniform(0.0, 0.30, many)
    base = np.floor(first)[position] + night + 0.12 + hour
    both = generator.random(many) < paired[position]
    lead = generator.integers(0, 2, many)
    apart = np.clip(generator.lognormal(np.log(0.04), 0.7, many), 0.012, 0.15)
    again = generator.random(many) < np.where(interval[position] == 1, 0.35, 0.12)
    third_apart = apart + 0.0004 + generator.exponential(0.03, many)
    groups: list[tuple[Indices, Array, Indices]] = [
        (position, base, lead),
        (position[both], (base + apart)[both], 1 - lead[both]),
        (position[again], (base + third_apart)[again], generator.integers(0, 2, int(again.sum()))),
    ]
    groups.append(_campaign_visits(generator, clear, first))
    where = np.concatenate([group[0] for group in groups])
    mjd = np.concatenate([group[1] for group in groups])
    band = np.concatenate([group[2] for group in groups])
    keep = (mjd >= first[where]) & (mjd <= last[where])
    keep &= generator.random(len(where)) >= lost[where]
    return _assemble(size, where, mjd, band, keep)


def _campaign_visits(
    generator: np.random.Generator, clear: npt.NDArray[np.bool_], first: Array
) -> tuple[Indices, Array, Indices]:
    """Draw the visits of campaigns; return the position, MJD and passband of each.

    A campaign has 4 to 12 visits per night, mostly alternating between g and r, for up to 19
    nights (high-cadence surveys of the partnership; Bellm et al. 2019).
    """
    size, nights = clear.shape
    length = np.where(generator.random(size) < IN_CAMPAIGN, generator.integers(1, 20, size), 0)
    begin = (generator.random(size) * nights).astype(np.int64)
    since = np.arange(nights)[None, :] - begin[:, None]
    position, night = np.nonzero(clear & (since >= 0) & (since < length[:, None]))
    visits = np.asarray(generator.integers(4, 13, size))[position]
    where = np.repeat(position, visits)
    number = np.arange(len(where)) - np.repeat(np.cumsum(visits) - visits, visits)
    apart = np.asarray(generator.uniform(0.012, 0.035, size))[where]
    mjd = np.floor(first)[where] + np.repeat(night, visits) + 0.12 + (number + 0.3) * apart
    in_turn = np.asarray(generator.random(size))[where] < 0.8
    band = np.where(in_turn, number % 2, generator.integers(0, 2, len(where)))
    return where, mjd, band


def lsst_epochs(generator: np.random.Generator, first: Array, last: Array) -> Epochs:
    """Draw the visits of LSST's Wide-Fast-Deep survey (passbands 0 to 5: u g r i z y).

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    first, last : ndarray, shape (n,)
        First and last date of the visits to each position, MJD.
    """
    size = len(first)
    nights = max(int(np.ceil((last - first).max())), 0) + 1
    clear = _clear_nights(generator, size, nights)
    # Rolling cadence: in its active years a field is visited more than twice as often.
    rate = np.where(generator.random(size) < 0.6, 0.55, 0.2)
    observed = clear & (generator.random((size, nights)) < rate[:, None])
    position, night = np.nonzero(observed)
    many = len(position)
    base = np.floor(first)[position] + night + 0.05 + generator.uniform(0.0, 0.33, many)
    bright = moon_illumination(base) > generator.uniform(0.3, 0.7, many)
    dark_pairs = np.array([[0, 1], [0, 2], [1, 2], [1, 3], [2, 3], [3, 4]])
    bright_pairs = np.array([[1, 2], [2, 3], [3, 4], [4, 5], [3, 5], [5, 5]])
    dark_pick = generator.choice(6, many, p=[0.18, 0.07, 0.25, 0.12, 0.23, 0.15])
    bright_pick = generator.choice(6, many, p=[0.04, 0.22, 0.22, 0.30, 0.10, 0.12])
    pair = np.where(bright[:, None], bright_pairs[bright_pick], dark_pairs[dark_pick])
    second = generator.random(many) < 0.85
    apart = generator.uniform(0.009, 0.03, many)
    # Where fields overlap, the pair of visits is repeated.
    again = generator.random(many) < 0.3
    where = np.concatenate([position, position[second], position[again], position[again]])
    mjd = np.concatenate(
        [base, (base + apart)[second], (base + 0.004)[again], (base + apart + 0.004)[again]]
    )
    band = np.concatenate([pair[:, 0], pair[second, 1], pair[again, 0], pair[again, 1]])
    keep = (mjd >= first[where]) & (mjd <= last[where])
    return _assemble(size, where, mjd, band, keep)
