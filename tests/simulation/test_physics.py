"""Distances, redshifts, dust and black bodies against known values."""

import astropy.units as units
import numpy as np
import pytest
from dust_extinction.parameter_averages import CCM89
from scipy.integrate import quad

from fink_t2.simulation.black_body import (
    COLOUR_WAVELENGTHS,
    planck_ratio,
    temperature_of_colour,
)
from fink_t2.simulation.cosmology import comoving_distance, distance_modulus, draw_redshift
from fink_t2.simulation.dust import extinction_curve


def test_distance_modulus() -> None:
    # flat LCDM, H0 = 70, Om = 0.3, by adaptive quadrature
    for redshift in (0.01, 0.1, 0.5, 1.0, 3.0):
        integral, _ = quad(lambda z: 1 / np.sqrt(0.3 * (1 + z) ** 3 + 0.7), 0, redshift)
        luminosity_distance = (1 + redshift) * 299_792.458 / 70 * integral
        expected = 5 * np.log10(luminosity_distance) + 25
        assert distance_modulus(np.array([redshift]))[0] == pytest.approx(expected, abs=1e-4)
    assert expected == pytest.approx(47.04, abs=0.02)


def test_redshifts_fill_the_volume_evenly() -> None:
    redshift = draw_redshift(np.random.default_rng(1), 200_000, 0.05)
    # nearby, half of the volume is within 2^(-1/3) of the distance
    distance = comoving_distance(redshift) / comoving_distance(np.array([0.05]))
    assert np.mean(distance < 0.5 ** (1 / 3)) == pytest.approx(0.5, abs=0.02)


def test_redshifts_follow_the_comoving_volume_and_the_rate() -> None:
    evolution, highest = 1.5, 2.0

    def density(z: float) -> float:
        distance, _ = quad(lambda x: 1 / np.sqrt(0.3 * (1 + x) ** 3 + 0.7), 0, z)
        return distance**2 / np.sqrt(0.3 * (1 + z) ** 3 + 0.7) * (1 + z) ** (evolution - 1)

    redshift = draw_redshift(np.random.default_rng(1), 100_000, highest, evolution)
    total, _ = quad(density, 0, highest)
    for bound in (0.5, 1.0, 1.5):
        expected = quad(density, 0, bound)[0] / total
        assert np.mean(redshift < bound) == pytest.approx(expected, abs=0.006)


def test_extinction_curve() -> None:
    # Cardelli, Clayton & Mathis 1989, table 3, R_V = 3.1: U, B, V, R, I, J
    wavelength = np.array([3650.0, 4400.0, 5495.0, 7000.0, 9000.0, 12500.0])
    published = [1.569, 1.337, 1.0, 0.751, 0.479, 0.282]
    np.testing.assert_allclose(extinction_curve(wavelength, 3.1), published, atol=0.02)


def test_extinction_curve_for_an_array_of_ratios() -> None:
    wavelength = np.array([1200.0, 2200.0, 4400.0, 8000.0])
    ratio = np.array([[2.1], [3.1], [5.0]])
    curves = extinction_curve(wavelength, ratio)
    for curve, (value,) in zip(curves, ratio, strict=True):
        np.testing.assert_allclose(curve, CCM89(Rv=value)(wavelength * units.AA), rtol=1e-12)


def test_extinction_curve_ends_where_the_published_one_does() -> None:
    beyond = extinction_curve(np.array([500.0, 1000.0, 1e4 / 0.3, 60_000.0]))
    assert beyond[0] == beyond[1]
    assert beyond[2] == pytest.approx(beyond[3])


def test_colour_of_a_black_body_gives_its_temperature_back() -> None:
    temperature = np.array([3000.0, 6000.0, 12_000.0, 30_000.0])
    blue, red = COLOUR_WAVELENGTHS
    colour = -2.5 * np.log10(planck_ratio(np.full(4, blue), temperature, red))
    np.testing.assert_allclose(temperature_of_colour(colour), temperature, rtol=1e-3)


def test_hot_black_body_is_rayleigh_jeans() -> None:
    ratio = planck_ratio(np.array([5000.0]), np.array([1e7]), 10_000.0)
    assert ratio[0] == pytest.approx(4.0, rel=1e-2)
