"""Every feature of a hand-made light curve, against its value computed by hand."""

import numpy as np
import pytest
from hand_made import interpolation, light_curve, named_features
from numpy import arcsinh, log10

from fink_t2.science.features import feature_names
from fink_t2.surveys import LSST, ZTF

#: Day, passband, flux, error. The errors are such that error^2 + (0.01 flux)^2 is a square:
#: 25, 25, 25, 400, 100, 100.
ZTF_POINTS = [
    (0, "g", 300, 4),
    (1, "g", 400, 3),
    (3, "r", -300, 4),
    (4, "r", 1200, 16),
    (10, "g", 800, 6),
    (80, "r", 800, 6),
]

#: At eleven times, 8 days apart. The sum is 100, 200, 600, 1000, 900, 800, 700, 450, 300, 250, 50:
#: the mean curve is a thousandth of that, and its maximum is on day 24.
ZTF_GRID = [
    [80, 150, 520, 480, 280, 200, 100, 50, 0, -50, 10],
    [20, 50, 80, 520, 620, 600, 600, 400, 300, 300, 40],
]

ZTF_EXPECTED = {
    # The largest absolute flux is the 1200 of day 4.
    "log_peak_flux": log10(1200),
    # From day 0 to day 80.
    "log_span": log10(81),
    # From day -19 to day 80.
    "log_history": log10(100),
    # From day -11 to day 0.
    "log_limit_gap": log10(12),
    # One point of six, that of day 3.
    "negative_fraction": 1 / 6,
    "log_time_scale": log10(30),
    # sqrt(90000) = 300, divided by 1200.
    "log_amplitude": log10(0.25),
    # Three points have 75, three have 400 / 3: the median is the mean of the two.
    "log_signal_to_noise": log10((75 + 400 / 3) / 2),
    # Day 4 of 80.
    "peak_phase": 4 / 80,
    "log_points_per_day": log10(6 / 81),
    # Chi squared is sum w f^2 - (sum w f)^2 / sum w with the weights 1/25, 1/25, 1/100 in g and
    # 1/25, 1/400, 1/100 in r: 16400 - 36^2 / 0.09 and 13600 - (-1)^2 / 0.0525; there are
    # 2 + 2 degrees of freedom.
    "log_variability": log10((16400 - 36**2 / 0.09 + 13600 - 1 / 0.0525) / 4),
    # g, days 0 to 1: 100^2 / (4^2 + 3^2). r, days 3 to 4: 1500^2 / (4^2 + 16^2). The others are
    # more than 1.5 days apart.
    "log_fast_scatter": log10(1 + (10000 / 25 + 2250000 / 272) / 2),
    # Differences: 100^2 + 400^2 in g, 1500^2 + 400^2 in r. Deviations from the means, which are
    # 500 and 1700 / 3: 40000 + 10000 + 90000 in g, 2170000 - 1700^2 / 3 in r.
    "roughness": (170000 + 2410000) / (140000 + 2170000 - 1700**2 / 3),
    # Below half of 800 in g: that of day 0. Below half of 1200 in r: that of day 3.
    "fainter_fraction": 2 / 6,
    # From 0.1 to 1.
    "rise": 0.9,
    # From 1 to 0.05.
    "decline": 0.95,
    # The maximum is 3 steps of 8 days after the first point and 7 steps before the last.
    "log_days_before_peak": log10(1 + 24),
    "log_days_after_peak": log10(1 + 56),
    # It is 0.5 or less first 2 steps before (0.2) and 4 steps after the maximum (0.45).
    "log_rise_days": log10(1 + 16),
    "log_fall_days": log10(1 + 32),
    # 10 days are 1.25 steps: at step 1.75 the mean curve is 0.2 + 0.75 * 0.4 = 0.5.
    "rise_10": 0.5,
    # At step 4.25: 0.9 - 0.25 * 0.1 = 0.875.
    "fall_10": 0.125,
    # At step 5.5: 0.75.
    "fall_20": 0.25,
    # At step 8: 0.3.
    "fall_40": 0.7,
    # 5 days are 0.625 steps: from 0.1 to 0.1 + 0.625 * 0.1.
    "first_slope": 0.0625,
    # From 0.25 - 0.375 * 0.2 = 0.175 to 0.05.
    "last_slope": -0.125,
    # Three points in each passband.
    "log_points_g": log10(4),
    "log_points_r": log10(4),
    # The maxima are 520 and 620, which is the largest value in any passband.
    "share_g": 520 / 620,
    "share_r": 1.0,
    # 15 days are 1.875 steps. g: at step 3.875 it is 480 - 0.875 * 200 = 305.
    "fall_15_g": (520 - 305) / 520,
    # r: at step 5.875 it is 600.
    "fall_15_r": (620 - 600) / 620,
    # One step of 8 days before and after the maximum of the mean curve.
    "delay_g": arcsinh(-8),
    "delay_r": arcsinh(8),
    # The sums over all times are 1820 and 3530.
    "colour_mean_gr": (3530 - 1820) / (3530 + 1820),
    "colour_first_gr": (20 - 80) / (20 + 80),
    # At step 3.
    "colour_peak_gr": (520 - 480) / (520 + 480),
    # At step 4.875: 280 - 0.875 * 80 = 210 and 620 - 0.875 * 20 = 602.5.
    "colour_peak_15_gr": (602.5 - 210) / (602.5 + 210),
    # At step 6.75: 100 - 0.75 * 50 = 62.5 and 600 - 0.75 * 200 = 450.
    "colour_peak_30_gr": (450 - 62.5) / (450 + 62.5),
    "colour_last_gr": (40 - 10) / (40 + 10),
    "photoz": 0.3,
    "photoz_error": 0.06,
}

#: From no point in u to five points in y.
LSST_POINTS = [
    (day, band, 100, 10)
    for day, band in enumerate(
        ["g", "r", "r", "i", "i", "i", "z", "z", "z", "z", "y", "y", "y", "y"]
    )
] + [(75, "y", 100, 10)]

#: At six times, 15 days apart. The sum is 107, 380, 550, 530, 385, 195: the maximum of the mean
#: curve is on day 30. The largest value in any passband is the 170 of r.
LSST_GRID = [
    [40, 30, 20, 10, -10, -60],
    [30, 90, 60, 40, 10, 5],
    [20, 100, 170, 120, 40, 10],
    [10, 80, 150, 160, 100, 40],
    [5, 50, 90, 130, 120, 90],
    [2, 30, 60, 70, 125, 110],
]

LSST_EXPECTED = {
    # 1 + number of points.
    "log_points_u": log10(1),
    "log_points_g": log10(2),
    "log_points_r": log10(3),
    "log_points_i": log10(4),
    "log_points_z": log10(5),
    "log_points_y": log10(6),
    # Maximum of the passband / 170.
    "share_u": 40 / 170,
    "share_g": 90 / 170,
    "share_r": 170 / 170,
    "share_i": 160 / 170,
    "share_z": 130 / 170,
    "share_y": 125 / 170,
    # Maximum - the value one step later, divided by the largest absolute value, which in u is
    # that of the last time.
    "fall_15_u": (40 - 30) / 60,
    "fall_15_g": (90 - 60) / 90,
    "fall_15_r": (170 - 120) / 170,
    "fall_15_i": (160 - 100) / 160,
    "fall_15_z": (130 - 120) / 130,
    "fall_15_y": (125 - 110) / 125,
    # Maxima on days 0, 15, 30, 45, 45, 60; the mean curve's is on day 30.
    "delay_u": arcsinh(-30),
    "delay_g": arcsinh(-15),
    "delay_r": arcsinh(0),
    "delay_i": arcsinh(15),
    "delay_z": arcsinh(15),
    "delay_y": arcsinh(30),
    # Sums over all times: 30, 235, 460, 540, 485, 397.
    "colour_mean_ug": (235 - 30) / (235 + 30),
    "colour_mean_gr": (460 - 235) / (460 + 235),
    "colour_mean_ri": (540 - 460) / (540 + 460),
    "colour_mean_iz": (485 - 540) / (485 + 540),
    "colour_mean_zy": (397 - 485) / (397 + 485),
    # Day 0.
    "colour_first_ug": (30 - 40) / (30 + 40),
    "colour_first_gr": (20 - 30) / (20 + 30),
    "colour_first_ri": (10 - 20) / (10 + 20),
    "colour_first_iz": (5 - 10) / (5 + 10),
    "colour_first_zy": (2 - 5) / (2 + 5),
    # Day 30.
    "colour_peak_ug": (60 - 20) / (60 + 20),
    "colour_peak_gr": (170 - 60) / (170 + 60),
    "colour_peak_ri": (150 - 170) / (150 + 170),
    "colour_peak_iz": (90 - 150) / (90 + 150),
    "colour_peak_zy": (60 - 90) / (60 + 90),
    # Day 45.
    "colour_peak_15_ug": (40 - 10) / (40 + 10),
    "colour_peak_15_gr": (120 - 40) / (120 + 40),
    "colour_peak_15_ri": (160 - 120) / (160 + 120),
    "colour_peak_15_iz": (130 - 160) / (130 + 160),
    "colour_peak_15_zy": (70 - 130) / (70 + 130),
    # Day 60; u is -10.
    "colour_peak_30_ug": (10 + 10) / (10 + 10),
    "colour_peak_30_gr": (40 - 10) / (40 + 10),
    "colour_peak_30_ri": (100 - 40) / (100 + 40),
    "colour_peak_30_iz": (120 - 100) / (120 + 100),
    "colour_peak_30_zy": (125 - 120) / (125 + 120),
    # Day 75; u is -60.
    "colour_last_ug": (5 + 60) / (5 + 60),
    "colour_last_gr": (10 - 5) / (10 + 5),
    "colour_last_ri": (40 - 10) / (40 + 10),
    "colour_last_iz": (90 - 40) / (90 + 40),
    "colour_last_zy": (110 - 90) / (110 + 90),
    "photoz": 0.7,
    "photoz_error": 0.1,
}


@pytest.fixture
def ztf_features():
    curve = light_curve(
        ZTF.passbands, ZTF_POINTS, last_limit=-11, first_seen=-19, photoz=0.3, photoz_error=0.06
    )
    return named_features(curve, interpolation(ZTF_GRID, amplitude=90000, time_scale=30))


@pytest.fixture
def lsst_features():
    curve = light_curve(LSST.passbands, LSST_POINTS, photoz=0.7, photoz_error=0.1)
    return named_features(curve, interpolation(LSST_GRID))


@pytest.mark.parametrize("name", ZTF_EXPECTED)
def test_ztf_feature(name, ztf_features):
    assert ztf_features[name] == pytest.approx(ZTF_EXPECTED[name], rel=1e-6)


@pytest.mark.parametrize("name", LSST_EXPECTED)
def test_lsst_feature(name, lsst_features):
    assert lsst_features[name] == pytest.approx(LSST_EXPECTED[name], rel=1e-6)


def test_the_tables_contain_every_feature():
    assert set(ZTF_EXPECTED) == set(feature_names(ZTF.passbands.names))
    whole_curve = [name for name in ZTF_EXPECTED if not name.endswith(("_g", "_r", "_gr"))]
    assert set(LSST_EXPECTED) | set(whole_curve) == set(feature_names(LSST.passbands.names))


def test_features_that_change_places_are_noticed():
    # Apart from the points in g and r, of which the table for LSST has different numbers, no two
    # features of the first table have the same value.
    values = [value for name, value in ZTF_EXPECTED.items() if name != "log_points_r"]
    assert len(np.unique(np.round(values, 6))) == len(values)
