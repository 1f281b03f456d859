"""Random light curves in a workspace, for tests of the likelihood and its maximum."""

import numba
import numpy as np
from kernel_oracle import covariance

from fink_t2.science.gaussian_process.kernel import scaled_wavelength
from fink_t2.science.gaussian_process.points import Points
from fink_t2.science.gaussian_process.workspace import Workspace, allocate, fill

WAVELENGTHS = np.array([4804.79, 6436.92])
COLOURS = np.array([scaled_wavelength(wavelength) for wavelength in WAVELENGTHS])


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
    wavelength = WAVELENGTHS[points.passband]
    signal = covariance(points.time, wavelength, np.exp(log_amplitude), np.exp(log_metric))
    return signal + np.diag(points.variance)
