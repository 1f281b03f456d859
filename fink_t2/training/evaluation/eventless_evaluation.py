"""The rate at which a model classifies light curves without an event as transients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fink_t2.surveys import ZTF
from fink_t2.training.data_sets.eventless import EVENTLESS_TYPES, eventless_light_curves
from fink_t2.training.evaluation.acceptance import CanClassify, largest_transient_probability

#: Number of light curves of each type and time span.
CURVES_PER_SPAN = 1000
#: Time spans of the light curves in days.
SPANS_DAYS = (6.0, 15.0, 30.0, 60.0, 100.0)
#: Probability of a transient class above which a light curve counts as misclassified.
THRESHOLD = 0.5


def eventless_shares(classifier: CanClassify) -> dict[str, float]:
    """Return the fractions of light curves without an event that look like a transient.

    The acceptance table has the largest probability over a few hundred light curves, which says
    little about rare errors.

    Parameters
    ----------
    classifier : CanClassify
        A ZTF model.

    Returns
    -------
    dict of str to float
        By type, the fraction of the light curves with a probability of a transient class above
        `THRESHOLD`.
    """
    shares = {}
    for curve_type in EVENTLESS_TYPES:
        largest = [
            largest_transient_probability(
                classifier,
                eventless_light_curves(
                    curve_type, CURVES_PER_SPAN, ZTF.passbands, seed=1, span_days=span_days
                ),
            )
            for span_days in SPANS_DAYS
        ]
        shares[curve_type] = float((np.concatenate(largest) > THRESHOLD).mean())
    return shares


def eventless_shares_text(shares: Mapping[str, float]) -> str:
    """Return the result of `eventless_shares` as a sentence."""
    number = CURVES_PER_SPAN * len(SPANS_DAYS)
    parts = ", ".join(f"{100 * share:.2f} % of the {name}" for name, share in shares.items())
    return (
        f"Of {number:,} light curves without an event of each type, with time spans from "
        f"{SPANS_DAYS[0]:g} to {SPANS_DAYS[-1]:g} days, {parts} light curves have a probability "
        f"of a transient class above {THRESHOLD:g}."
    )
