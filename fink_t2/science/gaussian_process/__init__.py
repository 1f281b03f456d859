"""2-D Gaussian processes that interpolate light curves over time and wavelength."""

from fink_t2.science.gaussian_process.interpolation import Interpolation, interpolate, warm_up

__all__ = ["Interpolation", "interpolate", "warm_up"]
