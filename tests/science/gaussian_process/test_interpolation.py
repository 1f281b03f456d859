"""The batch interface: shapes, closed forms, invariances, and data of every kind."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_oracle import covariance
from numpy.testing import assert_allclose, assert_array_equal

from fink_t2.science.gaussian_process import Interpolation, interpolate
from fink_t2.surveys import LSST, ZTF

TWO_BANDS = ZTF.passbands.wavelength_array()


def bump(n: int, seed: int, n_bands: int = 2):
    generator = np.random.default_rng(seed)
    time = np.sort(generator.uniform(59000, 59040, n))
    passband = generator.integers(0, n_bands, n).astype(np.int8)
    flux = 1000 * np.exp(-0.5 * ((time - 59015) / 8) ** 2) * (1 + 0.2 * passband)
    error = generator.uniform(10, 40, n)
    return time, flux + error * generator.normal(size=n), error, passband


def batch(curves):
    starts = np.concatenate(([0], np.cumsum([len(curve[0]) for curve in curves])))
    return (starts, *(np.concatenate(column) for column in zip(*curves, strict=True)))


def interpolate_one(time, flux, error, passband, wavelengths=TWO_BANDS, length=100):
    return interpolate([0, len(time)], time, flux, error, passband, wavelengths, length)


def assert_finite(result: Interpolation) -> None:
    for name in ("flux", "amplitude", "time_scale", "log_likelihood"):
        assert np.all(np.isfinite(getattr(result, name))), name
    assert np.all(result.amplitude >= 0)
    assert np.all((result.time_scale >= 1 - 1e-9) & (result.time_scale <= 1000 * (1 + 1e-9)))


def test_shapes_and_types():
    curves = [bump(n, n) for n in (3, 0, 12)]
    result = interpolate(*batch(curves), TWO_BANDS, 50)
    assert result.flux.shape == (3, 50, 2)
    for name in ("amplitude", "time_scale", "log_likelihood", "converged"):
        assert getattr(result, name).shape == (3,)
    assert result.flux.dtype == np.float64
    assert result.converged.dtype == np.bool_


def test_no_curve_at_all():
    result = interpolate([0], [], [], [], np.empty(0, np.int8), TWO_BANDS)
    assert result.flux.shape == (0, 100, 2)


def test_one_point_has_a_closed_form():
    # One point y with variance e^2: a + e^2 = y^2, and the mean is y a / (a + e^2) there.
    result = interpolate_one([59000.0], [50.0], [10.0], np.array([1], np.int8))
    assert_allclose(result.amplitude, 50.0**2 - 10.0**2, rtol=1e-3)
    assert_allclose(result.flux[0, :, 1], 50.0 * (1 - 10.0**2 / 50.0**2), rtol=1e-4)
    ratio = covariance(np.zeros(2), TWO_BANDS, 1.0, 400.0)[0, 1]
    assert_allclose(result.flux[0, :, 0], result.flux[0, :, 1] * ratio, rtol=1e-12)
    assert_allclose(result.time_scale, 20.0)
    assert_allclose(result.log_likelihood, -0.5 - np.log(50.0) - 0.5 * np.log(2 * np.pi))
    assert result.converged[0]


def test_two_far_points_have_a_closed_form():
    # 1e6 days apart at most 1,000 days of memory: two independent points of one variance.
    flux = np.array([30.0, -50.0])
    result = interpolate_one([0.0, 1e6], flux, [1.0, 1.0], np.zeros(2, np.int8), length=2)
    variance = np.mean(flux**2)
    assert_allclose(result.amplitude, variance - 1.0, rtol=1e-3)
    assert_allclose(result.flux[0, :, 0], flux * (1 - 1 / variance), rtol=1e-4)


def test_two_equal_points_are_a_constant_curve():
    # Equal fluxes are likeliest with the longest memory: ln M_t ends at its bound.
    result = interpolate_one([0.0, 5.0], [30.0, 30.0], [1.0, 1.0], np.zeros(2, np.int8))
    assert_allclose(result.time_scale, 1000.0)
    assert_allclose(result.flux[0, :, 0], 30.0, rtol=2e-3)


def test_grid_runs_from_the_first_to_the_last_point():
    time, flux, _, passband = bump(12, 1)
    result = interpolate_one(time, flux, np.full(12, 1e-3), passband)
    assert_allclose(result.flux[0, 0, passband[0]], flux[0], rtol=1e-4)
    assert_allclose(result.flux[0, -1, passband[-1]], flux[-1], rtol=1e-4)


def test_grid_of_one_time():
    time, flux, error, passband = bump(12, 1)
    whole = interpolate_one(time, flux, error, passband)
    single = interpolate_one(time, flux, error, passband, length=1)
    assert_array_equal(single.flux[0, 0], whole.flux[0, 0])


def test_order_in_the_batch_does_not_matter():
    curves = [bump(n, seed) for seed, n in enumerate([4, 30, 1, 7, 200, 0, 16, 15, 450, 8])]
    order = np.random.default_rng(0).permutation(len(curves))
    straight = interpolate(*batch(curves), TWO_BANDS)
    shuffled = interpolate(*batch([curves[index] for index in order]), TWO_BANDS)
    for name in ("flux", "amplitude", "time_scale", "log_likelihood", "converged"):
        assert_array_equal(getattr(straight, name)[order], getattr(shuffled, name))


@pytest.mark.parametrize("factor", [1e-8, 3.7e-3, 1.0, 1e8, -2.5])
def test_flux_scales(factor):
    time, flux, error, passband = bump(20, 3)
    one = interpolate_one(time, flux, error, passband)
    # Where all signs are turned, the highest flux is another: only its start may differ.
    other = interpolate_one(time, factor * flux, abs(factor) * error, passband)
    tolerance = 1e-9 if factor > 0 else 1e-4
    assert_allclose(other.flux / factor, one.flux, rtol=tolerance, atol=tolerance * 1000)
    assert_allclose(other.amplitude / factor**2, one.amplitude, rtol=max(tolerance, 1e-9) * 10)
    assert_allclose(other.time_scale, one.time_scale, rtol=max(tolerance, 1e-9) * 10)


@pytest.mark.parametrize("zero_point", [0.0, 59000.0, 2459000.5])
def test_zero_point_of_time_does_not_matter(zero_point):
    time, flux, error, passband = bump(25, 4)
    days = np.round((time - time[0]) * 2**20) / 2**20  # exact at every zero point
    here = interpolate_one(days, flux, error, passband)
    there = interpolate_one(days + zero_point, flux, error, passband)
    assert_array_equal(there.flux, here.flux)
    assert_array_equal(there.time_scale, here.time_scale)


def test_points_without_value_are_left_out():
    time, flux, error, passband = bump(12, 5)
    clean = interpolate_one(time, flux, error, passband)
    dirty = interpolate_one(
        np.insert(time, [3, 6, 8, 9], [time[3], time[6], np.nan, time[9]]),
        np.insert(flux, [3, 6, 8, 9], [np.nan, np.inf, 5.0, 5.0]),
        np.insert(error, [3, 6, 8, 9], [1.0, 1.0, 1.0, np.nan]),
        np.insert(passband, [3, 6, 8, 9], 0).astype(np.int8),
    )
    assert_array_equal(dirty.flux, clean.flux)


@pytest.mark.parametrize("index", [-1, 2, 100, 256, 257])
def test_other_passbands_are_left_out(index):
    time, flux, error, passband = bump(12, 6)
    clean = interpolate_one(time, flux, error, passband)
    bands = np.insert(passband.astype(np.int64), 5, index)
    more = interpolate_one(
        np.insert(time, 5, time[5]), np.insert(flux, 5, 1e6), np.insert(error, 5, 1.0), bands
    )
    assert_array_equal(more.flux, clean.flux)


def test_read_only_and_strided_input():
    time, flux, error, passband = bump(12, 7)
    expected = interpolate_one(time, flux, error, passband)
    table = np.column_stack((time, flux, error))
    table.flags.writeable = False
    passband.flags.writeable = False
    found = interpolate_one(table[:, 0], table[:, 1], table[:, 2], passband)
    assert_array_equal(found.flux, expected.flux)


def test_empty_and_dark_curves_are_zero():
    curves = [bump(0, 0), (np.arange(5.0), np.zeros(5), np.ones(5), np.zeros(5, np.int8))]
    result = interpolate(*batch(curves), TWO_BANDS)
    assert_array_equal(result.flux, 0.0)
    assert_array_equal(result.amplitude, 0.0)
    assert_allclose(result.time_scale, 20.0)
    assert not result.converged.any()


@pytest.mark.parametrize(
    ("time", "flux", "error"),
    [
        ([5.0] * 4, [1.0, 2.0, 3.0, 4.0], [0.1] * 4),
        ([5.0] * 4, [1.0, 2.0, 3.0, 4.0], [0.0] * 4),
        ([1.0, 1.0, 2.0, 2.0], [7.0, 7.0, 8.0, 8.0], [0.0] * 4),
        ([1.0, 2.0, 3.0, 4.0], [7.0] * 4, [0.0] * 4),
        ([1.0, 2.0, 3.0, 4.0], [7.0] * 4, [1e300] * 4),
        ([1.0, 2.0, 3.0, 4.0], [7.0] * 4, [np.inf] * 4),
        ([1.0, 2.0, 3.0, 4.0], [7.0, 1e300, 3.0, -1e300], [1.0, 1e301, 1.0, 1.0]),
        ([1.0, 2.0, 3.0, 4.0], [1e-310] * 4, [1e-320] * 4),
        ([1.0, 2.0, 3.0, 4.0], [-1.0, -2.0, -3.0, -0.0], [0.1] * 4),
        ([-1e308, 0.0, 1.0, 1e308], [1.0, 2.0, 3.0, 4.0], [0.1] * 4),
        ([0.0, 1e-12, 2e-12, 3e-12], [1.0, -1.0, 1.0, -1.0], [1e-9] * 4),
        ([4.0, 3.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0], [0.1] * 4),
    ],
)
def test_extreme_curves_stay_finite(time, flux, error):
    result = interpolate_one(time, flux, error, np.array([0, 1, 0, 1], np.int8))
    assert_finite(result)


@pytest.mark.parametrize("size", [1e-8, 1e8])
def test_constant_flux_stays_constant(size):
    time = np.linspace(59000, 59030, 15)
    result = interpolate_one(time, np.full(15, size), np.full(15, 0.01 * size), np.zeros(15, int))
    assert_allclose(result.flux[0, :, 0], size, rtol=1e-3)


def test_hostile_length():
    generator = np.random.default_rng(0)
    n = 100_000
    time = np.sort(generator.uniform(0, 3000, n))
    passband = generator.integers(0, 6, n).astype(np.int8)
    flux = 100 * np.sin(time / 200) + generator.normal(0, 10, n)
    result = interpolate_one(
        time, flux, np.full(n, 10.0), passband, LSST.passbands.wavelength_array()
    )
    assert_finite(result)
    grid_time = np.linspace(time[0], time[-1], 100)
    # 100,000 points of S/N 10 leave about one in a hundred of uncertainty.
    assert np.abs(result.flux[0] - 100 * np.sin(grid_time / 200)[:, None]).max() < 10


numbers = st.floats(allow_nan=True, allow_infinity=True)
plausible = st.floats(-1e4, 1e4)


@st.composite
def any_curves(draw):
    point = st.tuples(
        st.one_of(plausible, numbers),
        st.one_of(plausible, numbers),
        st.one_of(st.floats(0, 100), numbers),
        st.integers(-128, 127),
    )
    curves = draw(st.lists(st.lists(point, max_size=12), min_size=1, max_size=4))
    starts = np.concatenate(([0], np.cumsum([len(curve) for curve in curves])))
    points = [values for curve in curves for values in sorted(curve, key=lambda p: p[0])]
    columns = [np.array([values[k] for values in points], dtype=np.float64) for k in range(3)]
    return starts, *columns, np.array([values[3] for values in points], dtype=np.int8)


@settings(deadline=None, max_examples=300)
@given(any_curves(), st.integers(1, 20))
def test_no_data_raise_or_give_what_is_not_finite(curves, length):
    result = interpolate(*curves, LSST.passbands.wavelength_array(), length)
    assert_finite(result)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.floats(0, 50), st.floats(-100, 100), st.floats(1, 30), st.integers(0, 1)),
        min_size=2,
        max_size=25,
    )
)
def test_the_fit_is_never_worse_than_its_start(points):
    time, flux, error, passband = (np.array(column) for column in zip(*sorted(points), strict=True))
    result = interpolate_one(time, flux, error, passband.astype(np.int8))
    assert_finite(result)
    if not np.any(flux):
        return
    noise = np.sqrt(error**2 + (0.01 * flux.max()) ** 2)
    scale = abs(flux[np.argmax(abs(flux) / noise)])
    signal = covariance(time, TWO_BANDS[passband], (0.5 * scale) ** 2, 400.0)
    matrix = signal + np.diag(error**2)
    start = -0.5 * (
        flux @ np.linalg.solve(matrix, flux)
        + np.linalg.slogdet(matrix)[1]
        + len(time) * np.log(2 * np.pi)
    )
    assert result.log_likelihood[0] >= start - 1e-6 * (1 + abs(start))


GOOD = {
    "starts": [0, 2],
    "time": [1.0, 2.0],
    "flux": [1.0, 2.0],
    "flux_error": [1.0, 1.0],
    "passband": np.array([0, 1], np.int8),
    "wavelengths": TWO_BANDS,
    "grid_length": 100,
}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"starts": []}, "starts"),
        ({"starts": [[0, 2]]}, "starts"),
        ({"starts": [0, 3]}, "starts"),
        ({"starts": [2, 0]}, "starts"),
        ({"starts": [-1, 2]}, "starts"),
        ({"time": [[1.0, 2.0]]}, "time"),
        ({"flux": [1.0]}, "flux"),
        ({"flux_error": [1.0, 1.0, 1.0]}, "flux_error"),
        ({"passband": np.zeros(3, np.int8)}, "passband"),
        ({"wavelengths": []}, "wavelengths"),
        ({"wavelengths": [np.nan, 1.0]}, "wavelengths"),
        ({"grid_length": 0}, "grid_length"),
    ],
)
def test_shapes_that_do_not_fit_raise(wrong, message):
    interpolate(**GOOD)
    with pytest.raises(ValueError, match=message):
        interpolate(**(GOOD | wrong))
