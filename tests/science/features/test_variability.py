"""Features of the changes of flux: limits and what is left out."""

import numpy as np
import pytest

from fink_t2.science.features.variability import variability


def of(time, flux, error, passband=None, n_bands=2):
    flux = np.array(flux, dtype=float)
    time = np.arange(flux.size, dtype=float) if time is None else np.array(time, dtype=float)
    error = np.broadcast_to(np.array(error, dtype=float), flux.shape).copy()
    passband = np.zeros(flux.size, np.int8) if passband is None else np.array(passband, np.int8)
    return variability(time, flux, error, passband, n_bands)


def test_one_point_in_each_passband_varies_in_nothing():
    result = of(None, [3.0, 500.0], 1.0, passband=[0, 1])
    assert result.log_variability == 0.0
    assert result.log_fast_scatter == 0.0
    assert result.roughness == 0.0


def test_points_of_different_passbands_are_not_compared():
    # 1 and 3 in one passband, 100 and 100 in the other, error 1: chi squared with weights close
    # to 1 is 2, of two degrees of freedom.
    result = of(None, [1.0, 100.0, 3.0, 100.0], 1.0, passband=[0, 1, 0, 1])
    assert result.log_variability == pytest.approx(0.0, abs=1e-3)
    assert result.log_fast_scatter == 0.0
    assert result.roughness == pytest.approx(4.0 / 2.0)


def test_constant_flux_has_the_smallest_variability():
    result = of(None, [5.0, 5.0, 5.0], 1.0)
    assert result.log_variability == pytest.approx(-2.0)
    assert result.roughness == 0.0


def test_reduced_chi_squared_just_above_its_lower_limit():
    # Two points 0 +- d of error 1 have chi squared 2 d^2.
    offset = np.sqrt(0.015 / 2)
    result = of(None, [offset, -offset], 1.0)
    assert result.log_variability == pytest.approx(np.log10(0.015), abs=1e-4)


def test_one_percent_of_the_flux_adds_to_the_error():
    # Without it chi squared would be 2 * 100^2 / 1; with it the errors are 100.
    result = of(None, [10100.0, 9900.0], 1e-3)
    assert 10**result.log_variability == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize(("error", "effective"), [(0.0, 1e-6), (1e-8, 1e-6), (1.5e-6, 1.5e-6)])
def test_errors_have_a_lower_limit_of_a_millionth(error, effective):
    # Fluxes +- 1e-5: the added one percent is 1e-7.
    result = of(None, [1e-5, -1e-5], error)
    expected = 2 * (1e-5) ** 2 / (effective**2 + 1e-14)
    assert result.log_variability == pytest.approx(np.log10(expected))


@pytest.mark.parametrize(
    ("days", "counts"), [(0.0, True), (1.0, True), (1.4, True), (1.5, False), (2.0, False)]
)
def test_fast_scatter_is_of_points_less_than_a_day_and_a_half_apart(days, counts):
    result = of([0.0, days], [10.0, 16.0], 3.0)
    assert result.log_fast_scatter == pytest.approx(np.log10(1 + 36 / 18) if counts else 0.0)


def test_fast_scatter_is_the_mean_over_pairs():
    # 2^2 / 2 and 4^2 / 2; the third pair is too far apart.
    result = of([0.0, 1.0, 2.0, 9.0], [0.0, 2.0, 6.0, 9.0], 1.0)
    assert result.log_fast_scatter == pytest.approx(np.log10(1 + (2 + 8) / 2))


def test_fast_scatter_has_a_lower_limit_of_the_variance():
    assert of(None, [0.0, 1e-6], 0.0).log_fast_scatter == pytest.approx(np.log10(2))
    # Variance 2 * 1e-12.
    assert of(None, [0.0, 2e-6], 1e-6).log_fast_scatter == pytest.approx(np.log10(3))


def test_roughness_of_a_straight_line():
    # 0, 1, 2, 3: three differences of 1, deviations 2 * (1.5^2 + 0.5^2).
    assert of(None, [0.0, 1.0, 2.0, 3.0], 1.0).roughness == pytest.approx(3 / 5)
    assert of(None, [0.0, 0.1, 0.2, 0.3], 1.0).roughness == pytest.approx(3 / 5)


def test_roughness_is_limited_where_rounding_hides_the_deviations():
    # Twenty squared deviations of 0.25 sum up to 1.25, of which rounding the sum of 1e15 to an
    # eighth leaves 0.5; the nineteen squared differences sum up to 4.75.
    flux = 1e7 + 0.25 * (-1.0) ** np.arange(20)
    assert of(None, flux, 1.0).roughness == 4.0
