"""Every family of sources looks like what it is named after."""

from typing import Any

import numpy as np
import pytest

from fink_t2.science.classes import CLASSES
from fink_t2.simulation import simulate_objects
from fink_t2.simulation.models import (
    active_nuclei,
    core_collapse,
    irregular,
    luminous,
    stellar,
    thermonuclear,
)
from fink_t2.simulation.models.damped_random_walk import damped_random_walk
from fink_t2.simulation.models.registry import FAMILIES
from fink_t2.simulation.models.source import Source, Visits
from fink_t2.surveys import ZTF

SIZE = 200


def look(
    source: Source, times: np.ndarray, change: dict[str, Any] | None = None
) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """Parameters, and true g and r fluxes of shape (SIZE, times), at the same times."""
    generator = np.random.default_rng(1)
    parameters = source.draw(generator, SIZE, ZTF.passbands)
    for name, value in (change or {}).items():
        parameters[name] = np.full(SIZE, value)
    count = len(times)
    visits = Visits(
        np.repeat(np.arange(SIZE), 2 * count),
        np.tile(np.repeat(times, 2), SIZE),
        np.tile([0, 1], SIZE * count),
        ZTF.passbands,
    )
    flux = source.flux(generator, parameters, visits).reshape(SIZE, count, 2)
    return parameters, flux[:, :, 0], flux[:, :, 1]


def magnitude(flux: np.ndarray) -> np.ndarray:
    return 27.5 - 2.5 * np.log10(flux)


def test_families_cover_the_classes_and_their_shares_add_up() -> None:
    assert set(FAMILIES) == {*CLASSES, "other"}
    for families in FAMILIES.values():
        assert sum(share for _, share in families) == pytest.approx(1.0)


@pytest.mark.parametrize("name", list(FAMILIES))
def test_class_is_simulated(name: str) -> None:
    objects = simulate_objects(30, "ztf", seed=2, class_fractions={name: 1.0}, workers=1)
    assert (objects.class_names() == name).all()
    assert {str(one) for one in objects.subtype} <= {source.name for source, _ in FAMILIES[name]}


def test_type_ia_has_a_shoulder_in_r_and_none_in_g() -> None:
    times = np.array([-10.0, 0.0, 5.0, 15.0, 25.0, 35.0])
    _, g, r = look(thermonuclear.NORMAL, times, {"redshift": 0.03})
    fall_g, fall_r = np.diff(magnitude(g), axis=1), np.diff(magnitude(r), axis=1)
    assert np.median(fall_r[:, 3]) < 0.6 * np.median(fall_r[:, 2])
    assert np.median(fall_r[:, 3]) < 0.6 * np.median(fall_r[:, 4])
    assert np.median(fall_g[:, 3]) > 0.8 * np.median(fall_g[:, 2])


def test_type_ia_is_dark_before_the_explosion() -> None:
    _, g, r = look(thermonuclear.NORMAL, np.array([-60.0]))
    assert (g == 0).all()
    assert (r == 0).all()


def test_slow_type_ia_are_brighter() -> None:
    parameters, _, _ = look(thermonuclear.NORMAL, np.array([0.0]))
    relation = np.corrcoef(parameters["stretch"], parameters["absolute_magnitude"])[0, 1]
    assert relation < -0.4


def test_redshift_stretches_time_and_reddens() -> None:
    times = np.linspace(-30, 120, 601)
    widths, colours = [], []
    for redshift in (0.02, 0.4):
        _, g, r = look(thermonuclear.NORMAL, times, {"redshift": redshift, "stretch": 1.0})
        widths.append(np.median((g > 0.5 * g.max(axis=1)[:, None]).sum(axis=1)))
        colours.append(np.median(magnitude(g.max(axis=1)) - magnitude(r.max(axis=1))))
    # the bluer rest wavelength fades faster, which takes some of the dilation away
    assert 1.0 < widths[1] / widths[0] < 1.4
    assert colours[1] > colours[0] + 0.3


def test_91bg_are_fast_red_and_faint() -> None:
    times = np.array([0.0, 15.0])
    normal, g, r = look(thermonuclear.NORMAL, times, {"redshift": 0.03})
    faint, g_faint, r_faint = look(thermonuclear.SUBLUMINOUS, times, {"redshift": 0.03})
    assert np.median(faint["absolute_magnitude"]) > np.median(normal["absolute_magnitude"]) + 1.5
    decline = np.median(np.diff(magnitude(g)))
    assert np.median(np.diff(magnitude(g_faint))) > decline + 0.4
    colour = np.median(magnitude(g[:, 0]) - magnitude(r[:, 0]))
    assert np.median(magnitude(g_faint[:, 0]) - magnitude(r_faint[:, 0])) > colour + 0.3


def test_plateau_lasts_and_ends() -> None:
    times = np.array([25.0, 65.0, 160.0])
    change = {"redshift": 0.01, "plateau": 100.0, "rise": 10.0}
    _, _, r = look(core_collapse.PLATEAU, times, change)
    fall = np.diff(magnitude(r), axis=1)
    assert np.median(fall[:, 0]) < 0.6
    assert np.median(fall[:, 1]) > 1.5


def test_type_two_redden_and_type_iin_stay_blue() -> None:
    times = np.array([10.0, 70.0])
    change = {"redshift": 0.02, "host_reddening": 0.0, "galactic_reddening": 0.0}
    _, g, r = look(core_collapse.PLATEAU, times, change)
    colour = np.median(magnitude(g) - magnitude(r), axis=0)
    assert colour[0] < 0.1
    assert colour[1] > 0.5
    _, g, r = look(core_collapse.INTERACTING, times, change)
    assert np.median(magnitude(g[:, 1]) - magnitude(r[:, 1])) < 0.45


def test_stripped_envelope_supernovae_are_redder_than_type_ia_at_maximum() -> None:
    _, g, r = look(core_collapse.STRIPPED, np.array([0.0]), {"redshift": 0.03})
    _, g_ia, r_ia = look(thermonuclear.NORMAL, np.array([0.0]), {"redshift": 0.03})
    red = np.median(magnitude(g) - magnitude(r))
    assert red > np.median(magnitude(g_ia) - magnitude(r_ia)) + 0.3


def test_superluminous_are_luminous_and_slow() -> None:
    parameters, _, r = look(luminous.SUPERLUMINOUS, np.linspace(0, 250, 251))
    assert np.median(parameters["absolute_magnitude"]) < -21
    above_half = (r > 0.5 * r.max(axis=1)[:, None]).sum(axis=1)
    assert np.median(above_half) > 40


def test_disruptions_keep_their_colour_and_fall_as_a_power_law() -> None:
    times = np.array([0.0, 60.0, 2000.0, 4000.0])
    change = {"redshift": 0.05, "warming": 0.0, "power": 5 / 3}
    _, g, r = look(luminous.TIDAL_DISRUPTION, times, change)
    colour = magnitude(g) - magnitude(r)
    np.testing.assert_allclose(colour[:, 0], colour[:, 1], atol=1e-9)
    assert np.median(colour) < 0.1
    assert np.median(r[:, 3] / r[:, 2]) == pytest.approx(2 ** (-5 / 3), abs=0.02)


def test_kilonova_is_gone_in_days_and_turns_red() -> None:
    # AT 2017gfo: g fell by 3 mag, r by 2 mag in the two days after the first
    _, g, r = look(luminous.KILONOVA, np.array([1.0, 3.0]), {"redshift": 0.01})
    fall_g = np.median(magnitude(g[:, 1]) - magnitude(g[:, 0]))
    fall_r = np.median(magnitude(r[:, 1]) - magnitude(r[:, 0]))
    assert 2.0 < fall_g < 4.0
    assert 1.2 < fall_r < fall_g


def test_lensing_is_symmetric_and_achromatic() -> None:
    times = np.array([-20.0, -5.0, 5.0, 20.0])
    _, g, r = look(stellar.LENSING, times, {"reference_offset": 0.0})
    np.testing.assert_allclose(g[:, 0], g[:, 3], rtol=1e-9)
    np.testing.assert_allclose((g / r)[:, 1], (g / r)[:, 0], rtol=1e-9)
    assert (g[:, 1] > g[:, 0]).all()


def test_magnification_of_paczynski() -> None:
    change = {"impact": 1.0, "blended": 1.0, "reference_offset": 0.0}
    parameters, _, r = look(stellar.LENSING, np.array([0.0]), change)
    star = stellar.star_flux(parameters, ZTF.passbands)[:, 1]
    # A(u = 1) = 3 / sqrt 5
    np.testing.assert_allclose(r[:, 0] / star, 3 / np.sqrt(5) - 1, rtol=1e-9)


@pytest.mark.parametrize("source", [stellar.LYRAE, stellar.ECLIPSING, irregular.CEPHEID])
def test_periodic_variables_repeat(source: Source) -> None:
    change = {"period": 2.0}
    _, g, r = look(source, np.array([0.3, 2.3, 8.3]), change)
    np.testing.assert_allclose(g[:, 0], g[:, 1], rtol=1e-9)
    np.testing.assert_allclose(r[:, 0], r[:, 2], rtol=1e-9)


def test_lyrae_vary_more_in_blue_and_in_both_signs() -> None:
    parameters, g, r = look(stellar.LYRAE, np.linspace(0, 0.6, 200))
    star = stellar.star_flux(parameters, ZTF.passbands)
    assert np.median(np.ptp(g, axis=1) / star[:, 0]) > 1.15 * np.median(
        np.ptp(r, axis=1) / star[:, 1]
    )
    assert 0.2 < (g < 0).mean() < 0.8


def test_difference_never_takes_more_than_the_reference_had() -> None:
    for source in (stellar.MIRA, stellar.ECLIPSING, active_nuclei.BLAZAR, irregular.YOUNG):
        parameters, _, r = look(source, np.linspace(-100, 100, 101))
        reference = 10 ** (-0.4 * (parameters["reference_magnitude"] - 27.5))
        assert (-r.min(axis=1) < 1.1 * reference).all(), source.name


def test_eclipses_are_negative() -> None:
    _, g, _ = look(stellar.ECLIPSING, np.linspace(0, 20, 400), {"reference_noise": 0.0})
    assert (g <= 0).all()


def test_flares_are_blue_and_short() -> None:
    times = np.linspace(0, 1, 2000)
    _, g, r = look(stellar.FLARING, times, {"spots": 0.0, "flares": 1})
    peak = g.argmax(axis=1)
    rows = np.arange(SIZE)
    assert (magnitude(g[rows, peak]) < magnitude(r[rows, peak])).all()
    assert np.median((g > 0.3 * g.max(axis=1)[:, None]).mean(axis=1)) < 0.2


def test_damped_random_walk_has_its_variance_and_correlation() -> None:
    generator = np.random.default_rng(1)
    size, steps = 4000, 3
    starts = np.arange(size + 1) * steps
    time = np.tile([0.0, 10.0, 40.0], size)
    walk = damped_random_walk(
        generator, starts, time, np.full(size, 20.0), np.full(size, 0.3)
    ).reshape(size, steps)
    np.testing.assert_allclose(walk.std(axis=0), 0.3, rtol=0.05)
    assert np.corrcoef(walk[:, 0], walk[:, 1])[0, 1] == pytest.approx(np.exp(-0.5), abs=0.04)
    assert np.corrcoef(walk[:, 0], walk[:, 2])[0, 1] == pytest.approx(np.exp(-2.0), abs=0.05)


def test_blazars_vary_more_and_faster_than_quasars() -> None:
    quasar, _, _ = look(active_nuclei.QUASAR, np.array([0.0]))
    blazar, _, _ = look(active_nuclei.BLAZAR, np.array([0.0]))
    assert np.median(blazar["scale"]) < 0.5 * np.median(quasar["scale"])
    assert np.median(blazar["deviation"]) > 1.5 * np.median(quasar["deviation"])


def test_dwarf_novae_are_blue_and_over_in_weeks() -> None:
    change = {"recurrence": 300.0, "galactic": 0.0}
    _, g, r = look(irregular.CATACLYSMIC, np.array([1.0, 60.0]), change)
    bright = r[:, 0] > 0
    assert bright.mean() > 0.9
    assert np.median(magnitude(g[bright, 0]) - magnitude(r[bright, 0])) < 0.15
    assert np.median(np.abs(r[:, 1])) < 0.1 * np.median(r[:, 0])
