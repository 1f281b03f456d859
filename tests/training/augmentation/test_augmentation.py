import dataclasses

import numpy as np

from fink_t2.science.light_curves import from_fluxes
from fink_t2.surveys import LSST, ZTF
from fink_t2.training.augmentation.augment import AugmentationSettings, augment
from fink_t2.training.examples.labelled import Labelled, label_mask_of

NOTHING = AugmentationSettings(
    largest_loss=0.0,
    brightness=0.0,
    stretch=0.0,
    colour=0.0,
    noise=0.0,
    forget_limit=0.0,
    forget_history=0.0,
    forget_sign=0.0,
    forget_redshift=0.0,
)


def labelled(n=300, n_points=20, passbands=ZTF.passbands):
    starts = np.arange(n + 1) * n_points
    time = np.tile(59000 + np.arange(n_points, dtype=float), n)
    band = np.tile(np.arange(n_points) % len(passbands), n)
    flux = np.tile(np.linspace(-50, 500, n_points), n)
    curves = from_fluxes(
        passbands,
        starts,
        time,
        band,
        flux,
        np.full(len(flux), 5.0),
        first_seen=np.full(n, 58990.0),
        photoz=np.full(n, 0.2),
        photoz_error=np.full(n, 0.01),
    )
    names = np.array([f"o{i}" for i in range(n)])
    return Labelled(
        curves, label_mask_of(["SNII"] * n), names, np.full(n, "t"), np.ones(n, dtype=bool)
    )


def varied(n=300, passbands=ZTF.passbands, **changes):
    examples = labelled(n, passbands=passbands)
    changed = dataclasses.replace(NOTHING, **changes)
    return examples, augment(examples, changed, np.random.default_rng(0))


def test_nothing_changes_nothing():
    before, after = varied()
    for name in ("starts", "time", "flux", "flux_error", "passband", "first_seen", "photoz"):
        np.testing.assert_allclose(
            getattr(after.light_curves, name), getattr(before.light_curves, name)
        )


def test_points_are_lost_but_never_the_last():
    _, after = varied(largest_loss=0.5)
    lengths = np.diff(after.light_curves.starts)
    assert 0.65 < lengths.mean() / 20 < 0.85
    ends = after.light_curves.starts[1:] - 1
    np.testing.assert_allclose(after.light_curves.time[ends], 59019.0)


def test_brightness_colour_and_stretch_have_their_spread():
    _, after = varied(brightness=0.3)
    magnitude = -2.5 * np.log10(after.light_curves.flux[19::20] / 500)
    assert 0.25 < magnitude.std() < 0.35
    _, after = varied(colour=0.2)
    curves = after.light_curves
    ratio = -2.5 * np.log10(curves.flux[18::20] / curves.flux[19::20])
    assert 0.15 < ratio.std() < 0.25
    _, after = varied(stretch=0.1)
    spans = after.light_curves.time[19::20] - 59000
    assert 0.08 < np.log(spans / 19).std() < 0.12


def test_what_is_forgotten_is_unknown():
    _, after = varied(
        forget_history=1.0, forget_redshift=1.0, forget_sign=1.0, passbands=LSST.passbands
    )
    curves = after.light_curves
    assert np.isnan(curves.first_seen).all()
    assert np.isnan(curves.photoz).all()
    assert np.isnan(curves.photoz_error).all()
    assert (curves.flux >= 0).all()


def test_noise_is_added_and_owned_up_to():
    before, after = varied(noise=1.0)
    change = after.light_curves.flux - before.light_curves.flux
    added = np.sqrt(after.light_curves.flux_error**2 - before.light_curves.flux_error**2)
    assert 0.9 < (change / np.maximum(added, 1e-9)).std() < 1.1
