"""Further visits in a night, and references that hold the transient's light."""

import dataclasses

import numpy as np
import pytest

from fink_t2.science.classes import CLASSES
from fink_t2.science.light_curves import from_fluxes
from fink_t2.surveys import ZTF
from fink_t2.training.augmentation.reference_light import with_reference_light
from fink_t2.training.augmentation.repeated_visits import MOST_NIGHTS, VISITS_WITHIN, repeat_visits
from fink_t2.training.examples.labelled import Labelled, label_mask_of

N, POINTS = 400, 12


def labelled(names="SNIa", is_alert=False):
    """Points in g and r every second day; a rise and a fall, and no noise."""
    shape = np.concatenate([np.linspace(100, 1000, 4), np.linspace(900, 50, POINTS - 4)])
    curves = from_fluxes(
        ZTF.passbands,
        np.arange(N + 1) * POINTS,
        np.tile(59000 + 2.0 * np.arange(POINTS), N),
        np.tile(np.arange(POINTS) % 2, N),
        np.tile(shape, N),
        np.full(N * POINTS, 5.0),
    )
    names = [names] * N
    return Labelled(
        curves,
        label_mask_of(names),
        np.arange(N).astype(str),
        np.full(N, "t"),
        np.full(N, is_alert),
    )


def assert_sorted(curves):
    for begin, end in zip(curves.starts[:-1], curves.starts[1:], strict=True):
        assert (np.diff(curves.time[begin:end]) >= 0).all()


def test_further_visits_lie_in_the_last_nights_and_the_last_point_stays():
    before = labelled().light_curves
    after = repeat_visits(labelled(), 1.0, np.random.default_rng(0)).light_curves
    assert_sorted(after)
    added = np.diff(after.starts) - POINTS
    assert (added > 0).all()
    np.testing.assert_array_equal(after.time[after.starts[1:] - 1], 59022.0)
    np.testing.assert_array_equal(after.flux[after.starts[1:] - 1], 50.0)
    is_new = ~np.isin(after.time, before.time)
    assert after.time[is_new].min() >= 59022.0 - 2 * (MOST_NIGHTS - 1) - VISITS_WITHIN
    # A visit repeats a point at most VISITS_WITHIN later, in its passband.
    night = np.ceil((after.time[is_new] - 59000.0) / 2).astype(int)
    np.testing.assert_array_equal(after.passband[is_new], night % 2)
    assert (2 * night + 59000.0 - after.time[is_new] <= VISITS_WITHIN + 1e-9).all()
    noise = (after.flux[is_new] - before.flux[night]) / 5.0
    assert noise.std() == pytest.approx(1.0, abs=0.1)
    assert noise.mean() == pytest.approx(0.0, abs=0.1)


def test_a_share_of_the_light_curves_gets_further_visits():
    after = repeat_visits(labelled(), 0.25, np.random.default_rng(0)).light_curves
    assert (np.diff(after.starts) > POINTS).mean() == pytest.approx(0.25, abs=0.07)
    same = repeat_visits(labelled(), 0.0, np.random.default_rng(0)).light_curves
    np.testing.assert_array_equal(same.flux, labelled().light_curves.flux)


def test_nights_are_those_of_each_curve():
    # A curve that begins the night on which the one before it ended.
    one = labelled().select([0])
    curves = from_fluxes(
        ZTF.passbands,
        np.array([0, 3, 6]),
        np.array([0.0, 5.0, 10.0, 10.1, 15.0, 20.0]) + 59000,
        np.zeros(6, dtype=int),
        np.arange(1.0, 7.0) * 1000,
        np.full(6, 1e-6),
    )
    two = dataclasses.replace(
        one.select([0, 0]), light_curves=curves, object_id=np.array(["a", "b"])
    )
    for seed in range(20):
        after = repeat_visits(two, 1.0, np.random.default_rng(seed)).light_curves
        first, second = after.flux[: after.starts[1]], after.flux[after.starts[1] :]
        assert set(np.round(first)) == {1000.0, 2000.0, 3000.0}
        assert set(np.round(second)) == {4000.0, 5000.0, 6000.0}
        assert (np.round(first) == 3000.0).sum() > 1


def test_without_light_curves_nothing_happens():
    none = labelled().select(np.zeros(N, dtype=bool))
    assert len(repeat_visits(none, 1.0, np.random.default_rng(0))) == 0
    assert len(with_reference_light(none, 1.0, np.random.default_rng(0))) == 0


def test_light_in_the_reference_is_missing_and_stays_missing():
    before = labelled().light_curves
    after = with_reference_light(labelled(), 1.0, np.random.default_rng(0)).light_curves
    assert_sorted(after)
    n_late = 0
    for curve in range(N):
        part = slice(after.starts[curve], after.starts[curve + 1])
        time, flux, band = after.time[part], after.flux[part], after.passband[part]
        for passband in (0, 1):
            late = (band == passband) & (time > 59022.0)
            during = (band == passband) & (time <= 59022.0)
            missing = (
                before.flux[np.searchsorted(before.time[:POINTS], time[during])] - flux[during]
            )
            if not late.any():
                continue
            n_late += late.sum()
            # What lacks during the event lacks afterwards, with noise.
            np.testing.assert_allclose(missing, missing[0])
            np.testing.assert_allclose(flux[late], -missing[0], atol=6 * 5.0)
            assert 0.04 < missing[0] / before.flux[:POINTS][passband::2].max() < 0.61
    assert n_late > 5 * N
    assert (np.abs(after.flux[after.time > 59022.0]) >= 20.0).all()


@pytest.mark.parametrize(("name", "is_alert"), [("AGN", False), ("SNIa", True)])
def test_alerts_and_variables_keep_their_reference(name, is_alert):
    assert name in CLASSES
    given = labelled(name, is_alert)
    after = with_reference_light(given, 1.0, np.random.default_rng(0)).light_curves
    np.testing.assert_array_equal(after.flux, given.light_curves.flux)
    np.testing.assert_array_equal(after.starts, given.light_curves.starts)
