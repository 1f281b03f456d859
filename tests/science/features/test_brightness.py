"""Features of the fluxes: limits, signs and ties."""

import numpy as np
import pytest

from fink_t2.science.features.brightness import brightness


def of(flux, error=1.0, passband=None, n_bands=2, amplitude=1.0):
    flux = np.array(flux, dtype=float)
    passband = np.zeros(flux.size, np.int8) if passband is None else np.array(passband, np.int8)
    return brightness(flux, np.full(flux.size, error), passband, n_bands, amplitude)


@pytest.mark.parametrize(
    ("peak", "expected"),
    [(0.0, -3.0), (0.9e-3, -3.0), (1e-3, -3.0), (1.5e-3, np.log10(1.5e-3)), (1e5, 5.0)],
)
def test_peak_flux_has_a_lower_limit_of_a_thousandth(peak, expected):
    assert of([peak]).log_peak_flux == pytest.approx(expected)
    assert of([-peak]).log_peak_flux == pytest.approx(expected)


def test_zero_flux_is_not_negative():
    assert of([-1.0, 0.0, -0.0, 2.0]).negative_fraction == 0.25


def test_signal_to_noise_has_a_lower_limit_of_a_thousandth():
    assert of([0.0]).log_signal_to_noise == pytest.approx(-3.0)
    assert of([1.5e-3]).log_signal_to_noise == pytest.approx(np.log10(1.5e-3))


def test_signal_to_noise_takes_errors_of_a_millionth_at_least():
    assert of([1e-4], error=0.0).log_signal_to_noise == pytest.approx(2.0)
    assert of([1e-4], error=1e-9).log_signal_to_noise == pytest.approx(2.0)
    assert of([1e-4], error=2e-6).log_signal_to_noise == pytest.approx(np.log10(50))


def test_signal_to_noise_is_that_of_the_median_point():
    assert of([1.0, -100.0, 10.0]).log_signal_to_noise == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("amplitude", "peak", "expected"),
    [
        (0.0, 1.0, -6.0),
        (4e-12, 1.0, np.log10(2e-6)),
        (1.0, 0.0, 6.0),
        (1.0, 2e-6, np.log10(5e5)),
        (16.0, 2.0, np.log10(2)),
    ],
)
def test_amplitude_is_relative_to_the_largest_flux(amplitude, peak, expected):
    assert of([peak], amplitude=amplitude).log_amplitude == pytest.approx(expected)


def test_faint_points_are_those_below_half_of_their_own_passband():
    # In passband 0 half is 50, in passband 1 it is 500.
    flux = [100.0, 50.0, 49.0, -30.0, 1000.0, 499.0, -600.0]
    result = of(flux, passband=[0, 0, 0, 0, 1, 1, 1])
    assert result.fainter_fraction == pytest.approx(3 / 7)


def test_points_without_flux_are_not_faint():
    assert of([0.0, 0.0]).fainter_fraction == 0.0
