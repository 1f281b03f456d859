"""Variation of light curves: nights with many visits.

Most fields are observed at most twice a night; in special programmes some are observed ten times or
more (Bellm et al. 2019, PASP 131, 068003, on the partnership surveys of ZTF). In such fields there
are few typed transients and many variables, so that a network trained without this variation
classifies a densely sampled supernova as a variable.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from fink_t2.training.examples.labelled import Labelled

#: Largest time in days between consecutive points of the same night.
NIGHT_DAYS = 0.5
#: Largest number of visits that are added to a point, and the time in days within which they
#: precede it.
MOST_VISITS = 6
VISITS_WITHIN = 0.2
#: Largest number of nights with additional visits, counted back from the last night.
MOST_NIGHTS = 4


def repeat_visits(examples: Labelled, share: float, generator: np.random.Generator) -> Labelled:
    """Add visits to the last nights of some light curves.

    An additional visit has the flux of the point that it repeats, with independent noise.

    Parameters
    ----------
    examples : Labelled
        Light curves.
    share : float
        Fraction of the light curves to which visits are added.
    generator : Generator
        Source of random numbers.

    Returns
    -------
    Labelled
        The same examples, with points sorted by time. The last point remains the last.
    """
    curves = examples.light_curves
    n_curves, n_points = len(curves), len(curves.time)
    owner = curves.curve_of_points()
    last_points = curves.starts[1:][np.diff(curves.starts) > 0] - 1
    # Night of each point, counted from the end: 0 for the last night of its light curve.
    begins_night = np.zeros(n_points, dtype=np.int64)
    if n_points:
        begins_night[:-1] = np.diff(curves.time) > NIGHT_DAYS
        begins_night[last_points] = 0
    ahead = np.cumsum(begins_night[::-1])[::-1]
    after_curve = np.append(ahead, 0)[curves.starts[1:]]
    night = ahead - after_curve[owner]
    n_nights = np.where(
        generator.random(n_curves) < share, generator.integers(1, MOST_NIGHTS + 1, n_curves), 0
    )
    most_visits = generator.integers(2, MOST_VISITS + 1, n_curves)
    n_additional = np.where(
        night < n_nights[owner], generator.integers(1, most_visits[owner] + 1), 0
    )

    source = np.repeat(np.arange(n_points), n_additional)
    time = curves.time[source] - generator.uniform(0.0, VISITS_WITHIN, len(source))
    time = np.maximum(time, curves.time[curves.starts[:-1]][owner[source]])
    noise = generator.normal(0.0, 1.0, len(source)) * curves.flux_error[source]
    source = np.concatenate([np.arange(n_points), source])
    time = np.concatenate([curves.time, time])
    flux = np.concatenate([curves.flux, curves.flux[source[n_points:]] + noise])
    # At equal times the original last point sorts last.
    is_last = np.zeros(len(source), dtype=bool)
    is_last[last_points] = True
    order = np.lexsort((is_last, time, owner[source]))
    points = source[order]
    varied = curves.with_points(
        owner[points], time[order], flux[order], curves.flux_error[points], curves.passband[points]
    )
    return dataclasses.replace(examples, light_curves=varied)
