"""The posterior mean on the grid, against the kernel's formula."""

import kernel_oracle
import numba
import numpy as np
import pytest
from light_curve_space import COLOURS, random_space
from numpy.testing import assert_allclose

from fink_t2.science.gaussian_process.lanes import WIDTH
from fink_t2.science.gaussian_process.prediction import predict


@numba.njit
def predicted(n, space, inverse_metric, places, colours, row, grid):
    predict(n, space, inverse_metric, places, colours, row, grid)


@pytest.mark.parametrize(("n", "length"), [(1, 1), (5, 8), (9, 13), (12, 25)])
def test_the_mean_is_the_weighted_sum_of_correlations(n, length):
    _, space = random_space(n, seed=n)
    generator = np.random.default_rng(n)
    space.weight[:] = 1e9  # beyond the points it must not be used
    space.weight[:n] = generator.normal(size=n)
    metric = 37.0
    size = (length + WIDTH - 1) // WIDTH * WIDTH
    places = 1.7 * np.arange(size)
    grid = np.full((length, 2), np.nan)
    predicted(n, space, 1.0 / metric, places, COLOURS, np.full(size, np.nan), grid)
    lag = places[:length, None, None] - space.time[:n]
    shift = COLOURS[:, None] - space.colour[:n]
    s = np.sqrt(kernel_oracle.SQUARED_DISTANCE_FACTOR * lag**2 / metric + shift**2)
    assert_allclose(grid, kernel_oracle.correlation(s) @ space.weight[:n], rtol=1e-12)
