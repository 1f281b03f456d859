"""Features of the times: limits, ties and what is not known."""

import numpy as np
import pytest

from fink_t2.science.features import UNKNOWN
from fink_t2.science.features.duration import duration

NAN = float("nan")


def of(time, flux=None, last_limit=NAN, first_seen=NAN, time_scale=20.0):
    time = np.array(time, dtype=float)
    flux = np.ones(time.size) if flux is None else np.array(flux, dtype=float)
    return duration(time, flux, last_limit, first_seen, time_scale)


def test_a_single_point_has_no_span():
    result = of([5.0])
    assert result.log_span == result.log_history == 0.0
    assert result.peak_phase == 0.5
    assert result.log_points_per_day == 0.0


def test_what_is_not_known():
    assert UNKNOWN == -1.0
    assert of([5.0, 6.0]).log_limit_gap == UNKNOWN


@pytest.mark.parametrize(
    ("last_limit", "expected"), [(4.0, np.log10(2)), (5.0, 0.0), (7.0, 0.0), (-94.0, 2.0)]
)
def test_limit_gap_counts_from_the_last_limit_to_the_first_point(last_limit, expected):
    assert of([5.0, 9.0], last_limit=last_limit).log_limit_gap == pytest.approx(expected)


@pytest.mark.parametrize(
    ("first_seen", "days"), [(NAN, 4.0), (5.0, 4.0), (4.0, 5.0), (7.0, 4.0), (20.0, 4.0)]
)
def test_history_is_at_least_the_span(first_seen, days):
    history = of([5.0, 9.0], first_seen=first_seen).log_history
    assert history == pytest.approx(np.log10(1 + days))


@pytest.mark.parametrize(
    ("flux", "phase"),
    [
        ([3.0, 1.0, 2.0, 1.0], 0.0),
        ([1.0, 2.0, -3.0, 1.0], 0.6),
        ([1.0, 1.0, 1.0, 2.0], 1.0),
        # Of two equal fluxes the first counts.
        ([1.0, -2.0, 2.0, 1.0], 0.2),
        ([0.0, 0.0, 0.0, 0.0], 0.0),
    ],
)
def test_phase_of_the_largest_absolute_flux(flux, phase):
    # Within half a day as well as within days.
    for scale in (0.5, 10.0):
        time = 3.0 + scale * np.array([0.0, 0.2, 0.6, 1.0])
        assert of(time, flux).peak_phase == pytest.approx(phase)


@pytest.mark.parametrize(
    ("time_scale", "expected"),
    [(0.0, -3.0), (1e-3, -3.0), (1.5e-3, np.log10(1.5e-3)), (100.0, 2.0)],
)
def test_time_scale_has_a_lower_limit(time_scale, expected):
    assert of([1.0], time_scale=time_scale).log_time_scale == pytest.approx(expected)
