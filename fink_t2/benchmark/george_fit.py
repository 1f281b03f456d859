"""The published fit with george and L-BFGS-B, the reference for the compiled fit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def reference_interpolate(
    time: npt.ArrayLike,
    flux: npt.ArrayLike,
    flux_error: npt.ArrayLike,
    passband: npt.ArrayLike,
    wavelengths: npt.ArrayLike,
    grid_length: int = 100,
) -> tuple[FloatArray, float, FloatArray]:
    """Interpolate one light curve with george, called as efficiently as it allows.

    Parameters
    ----------
    time, flux, flux_error, passband : array_like, shape (n,)
        The points, as in `fink_t2.science.gaussian_process.interpolate`.
    wavelengths : array_like, shape (M,)
        Effective wavelengths, Angstrom.
    grid_length : int
        Number L of times of the grid.

    Returns
    -------
    flux : ndarray of float64, shape (L, M)
        Posterior mean on the grid.
    log_likelihood : float
        Log-likelihood at the fitted parameters.
    parameters : ndarray of float64, shape (2,)
        Fitted ``a`` (flux squared) and ``M_t`` (square days).
    """
    import george
    from george import kernels
    from scipy.optimize import minimize

    time = np.asarray(time, dtype=np.float64)
    flux = np.asarray(flux, dtype=np.float64)
    flux_error = np.asarray(flux_error, dtype=np.float64)
    wavelengths = np.asarray(wavelengths, dtype=np.float64)

    noise = np.sqrt(flux_error**2 + (0.01 * flux.max()) ** 2)
    scale = abs(flux[np.argmax(np.abs(flux) / noise)])
    kernel = (0.5 * scale) ** 2 * kernels.Matern32Kernel([20.0**2, 6000.0**2], ndim=2)
    kernel.freeze_parameter("k2:metric:log_M_1_1")
    gp = george.GP(kernel)
    gp.compute(np.column_stack((time, wavelengths[np.asarray(passband)])), flux_error)

    def negative(parameters: FloatArray) -> tuple[float, FloatArray]:
        # Value and gradient at once: george then factorises the covariance only once.
        gp.set_parameter_vector(parameters)
        value = gp.log_likelihood(flux, quiet=True)
        if not np.isfinite(value):
            return 1e25, np.zeros(2)
        gradient = gp.grad_log_likelihood(flux, quiet=True)
        return -value, -gradient if np.all(np.isfinite(gradient)) else np.zeros(2)

    start = gp.get_parameter_vector()
    fit = minimize(
        negative,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(start[0] - 10.0, start[0] + 10.0), (0.0, np.log(1000.0**2))],
        tol=1e-6,
    )
    # As published: the starting point is kept if the fit fails.
    chosen = fit.x if fit.success else start
    gp.set_parameter_vector(chosen)
    times = np.linspace(time.min(), time.max(), grid_length)
    grid = np.column_stack((np.tile(times, wavelengths.size), np.repeat(wavelengths, grid_length)))
    mean = gp.predict(flux, grid, return_cov=False)
    # george stores ln(a / ndim) for the constant factor of a two-dimensional kernel.
    parameters = np.array([2.0 * np.exp(chosen[0]), np.exp(chosen[1])])
    return mean.reshape(wavelengths.size, grid_length).T, -negative(chosen)[0], parameters
