"""Names and documentation of the features, in the order of their columns.

This is the only place that fixes the order. The functions that compute the features return
named tuples, whose fields are written to the columns of the same names.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple


class Feature(NamedTuple):
    """One auxiliary feature."""

    name: str
    """Name as it appears in the metadata of a model."""
    documentation: str
    """Definition, with the unit of what a logarithm is taken of."""


#: Features of the light curve as a whole. "Mean curve" stands for the interpolated flux, summed
#: over passbands and divided by its largest absolute value.
LIGHT_CURVE_FEATURES = (
    Feature("log_peak_flux", "log10 of the largest absolute flux / FLUXCAL"),
    Feature("log_span", "log10 of 1 + days from the first to the last point"),
    Feature("log_history", "log10 of 1 + days from the earliest detection ever to the last point"),
    Feature("log_limit_gap", "log10 of 1 + days from the last non-detection to the first point"),
    Feature("negative_fraction", "Fraction of the points that have negative flux"),
    Feature("log_time_scale", "log10 of the time scale of the Gaussian process / day"),
    Feature(
        "log_amplitude",
        "log10 of the square root of the Gaussian process's amplitude / largest absolute flux",
    ),
    Feature("log_signal_to_noise", "log10 of the median of absolute flux / error"),
    Feature("peak_phase", "Time of the largest absolute flux: 0 at the first, 1 at the last point"),
    Feature("log_points_per_day", "log10 of the number of points / (1 + days)"),
    Feature(
        "log_variability", "log10 of the reduced chi squared of a constant flux in each passband"
    ),
    Feature(
        "log_fast_scatter",
        "log10 of 1 + mean of (flux difference / error)^2 of successive points of a passband "
        "less than 1.5 days apart",
    ),
    Feature(
        "roughness",
        "Sum of squared flux differences of successive points of a passband / sum of squared "
        "deviations from the passband's mean, at most 4",
    ),
    Feature(
        "fainter_fraction",
        "Fraction of the points below half of the largest absolute flux in their passband",
    ),
    Feature("rise", "Maximum of the mean curve - its first value"),
    Feature("decline", "Maximum of the mean curve - its last value"),
    Feature("log_days_before_peak", "log10 of 1 + days from the first point to the maximum"),
    Feature("log_days_after_peak", "log10 of 1 + days from the maximum to the last point"),
    Feature(
        "log_rise_days",
        "log10 of 1 + days that the mean curve takes from half of its maximum, or from the "
        "first point, to the maximum",
    ),
    Feature(
        "log_fall_days",
        "log10 of 1 + days that the mean curve takes from the maximum to half of it, or to the "
        "last point",
    ),
    Feature("rise_10", "Maximum of the mean curve - its value 10 days earlier, or the first value"),
    Feature("fall_10", "Maximum of the mean curve - its value 10 days later, or the last value"),
    Feature("fall_20", "Maximum of the mean curve - its value 20 days later, or the last value"),
    Feature("fall_40", "Maximum of the mean curve - its value 40 days later, or the last value"),
    Feature("first_slope", "Change of the mean curve in the first 5 days"),
    Feature("last_slope", "Change of the mean curve in the last 5 days"),
)

#: Features of every passband; "_" and the passband's name are appended to the name.
PASSBAND_FEATURES = (
    Feature("log_points", "log10 of 1 + number of points in {band}"),
    Feature(
        "share",
        "Maximum of the interpolated flux in {band} / largest absolute flux in any passband",
    ),
    Feature(
        "fall_15",
        "Decline of the interpolated flux in the 15 days after its maximum in {band} / largest "
        "absolute flux in {band}",
    ),
    Feature("delay", "asinh of the days from the maximum of the mean curve to that in {band}"),
)

#: Features of every pair of neighbouring passbands, each the contrast
#: (red - blue) / (|red| + |blue|) of two interpolated fluxes. "colour_" precedes the name, "_"
#: and the two passbands' names follow it.
COLOUR_FEATURES = (
    Feature("mean", "Contrast of {red} and {blue}: fluxes averaged over all times"),
    Feature("first", "Contrast of {red} and {blue} at the first point"),
    Feature("peak", "Contrast of {red} and {blue} at the maximum of the mean curve"),
    Feature("peak_15", "Contrast of {red} and {blue} 15 days after the maximum of the mean curve"),
    Feature("peak_30", "Contrast of {red} and {blue} 30 days after the maximum of the mean curve"),
    Feature("last", "Contrast of {red} and {blue} at the last point"),
)

#: Features that the light curve does not contain.
CONTEXT_FEATURES = (
    Feature("photoz", "Photometric redshift of the host galaxy"),
    Feature("photoz_error", "Error of the photometric redshift of the host galaxy"),
)


def feature_registry(passbands: tuple[str, ...]) -> tuple[Feature, ...]:
    """Return all features of a survey, in the order of their columns.

    Parameters
    ----------
    passbands : tuple of str
        Names of the survey's passbands, blue to red.
    """
    per_passband = [
        Feature(f"{feature.name}_{band}", feature.documentation.format(band=band))
        for band in passbands
        for feature in PASSBAND_FEATURES
    ]
    colours = [
        Feature(
            f"colour_{feature.name}_{blue}{red}",
            feature.documentation.format(blue=blue, red=red),
        )
        for blue, red in pairwise(passbands)
        for feature in COLOUR_FEATURES
    ]
    return (*LIGHT_CURVE_FEATURES, *per_passband, *colours, *CONTEXT_FEATURES)


def feature_names(passbands: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of all features of a survey, in the order of their columns.

    Parameters
    ----------
    passbands : tuple of str
        Names of the survey's passbands, blue to red.
    """
    return tuple(feature.name for feature in feature_registry(passbands))


def columns_of(names: tuple[str, ...], features: tuple[Feature, ...]) -> tuple[int, ...]:
    """Return the columns of some features within their table.

    Parameters
    ----------
    names : tuple of str
        Names of features, usually the fields of a named tuple.
    features : tuple of Feature
        One of the tables of this module.

    Raises
    ------
    ValueError
        If the table has no feature of one of the names.
    """
    known = [feature.name for feature in features]
    return tuple(known.index(name) for name in names)
