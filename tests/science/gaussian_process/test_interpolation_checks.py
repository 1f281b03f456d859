"""What the batch is given, what it is refused, and fits to merged points."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import multivariate_normal

from fink_t2.science.compilation import source_digest
from fink_t2.science.gaussian_process import batch, interpolate, interpolation, warm_up
from fink_t2.science.gaussian_process.binning import shorten
from fink_t2.science.gaussian_process.interpolation import interpolate_shortened
from fink_t2.science.gaussian_process.points import allocate_points, measurements

WAVELENGTHS = np.array([4804.79, 6436.92])


def light_curve(n, seed=0):
    generator = np.random.default_rng(seed)
    time = np.sort(generator.uniform(0, 30, n))
    passband = generator.integers(0, 2, n).astype(np.int8)
    flux = 100 * np.exp(-0.5 * ((time - 12) / 8) ** 2) * (1 + 0.3 * passband)
    return time, flux + generator.normal(0, 5, n), np.full(n, 5.0), passband


def correlations(first_time, first_band, second_time, second_band, time_scale):
    lag = (first_time[:, None] - second_time) / time_scale
    shift = (WAVELENGTHS[first_band][:, None] - WAVELENGTHS[second_band]) / 6000.0
    s = np.sqrt(3.0 * (lag**2 + shift**2))
    return (1 + s) * np.exp(-s)


@pytest.mark.parametrize(("most_fitted", "most_points"), [(6, 9), (9, 9), (12, 12), (9, 6)])
def test_mean_and_likelihood_are_those_of_the_merged_points(most_fitted, most_points):
    n = 12
    time, flux, error, passband = light_curve(n)
    result = interpolate_shortened(
        [0, n], time, flux, error, passband, WAVELENGTHS, 5,
        most_fitted=most_fitted, most_points=most_points,
    )  # fmt: skip
    points = allocate_points(n)
    kept, scale = measurements(0, n, time, flux, error, passband, 2, points)
    left, log_factor = shorten(kept, most_points, points, np.empty(2, np.int64), np.empty(n))
    assert left == min(n, most_points)
    t, f, v, b = (values[:left] for values in points)
    amplitude = result.amplitude[0] / scale**2
    time_scale = result.time_scale[0]
    matrix = amplitude * correlations(t, b, t, b, time_scale) + np.diag(v)
    grid_times = np.linspace(0.0, t.max() if most_points >= n else np.ptp(time), 5)
    weights = scale * amplitude * np.linalg.solve(matrix, f)
    for band in (0, 1):
        bands = np.full(5, band)
        mean = correlations(grid_times, bands, t, b, time_scale) @ weights
        assert_allclose(result.flux[0, :, band], mean, rtol=1e-7, atol=1e-6)
    likelihood = multivariate_normal(np.zeros(left), matrix).logpdf(f)
    expected = likelihood + log_factor - n * np.log(scale)
    assert_allclose(result.log_likelihood[0], expected, rtol=1e-9)


def test_fits_to_fewer_points_have_other_parameters():
    time, flux, error, passband = light_curve(12)
    arguments = ([0, 12], time, flux, error, passband, WAVELENGTHS, 5)
    few = interpolate_shortened(*arguments, most_fitted=4, most_points=12)
    all_points = interpolate_shortened(*arguments, most_fitted=12, most_points=12)
    assert few.time_scale[0] != pytest.approx(all_points.time_scale[0], rel=1e-3)


def test_the_amplitude_is_at_least_exp_of_minus_10_of_its_start():
    # Opposite fluxes far below their errors: the likeliest amplitude is none. The scale is 1.
    result = interpolate([0, 2], [0.0, 0.1], [1.0, -1.0], [9.0, 9.0], [0, 0], WAVELENGTHS, 2)
    assert_allclose(result.amplitude, 0.25 * np.exp(-10.0), rtol=1e-9)


def test_the_batch_returns_the_digest_of_its_sources():
    digest = source_digest("fink_t2.science.gaussian_process")
    results = (np.zeros((0, 3, 2)), *np.zeros((3, 0)), np.zeros(0, bool))
    no_points = (*np.zeros((3, 0)), np.zeros(0, np.int8))
    assert (
        batch.compiled_batch()(np.zeros(1, np.int64), *no_points, WAVELENGTHS, 4, 4, *results)
        == digest
    )


def test_a_light_curve_in_read_only_arrays():
    arrays = light_curve(5)
    for array in arrays:
        array.flags.writeable = False
    starts, wavelengths = np.array([0, 5]), WAVELENGTHS.copy()
    starts.flags.writeable = wavelengths.flags.writeable = False
    result = interpolate(starts, *arrays, wavelengths, 3)
    assert result.converged.shape == (1,)
    assert result.flux.shape == (1, 3, 2)


class Recorder:
    """Stands for the compiled batch, to see what it would be given."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(interpolation, "compiled_batch", lambda: self)
        self.arguments = None

    def __call__(self, *arguments):
        self.arguments = arguments


def test_the_batch_is_given_arrays_of_its_types(monkeypatch):
    recorder = Recorder(monkeypatch)
    # As lists, and in another type and order of memory.
    table = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    result = interpolate_shortened(
        [0, 1, 2], table[:, 0], table[:, 1], [1, 2], [0, 300], [4804.79, 6436.92], 7,
        most_fitted=5, most_points=9,
    )  # fmt: skip
    starts, time, flux, error, passband, wavelengths, fitted, points, *results = recorder.arguments
    for array, dtype, values in (
        (starts, np.int64, [0, 1, 2]),
        (time, np.float64, [0.0, 3.0]),
        (flux, np.float64, [1.0, 4.0]),
        (error, np.float64, [1.0, 2.0]),
        (passband, np.int8, [0, 127]),
        (wavelengths, np.float64, [4804.79, 6436.92]),
    ):
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert array.flags.aligned
        assert_array_equal(array, values)
    assert (fitted, points) == (5, 9)
    names = ("flux", "amplitude", "time_scale", "log_likelihood", "converged")
    for array, name in zip(results, names, strict=True):
        assert array is getattr(result, name)
    assert result.flux.shape == (2, 7, 2)
    # Before anything is fitted.
    for name in ("flux", "amplitude", "log_likelihood"):
        assert not getattr(result, name).any()
        assert not np.signbit(getattr(result, name)).any()
    assert_allclose(result.time_scale, 20.0)
    assert not result.converged.any()


def test_limits_of_the_points_and_length_of_the_grid_by_default(monkeypatch):
    recorder = Recorder(monkeypatch)
    assert interpolate([0], [], [], [], [], WAVELENGTHS).flux.shape == (0, 100, 2)
    assert recorder.arguments[6:8] == (160, 384)
    limits = {"most_fitted": 3, "most_points": 4}
    assert interpolate_shortened([0], [], [], [], [], WAVELENGTHS, **limits).flux.shape[1] == 100


@pytest.mark.parametrize("passband", [-129, -1, 128, 255, 256, 1000])
def test_an_index_that_int8_cannot_hold_is_no_passband(passband, monkeypatch):
    recorder = Recorder(monkeypatch)
    interpolate([0, 1], [1.0], [1.0], [1.0], [passband], WAVELENGTHS)
    assert recorder.arguments[4][0] not in (0, 1)


def test_warm_up_compiles_the_batch(monkeypatch):
    calls = []
    monkeypatch.setattr(interpolation, "compiled_batch", lambda: calls.append(1))
    warm_up()
    assert calls == [1]


GOOD = {
    "starts": [0, 2],
    "time": [1.0, 2.0],
    "flux": [1.0, 2.0],
    "flux_error": [1.0, 1.0],
    "passband": [0, 1],
    "wavelengths": WAVELENGTHS,
    "grid_length": 3,
}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"starts": []}, r"starts has shape \(0,\); it needs \(N \+ 1,\)"),
        ({"starts": [[0, 2]]}, r"starts has shape \(1, 2\)"),
        ({"time": [[1.0, 2.0]]}, r"time has shape \(1, 2\); it needs \(P,\)"),
        ({"flux": [1.0]}, r"^flux has shape \(1,\), time has \(2,\)"),
        ({"flux_error": [1.0]}, r"^flux_error has shape \(1,\), time has \(2,\)"),
        ({"passband": [1]}, r"^passband has shape \(1,\), time has \(2,\)"),
        ({"starts": [-1, 2]}, "starts must not fall, nor leave the range 0 to 2"),
        ({"starts": [0, 3]}, "starts must not fall"),
        ({"starts": [0, 2, 1]}, "starts must not fall"),
        ({"wavelengths": []}, r"wavelengths has shape \(0,\); it needs \(M,\), M 1 to 127"),
        ({"wavelengths": [[1.0, 2.0]]}, r"wavelengths has shape \(1, 2\)"),
        ({"wavelengths": np.ones(128)}, r"wavelengths has shape \(128,\)"),
        ({"wavelengths": [np.inf, 1.0]}, "wavelengths must be finite"),
        ({"grid_length": 0}, "grid_length is 0; it needs to be 1 or more"),
    ],
)
def test_what_is_not_consistent_is_refused(wrong, message, monkeypatch):
    Recorder(monkeypatch)
    interpolate(**GOOD)
    with pytest.raises(ValueError, match=message):
        interpolate(**(GOOD | wrong))


@pytest.mark.parametrize(
    "right",
    [
        {"starts": [0]},
        {"starts": [1, 1, 2]},
        {"wavelengths": [5000.0]},
        {"wavelengths": np.ones(127)},
        {"grid_length": 1},
    ],
)
def test_what_is_just_consistent_is_taken(right, monkeypatch):
    Recorder(monkeypatch)
    interpolate(**(GOOD | right))


def test_each_passband_needs_a_point(monkeypatch):
    Recorder(monkeypatch)
    interpolate_shortened(**GOOD, most_fitted=2, most_points=2)
    for limits in ({"most_fitted": 1, "most_points": 9}, {"most_fitted": 9, "most_points": 1}):
        with pytest.raises(ValueError, match="2 passbands need at least as many points"):
            interpolate_shortened(**GOOD, **limits)
