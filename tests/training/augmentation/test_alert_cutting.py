import numpy as np
import pytest

from fink_t2.science.light_curves import from_fluxes
from fink_t2.surveys import ZTF
from fink_t2.training.augmentation.alert_cutting import cut_at_random_alerts
from fink_t2.training.examples.labelled import Labelled, label_mask_of


def labelled(n_points=40, step=2.0, n_curves=3):
    starts = np.arange(n_curves + 1) * n_points
    time = np.tile(59000 + step * np.arange(n_points), n_curves)
    band = np.tile(np.arange(n_points) % 2, n_curves)
    flux = np.full(n_curves * n_points, 100.0)
    curves = from_fluxes(ZTF.passbands, starts, time, band, flux, flux / 10)
    return Labelled(
        curves,
        label_mask_of(["SNIa"] * n_curves),
        np.array([f"o{i}" for i in range(n_curves)]),
        np.full(n_curves, "test"),
        np.zeros(n_curves, dtype=bool),
    )


def test_an_alert_holds_thirty_days_before_its_own_point():
    cut = cut_at_random_alerts(labelled(), 5, np.random.default_rng(0), early_share=0.0)
    assert len(cut) == 15
    assert cut.is_alert.all()
    curves = cut.light_curves
    for begin, end in zip(curves.starts[:-1], curves.starts[1:], strict=True):
        last = curves.time[end - 1]
        expected = np.arange(max(59000, last - 30), last + 1, 2.0)
        np.testing.assert_allclose(curves.time[begin:end], expected)


def test_first_seen_is_the_curve_s_first_point():
    cut = cut_at_random_alerts(labelled(), 5, np.random.default_rng(0))
    assert (cut.light_curves.first_seen == 59000).all()


def test_early_alerts_are_drawn_more_often():
    def share(early):
        cut = cut_at_random_alerts(
            labelled(n_curves=200), 1, np.random.default_rng(1), early_share=early
        )
        age = cut.light_curves.time[cut.light_curves.starts[1:] - 1] - 59000
        return (age <= 15).mean()

    assert share(0.9) > 0.8 > 0.4 > share(0.0)


def test_no_point_twice_and_none_that_the_cuts_turn_away():
    cut = cut_at_random_alerts(labelled(n_points=4), 10, np.random.default_rng(0))
    # Of four points the last three can send an alert, and every one is sent once.
    assert np.bincount(np.unique(cut.object_id, return_inverse=True)[1]).tolist() == [3, 3, 3]
    assert (cut.light_curves.points_per_passband() > 0).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_the_seed_fixes_the_alerts(seed):
    one = cut_at_random_alerts(labelled(), 3, np.random.default_rng(seed))
    two = cut_at_random_alerts(labelled(), 3, np.random.default_rng(seed))
    np.testing.assert_array_equal(one.light_curves.time, two.light_curves.time)
