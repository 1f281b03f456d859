"""Cadence, depth and noise are those of the surveys."""

import numpy as np
import pytest

from fink_t2.simulation.cadence import Epochs, lsst_epochs, moon_illumination, ztf_epochs
from fink_t2.simulation.photometry_noise import (
    background_error,
    draw_limiting_magnitude,
    flux_error,
    is_detected,
    local_background,
    measure,
)
from fink_t2.surveys import LSST, ZTF


def test_moon() -> None:
    # full 2018-01-31 13:27 UTC, new 2023-04-20 04:13, full 2024-11-15 21:28
    light = moon_illumination(np.array([58149.56, 60054.18, 60629.89]))
    np.testing.assert_allclose(light, [1.0, 0.0, 1.0], atol=0.02)


@pytest.fixture(scope="module")
def ztf() -> Epochs:
    return ztf_epochs(np.random.default_rng(1), np.full(500, 59000.2), np.full(500, 59100.7))


@pytest.mark.parametrize("make", [ztf_epochs, lsst_epochs])
def test_visits_lie_in_the_window_and_are_sorted(make) -> None:  # type: ignore[no-untyped-def]
    first = np.linspace(59000, 59050, 60)
    epochs = make(np.random.default_rng(2), first, first + np.linspace(1, 200, 60))
    assert epochs.starts[-1] == len(epochs.mjd) == len(epochs.band)
    for i in range(60):
        mjd = epochs.mjd[epochs.starts[i] : epochs.starts[i + 1]]
        assert (np.diff(mjd) >= 0).all()
        if len(mjd):
            assert first[i] <= mjd[0]
            assert mjd[-1] <= first[i] + np.linspace(1, 200, 60)[i]


def test_an_empty_window_has_no_visits() -> None:
    epochs = ztf_epochs(np.random.default_rng(1), np.array([59000.0]), np.array([58999.0]))
    assert epochs.starts.tolist() == [0, 0]


def test_ztf_revisits_every_two_to_three_nights(ztf: Epochs) -> None:
    gaps, both = [], []
    for i in range(500):
        part = slice(ztf.starts[i], ztf.starts[i + 1])
        night = np.floor(ztf.mjd[part])
        gaps.append(np.diff(np.unique(night)))
        both += [len(np.unique(ztf.band[part][night == one])) == 2 for one in np.unique(night)]
    assert 2 <= np.median(np.concatenate(gaps)) <= 3
    # 62 % of the nights in real alert histories have both bands
    assert np.mean(both) == pytest.approx(0.6, abs=0.08)


def test_lsst_looks_in_the_red_under_the_moon() -> None:
    epochs = lsst_epochs(np.random.default_rng(1), np.full(300, 61000.0), np.full(300, 61120.0))
    bright = moon_illumination(epochs.mjd) > 0.8
    blue = epochs.band < 2
    assert blue[bright].mean() < 0.5 * blue[~bright].mean()
    assert np.unique(epochs.band).tolist() == [0, 1, 2, 3, 4, 5]


def test_ztf_depth_and_moon() -> None:
    generator = np.random.default_rng(1)
    mjd = generator.uniform(59000, 59354, 40_000)
    band = generator.integers(0, 2, 40_000)
    limit = draw_limiting_magnitude(generator, mjd, band, ZTF.passbands)
    light = moon_illumination(mjd)
    # medians of 3,896 real exposures, dark and bright: g 20.55 and 19.45, r 20.38 and 19.42
    for passband, dark, bright in ((0, 20.55, 19.45), (1, 20.38, 19.42)):
        of_band = band == passband
        assert np.median(limit[of_band & (light < 0.25)]) == pytest.approx(dark, abs=0.12)
        assert np.median(limit[of_band & (light > 0.75)]) == pytest.approx(bright, abs=0.4)


def test_ztf_errors_are_the_real_ones() -> None:
    # medians of the quoted errors of real light curves, r
    generator = np.random.default_rng(1)
    for magnitude, quoted in ((17.25, 0.046), (18.25, 0.073), (19.25, 0.124)):
        flux = np.full(4000, 10 ** (-0.4 * (magnitude - 27.5)))
        background = background_error(generator.normal(20.3, 0.3, 4000))
        error = flux_error(generator, flux, background, np.arange(4000), ZTF.passbands)
        assert np.median(1.0857 * error / flux) == pytest.approx(quoted, rel=0.2)


def test_ztf_scatters_less_than_it_quotes_and_lsst_as_it_quotes() -> None:
    generator = np.random.default_rng(1)
    flux, error = np.full(20_000, 1000.0), np.full(20_000, 50.0)
    pulls = (measure(generator, flux, error, ZTF.passbands) - flux) / error
    # real pairs of one night: 0.55 (robust), below 0.5 % beyond 3
    assert 1.4826 * np.median(np.abs(pulls)) == pytest.approx(0.6, abs=0.1)
    assert 0.0005 < np.mean(np.abs(pulls) > 3) < 0.01
    pulls = (measure(generator, flux, error, LSST.passbands) - flux) / error
    assert pulls.std() == pytest.approx(1.0, abs=0.02)


def test_noise_is_hardly_ever_a_detection() -> None:
    generator = np.random.default_rng(1)
    size = 200_000
    background = np.full(size, 20.0)
    zero = np.zeros(size)
    source = np.arange(size) // 100
    error = flux_error(generator, zero, background, source, ZTF.passbands)
    flux = measure(generator, zero, error, ZTF.passbands)
    found = is_detected(
        generator, flux, background, source, np.zeros(size, dtype=int), ZTF.passbands
    )
    assert found.mean() < 1e-3


def test_both_signs_are_detected() -> None:
    generator = np.random.default_rng(1)
    flux = np.array([-1000.0, 1000.0])
    background = np.full(2, 20.0)
    found = is_detected(generator, flux, background, np.arange(2), np.array([0, 1]), ZTF.passbands)
    assert found.all()


def test_a_bright_star_is_noisy() -> None:
    background = np.array([20.0])
    faint = local_background(background, np.array([0.0]), ZTF.passbands)
    bright = local_background(background, np.array([1e5]), ZTF.passbands)
    assert faint[0] == background[0]
    assert bright[0] > 3 * background[0]
