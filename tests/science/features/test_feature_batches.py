"""Batches of light curves: which rows and columns are written, and what is finite."""

import dataclasses

import numpy as np
import pytest
from hand_made import interpolation, light_curve, named_features

from fink_t2.science.compilation import source_digest
from fink_t2.science.features import UNKNOWN, compute_features, feature_names
from fink_t2.science.features.batch import compiled_batch, n_columns
from fink_t2.science.gaussian_process import Interpolation
from fink_t2.science.light_curves import from_fluxes
from fink_t2.surveys import LSST, ZTF

POINTS = [(0, "g", 100, 10), (1, "r", 200, 10), (5, "g", 300, 10), (6, "r", 250, 10)]
GRID = [[100, 200, 300, 290], [150, 200, 280, 250]]

FROM_GRID = feature_names(ZTF.passbands.names)[14:26] + tuple(
    name
    for name in feature_names(ZTF.passbands.names)
    if name.startswith(("share", "fall_15", "delay", "colour"))
)


def test_an_empty_light_curve_has_no_features():
    features = named_features(
        light_curve(ZTF.passbands, [], last_limit=3.0), interpolation([[0, 0], [0, 0]])
    )
    unknown = ("log_limit_gap", "photoz", "photoz_error")
    assert features == {name: UNKNOWN if name in unknown else 0.0 for name in features}


@pytest.mark.parametrize(
    "grid",
    [
        pytest.param([[0, 0, 0], [0, 0, 0]], id="no flux"),
        pytest.param([[1, 2, 3], [-1, -2, -3]], id="passbands that cancel"),
        pytest.param([[5], [6]], id="a single time"),
    ],
)
def test_a_grid_without_a_curve_gives_the_features_of_the_points_only(grid):
    features = named_features(light_curve(ZTF.passbands, POINTS), interpolation(grid))
    assert features["log_peak_flux"] == pytest.approx(np.log10(300))
    assert features["log_points_g"] == features["log_points_r"] == pytest.approx(np.log10(3))
    assert all(features[name] == 0.0 for name in FROM_GRID)


def test_two_times_make_a_curve():
    features = named_features(light_curve(ZTF.passbands, POINTS), interpolation([[0, 1], [0, 3]]))
    assert features["rise"] == 1.0
    assert features["log_days_before_peak"] == pytest.approx(np.log10(7))


def test_faint_interpolated_fluxes_make_a_curve():
    features = named_features(
        light_curve(ZTF.passbands, POINTS), interpolation([[0, 0.25], [0, 0.25]])
    )
    assert features["rise"] == 1.0
    assert features["share_g"] == 1.0


def test_the_share_is_relative_to_the_largest_absolute_value():
    features = named_features(light_curve(ZTF.passbands, POINTS), interpolation([[-8, 1], [2, 2]]))
    assert features["share_g"] == 1 / 8
    assert features["share_r"] == 2 / 8


def random_batch(passbands):
    generator = np.random.default_rng(8)
    lengths = [4, 0, 1, 9, 2]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    n = int(starts[-1])
    curves = from_fluxes(
        passbands,
        starts,
        59000 + generator.uniform(0, 40, n),
        generator.integers(0, len(passbands), n),
        generator.normal(100, 300, n),
        generator.uniform(5, 20, n),
        first_seen=generator.uniform(58900, 59000, 5),
        photoz=generator.uniform(0, 1, 5),
        photoz_error=generator.uniform(0, 0.1, 5),
    )
    curves = dataclasses.replace(curves, last_limit=generator.uniform(58990, 59000, 5))
    interpolated = Interpolation(
        flux=generator.normal(100, 300, (5, 7, len(passbands))),
        amplitude=generator.uniform(100, 1000, 5),
        time_scale=generator.uniform(1, 50, 5),
        log_likelihood=np.zeros(5),
        converged=np.ones(5, bool),
    )
    return curves, interpolated


@pytest.mark.parametrize(
    "passbands", [ZTF.passbands, LSST.passbands], ids=lambda passbands: passbands.survey
)
def test_a_light_curve_has_the_same_features_alone_and_in_a_batch(passbands):
    curves, interpolated = random_batch(passbands)
    together = compute_features(curves, interpolated)
    assert together.dtype == np.float32
    assert together.shape == (5, len(feature_names(passbands.names)))
    for k in range(5):
        alone = {
            field.name: getattr(interpolated, field.name)[k : k + 1]
            for field in dataclasses.fields(Interpolation)
        }
        own = compute_features(curves.select([k]), Interpolation(**alone))
        np.testing.assert_array_equal(own[0], together[k])


def test_every_value_of_a_row_is_written():
    # Whatever the memory contained before, a batch without a single point leaves no trace of it.
    features = np.full((2, n_columns(2)), 7.0)
    no_points = [np.empty(0)] * 3 + [np.empty(0, np.int8)]
    per_curve = [np.zeros(2)] * 4
    arguments = [np.zeros(3, np.int64), *no_points, *per_curve, np.zeros((2, 3, 2))]
    assert compiled_batch()(*arguments, features) == source_digest("fink_t2.science.features")
    assert set(features.flat) == {0.0, UNKNOWN}


def test_read_only_arrays_are_taken():
    curves, interpolated = random_batch(ZTF.passbands)
    expected = compute_features(curves, interpolated)
    for arrays in (curves, interpolated):
        for field in dataclasses.fields(arrays):
            if isinstance(getattr(arrays, field.name), np.ndarray):
                getattr(arrays, field.name).flags.writeable = False
    np.testing.assert_array_equal(compute_features(curves, interpolated), expected)


def test_integers_and_strided_arrays_are_taken():
    curves, interpolated = random_batch(ZTF.passbands)
    expected = compute_features(curves, interpolated)
    strided = dataclasses.replace(
        curves,
        time=np.repeat(curves.time, 2)[::2],
        starts=curves.starts.astype(np.int32),
        passband=curves.passband.astype(np.int64),
    )
    transposed = dataclasses.replace(interpolated, flux=np.asfortranarray(interpolated.flux))
    np.testing.assert_array_equal(compute_features(strided, transposed), expected)


@pytest.mark.parametrize(
    ("photoz", "expected"), [(np.nan, -1.0), (np.inf, -1.0), (19.5, 19.5), (25.0, 20.0), (-30, -20)]
)
def test_features_are_known_and_within_20(photoz, expected):
    curve = light_curve(ZTF.passbands, POINTS, photoz=photoz, photoz_error=photoz)
    features = named_features(curve, interpolation(GRID))
    assert features["photoz"] == features["photoz_error"] == expected


def test_features_of_a_grid_that_is_not_finite_are_finite():
    features = named_features(
        light_curve(ZTF.passbands, POINTS), interpolation([[np.nan, 1], [np.inf, 2]])
    )
    assert np.isfinite(list(features.values())).all()


def test_number_of_columns():
    assert n_columns(1) == 26 + 4
    assert n_columns(2) == 26 + 8 + 6
    assert n_columns(6) == 26 + 24 + 30
