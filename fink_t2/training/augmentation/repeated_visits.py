"""Vary light curves as if some of their nights had been visited many times.

Most fields are visited twice a night or less; some, in special programmes, ten times and more
(Bellm et al. 2019, PASP 131, 068003, on the partnership's surveys). Typed objects of such fields
are few and variables are many: without this variation a network takes a well observed supernova
for a variable.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from fink_t2.training.examples.labelled import Labelled

#: Points are in one night if they are within so many days of each other.
NIGHT_DAYS = 0.5
#: Further visits of a point, and the days in which they lie before it.
MOST_VISITS = 6
VISITS_WITHIN = 0.2
#: Nights of a light curve that are visited so, at most, counted from the last.
MOST_NIGHTS = 4


def repeat_visits(examples: Labelled, share: float, generator: np.random.Generator) -> Labelled:
    """Add further visits to the last nights of some light curves.

    A further visit measures what the visit measured that it repeats, with noise of its own.

    Parameters
    ----------
    examples : Labelled
        Light curves.
    share : float
        Share of the light curves that get further visits.
    generator : Generator
        Where the choices and the noise come from.

    Returns
    -------
    Labelled
        As many examples; points sorted by time. The last point stays the last one.
    """
    curves = examples.light_curves
    n_curves, n_points = len(curves), len(curves.time)
    owner = curves.curve_of_points()
    last_points = curves.starts[1:][np.diff(curves.starts) > 0] - 1
    # Counted from the end: 0 for the last night.
    is_new = np.zeros(n_points, dtype=np.int64)
    if n_points:
        is_new[:-1] = np.diff(curves.time) > NIGHT_DAYS
        is_new[last_points] = 0
    ahead = np.cumsum(is_new[::-1])[::-1]
    after_curve = np.append(ahead, 0)[curves.starts[1:]]
    night = ahead - after_curve[owner]
    wanted = np.where(
        generator.random(n_curves) < share, generator.integers(1, MOST_NIGHTS + 1, n_curves), 0
    )
    most = generator.integers(2, MOST_VISITS + 1, n_curves)
    further = np.where(night < wanted[owner], generator.integers(1, most[owner] + 1), 0)

    source = np.repeat(np.arange(n_points), further)
    time = curves.time[source] - generator.uniform(0.0, VISITS_WITHIN, len(source))
    time = np.maximum(time, curves.time[curves.starts[:-1]][owner[source]])
    noise = generator.normal(0.0, 1.0, len(source)) * curves.flux_error[source]
    source = np.concatenate([np.arange(n_points), source])
    time = np.concatenate([curves.time, time])
    flux = np.concatenate([curves.flux, curves.flux[source[n_points:]] + noise])
    # Stable, and old points come first: at equal times the last point stays behind by its rank.
    is_last = np.zeros(len(source), dtype=bool)
    is_last[last_points] = True
    order = np.lexsort((is_last, time, owner[source]))
    points = source[order]
    varied = curves.with_points(
        owner[points], time[order], flux[order], curves.flux_error[points], curves.passband[points]
    )
    return dataclasses.replace(examples, light_curves=varied)
