"""Synthetic histories have the length they are timed for."""

import numpy as np
import pytest

from fink_t2.benchmark.scaling import run_cores, synthetic_light_curves
from fink_t2.classifier import find_model


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
@pytest.mark.parametrize("n_points", [2, 7, 640])
def test_synthetic_light_curves_have_the_points_asked_for(survey, n_points):
    curves = synthetic_light_curves(survey, 5, n_points, seed=1)
    np.testing.assert_array_equal(np.diff(curves.starts), n_points)
    bands = (curves.points_per_passband() > 0).sum(axis=1)
    assert (bands == min(n_points, len(curves.passbands))).all()


@pytest.mark.slow
def test_cores_are_timed_in_turns():
    rows = run_cores(find_model(), largest=2, rounds=1, seconds=0.05)
    assert [row["cores"] for row in rows] == [1, 2]
    assert all(row["alerts_per_second"] > 0 for row in rows)
    assert rows[0]["over_one_core"] == 1.0
