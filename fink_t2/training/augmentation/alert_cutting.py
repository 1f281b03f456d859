"""Reduce whole light curves to the points that a survey's alerts would have held."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from fink_t2.science.cuts import CutSettings, Status, apply_cuts
from fink_t2.science.light_curves import LightCurves
from fink_t2.surveys import get_survey
from fink_t2.training.examples.labelled import Labelled

#: An alert counts as early up to this number of days after the first point.
EARLY_DAYS = 15.0


def cut_at_random_alerts(
    examples: Labelled,
    per_curve: int,
    generator: np.random.Generator,
    settings: CutSettings | None = None,
    early_share: float = 0.5,
) -> Labelled:
    """Draw alert times among the points of each light curve, and keep the history of each alert.

    An alert is sent at a detection. It holds that point, and those before it within the
    survey's history window. Alerts that fail the quality cuts are left out.

    Parameters
    ----------
    examples : Labelled
        Whole light curves.
    per_curve : int
        Largest number of alerts of each light curve; no point is drawn twice.
    generator : Generator
        Source of random numbers.
    settings : CutSettings, optional
        Quality cuts; by default those of the stream.
    early_share : float
        Fraction of the alerts that are drawn from the first `EARLY_DAYS` days, in which a
        classification is most valuable, as far as there are points.

    Returns
    -------
    Labelled
        At most `per_curve` alerts of each light curve. ``first_seen`` is that of the light
        curve, or the time of its first point if that is not known.
    """
    curves = examples.light_curves
    window_days = get_survey(curves.passbands.survey).history_days
    begins, ends = [], []
    parents = []
    for curve in range(len(curves)):
        begin, end = int(curves.starts[curve]), int(curves.starts[curve + 1])
        if end - begin < 2:
            continue
        # A single point is never classified.
        candidates = np.arange(begin + 1, end)
        is_early = curves.time[candidates] - curves.time[begin] <= EARLY_DAYS
        n_early = int(is_early.sum())
        weight = np.full(len(candidates), (1.0 - early_share) / len(candidates))
        if n_early:
            weight[is_early] += early_share / n_early
        # The largest values of log(u) / weight are a weighted draw without replacement
        # (Efraimidis & Spirakis 2006).
        keys = np.log(generator.random(len(candidates))) / weight
        last = candidates[np.argsort(-keys)[:per_curve]]
        for point in np.sort(last):
            window = curves.time[point] - window_days
            first = begin + np.searchsorted(curves.time[begin:end], window)
            begins.append(first)
            ends.append(point + 1)
            parents.append(curve)
    chosen = np.asarray(parents, dtype=np.int64)
    cut = _windows(curves, chosen, np.asarray(begins, np.int64), np.asarray(ends, np.int64))
    result = Labelled(
        cut,
        examples.label_mask[chosen],
        examples.object_id[chosen],
        examples.source[chosen],
        np.ones(len(chosen), dtype=bool),
    )
    return result.select(apply_cuts(cut, settings or CutSettings()) == Status.OK)


def _windows(
    curves: LightCurves,
    parents: npt.NDArray[np.int64],
    begins: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
) -> LightCurves:
    """Return one light curve for every range of points of a parent light curve."""
    lengths = ends - begins
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    points = np.arange(starts[-1]) + np.repeat(begins - starts[:-1], lengths)
    first = curves.time[curves.starts[parents]]
    seen = curves.first_seen[parents]
    limit = np.where(begins == curves.starts[parents], curves.last_limit[parents], np.nan)
    return dataclasses.replace(
        curves,
        starts=starts,
        time=curves.time[points],
        flux=curves.flux[points],
        flux_error=curves.flux_error[points],
        passband=curves.passband[points],
        last_limit=limit,
        first_seen=np.where(np.isnan(seen), first, seen),
        photoz=curves.photoz[parents],
        photoz_error=curves.photoz_error[parents],
        rejected=curves.rejected[parents],
    )
