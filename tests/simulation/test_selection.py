"""Magnitude-limited samples favour the luminous and the near."""

import numpy as np
import pytest

from fink_t2.simulation.arrays import Parameters
from fink_t2.simulation.selection import draw_in_volume
from fink_t2.surveys import LSST, ZTF


def propose(generator: np.random.Generator, size: int) -> Parameters:
    return {"peak_magnitude": generator.normal(-18.0, 0.5, size)}


def test_luminous_ones_are_over_represented() -> None:
    drawn = draw_in_volume(np.random.default_rng(1), 4000, ZTF.passbands, propose, -20.5)
    # a Gaussian times the volume 10^(-0.6 M) moves by 0.6 ln 10 sigma^2 = 0.345 mag
    assert drawn["peak_magnitude"].mean() == pytest.approx(-18.345, abs=0.06)


def test_apparent_peaks_end_at_the_limits() -> None:
    drawn = draw_in_volume(np.random.default_rng(1), 4000, ZTF.passbands, propose, -20.5)
    apparent = drawn["peak_magnitude"] + drawn["distance_modulus"]
    assert np.mean(apparent < 19.2) == pytest.approx(0.7, abs=0.15)
    assert np.percentile(apparent, 99) < 20.8


def test_lsst_reaches_farther() -> None:
    ztf = draw_in_volume(np.random.default_rng(1), 500, ZTF.passbands, propose, -20.5)
    lsst = draw_in_volume(np.random.default_rng(1), 500, LSST.passbands, propose, -20.5)
    assert np.median(lsst["redshift"]) > 3 * np.median(ztf["redshift"])


def test_size_may_be_zero() -> None:
    drawn = draw_in_volume(np.random.default_rng(1), 0, ZTF.passbands, propose, -20.5)
    assert len(drawn["redshift"]) == 0
