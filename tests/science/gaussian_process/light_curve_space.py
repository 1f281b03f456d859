"""Random light curves in a workspace, for tests of the likelihood and its maximum."""

import numba
import numpy as np

from fink_t2.science.gaussian_process.points import Points
from fink_t2.science.gaussian_process.workspace import Workspace, allocate, fill

COLOURS = np.array([4804.79, 6436.92]) * np.sqrt(3.0) / 6000.0


@numba.njit
def new_workspace(n, points, colours):
    space = allocate(n)
    fill(n, points, colours, space)
    return space


def random_points(n: int, seed: int) -> Points:
    """Return a noisy bump in two passbands."""
    generator = np.random.default_rng(seed)
    time = np.sort(generator.uniform(0, 30, n))
    passband = generator.integers(0, 2, n)
    error = generator.uniform(0.02, 0.05, n)
    flux = np.exp(-0.5 * ((time - 12) / 8) ** 2) * (1 + 0.2 * passband)
    return Points(time, flux + error * generator.normal(size=n), error**2, passband)


def random_space(n: int, seed: int) -> tuple[Points, Workspace]:
    """Return points and a workspace that holds them."""
    points = random_points(n, seed)
    return points, new_workspace(n, points, COLOURS)


def dense_covariance(points: Points, log_amplitude: float, log_metric: float) -> np.ndarray:
    """Return K with plain NumPy."""
    colour = COLOURS[points.passband]
    lag2 = (points.time[:, None] - points.time) ** 2 * np.exp(-log_metric)
    s = np.sqrt(3 * lag2 + (colour[:, None] - colour) ** 2)
    return np.exp(log_amplitude) * (1 + s) * np.exp(-s) + np.diag(points.variance)
