"""Names, order and documentation of the features."""

import pytest

from fink_t2.science.features import feature_names, feature_registry
from fink_t2.science.features.registry import LIGHT_CURVE_FEATURES, columns_of
from fink_t2.surveys import LSST, ZTF

#: The order of the columns. Whoever changes it changes PREPROCESSING_VERSION.
ZTF_NAMES = [
    "log_peak_flux", "log_span", "log_history", "log_limit_gap", "negative_fraction",
    "log_time_scale", "log_amplitude", "log_signal_to_noise", "peak_phase", "log_points_per_day",
    "log_variability", "log_fast_scatter", "roughness", "fainter_fraction", "rise", "decline",
    "log_days_before_peak", "log_days_after_peak", "log_rise_days", "log_fall_days", "rise_10",
    "fall_10", "fall_20", "fall_40", "first_slope", "last_slope", "log_points_g", "share_g",
    "fall_15_g", "delay_g", "log_points_r", "share_r", "fall_15_r", "delay_r", "colour_mean_gr",
    "colour_first_gr", "colour_peak_gr", "colour_peak_15_gr", "colour_peak_30_gr", "colour_last_gr",
    "photoz", "photoz_error",
]  # fmt: skip


def test_names_of_ztf_are_in_the_order_of_the_columns():
    assert list(feature_names(ZTF.passbands.names)) == ZTF_NAMES


def test_names_of_six_passbands_are_in_the_order_of_the_columns():
    names = feature_names(LSST.passbands.names)
    assert len(names) == 26 + 6 * 4 + 5 * 6 + 2
    assert list(names[:26]) == ZTF_NAMES[:26]
    assert names[26:30] == ("log_points_u", "share_u", "fall_15_u", "delay_u")
    assert names[46:50] == ("log_points_y", "share_y", "fall_15_y", "delay_y")
    assert names[50:53] == ("colour_mean_ug", "colour_first_ug", "colour_peak_ug")
    assert names[74:80] == (
        "colour_mean_zy", "colour_first_zy", "colour_peak_zy", "colour_peak_15_zy",
        "colour_peak_30_zy", "colour_last_zy",
    )  # fmt: skip
    assert names[80:] == ("photoz", "photoz_error")


@pytest.mark.parametrize(
    "passbands", [ZTF.passbands, LSST.passbands], ids=lambda passbands: passbands.survey
)
def test_every_feature_has_a_name_of_its_own_and_documentation(passbands):
    registry = feature_registry(passbands.names)
    assert tuple(feature.name for feature in registry) == feature_names(passbands.names)
    assert len({feature.name for feature in registry}) == len(registry)
    assert len({feature.documentation for feature in registry}) == len(registry)
    assert not any("{" in feature.documentation for feature in registry)


def test_documentation_names_the_passbands():
    documentation = dict(feature_registry(LSST.passbands.names))
    assert documentation["log_points_z"] == "log10 of 1 + number of points in z"
    assert documentation["colour_first_iz"] == "Contrast of z and i at the first point"


def test_columns_follow_the_names_that_are_asked_for():
    assert columns_of(("log_span", "log_peak_flux"), LIGHT_CURVE_FEATURES) == (1, 0)
    with pytest.raises(ValueError, match="not in"):
        columns_of(("unheard_of",), LIGHT_CURVE_FEATURES)
