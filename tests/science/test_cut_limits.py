"""Every threshold of the quality cuts, at the limit and just beyond it."""

import numpy as np
import pytest

from fink_t2.science.cuts import (
    EXTRAGALACTIC_TYPES,
    STATUS_REMEDIES,
    STATUS_TEXTS,
    CutSettings,
    Status,
    apply_cuts,
)
from fink_t2.science.light_curves import from_fluxes
from fink_t2.science.passbands import PassbandSet

PASSBANDS = PassbandSet("test", ("g", "r", "i"), (4800.0, 6400.0, 7900.0))

#: SIMBAD main types of what may be classified, as the CDS cross-match and Fink have spelt them.
KEPT_TYPES = [
    "", "Unknown", "Fail", "Transient", "gammaBurst", "SN", "SN*", "Candidate_SN*", "SN*_Candidate",
    "Galaxy", "galaxy", "G", "EmG", "EmissionG", "BlueCompG", "BlueCompactG", "StarburstG", "SBG",
    "LSB_G", "LowSurfBrghtG", "LSB", "HII_G", "HIIG", "H2G", "High_z_G", "HzG", "RadioG", "rG",
    "PartofG", "PartOfG", "IG", "InteractingG", "BClG", "BrightestCG", "GinPair", "PairG",
    "GinGroup", "GroupG", "GrG", "GinCl", "GiC", "GiG", "GiP", "ClG", "GtowardsCl",
    "GtowardsGroup", "LensedImage", "LensedG", "LensedQ", "Radio", "X", "AGN", "AGN_Candidate",
    "Possible_AGN", "QSO", "QSO_Candidate", "Possible_QSO", "Seyfert", "Seyfert_1", "Seyfert_2",
    "Seyfert1", "Seyfert2", "Sy1", "Sy2", "SyG", "LINER", "LIN", "Blazar", "Blazar_Candidate",
    "Possible_Blazar", "BLLac", "BLL", "BLLac_Candidate", "Possible_BLLac",
]  # fmt: skip


def curves(*histories):
    """Return light curves of (day, passband) points, each history one curve."""
    points = [point for history in histories for point in history]
    days, bands = zip(*points, strict=True) if points else ((), ())
    return from_fluxes(
        PASSBANDS,
        np.concatenate(([0], np.cumsum([len(history) for history in histories]))),
        59000.0 + np.array(days, dtype=float),
        bands,
        np.full(len(points), 100.0),
        np.full(len(points), 5.0),
    )


GOOD = [(0, 0), (1, 1)]


def texts(light_curves, settings=None, **catalogues):
    codes = apply_cuts(light_curves, settings or CutSettings(), **catalogues)
    assert codes.dtype == np.int8
    return [STATUS_TEXTS[code] for code in codes]


def test_codes_and_texts_of_the_statuses():
    assert [(status.value, status.text) for status in Status] == [
        (0, "ok"),
        (1, "too_few_points"),
        (2, "one_band"),
        (3, "history_too_long"),
        (4, "solar_system"),
        (5, "catalogued_star"),
        (6, "bad_photometry"),
    ]
    assert list(STATUS_TEXTS) == [status.text for status in Status]
    assert set(STATUS_REMEDIES) == set(STATUS_TEXTS) - {"ok"}


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], "too_few_points"),
        ([(0, 0)], "too_few_points"),
        ([(0, 0), (1, 1)], "ok"),
        ([(0, 0), (1, 0)], "one_band"),
        ([(0, 0), (1, 2), (2, 0)], "ok"),
        # Two passbands at one time are no light curve.
        ([(0, 0), (0, 1)], "too_few_points"),
        ([(0, 0), (0, 1), (0, 2)], "too_few_points"),
        ([(0, 0), (0, 1), (1e-6, 2)], "ok"),
    ],
)
def test_two_points_at_two_times_in_two_passbands_are_enough(history, expected):
    assert texts(curves(history)) == [expected]


@pytest.mark.parametrize(("n", "expected"), [(4, "too_few_points"), (5, "ok"), (6, "ok")])
def test_the_minimum_of_points(n, expected):
    history = [(day, day % 2) for day in range(n)]
    assert texts(curves(history), CutSettings(minimum_points=5)) == [expected]


@pytest.mark.parametrize(
    ("minimum", "expected"), [(1, ["ok", "ok"]), (2, ["one_band", "ok"]), (3, ["one_band"] * 2)]
)
def test_the_minimum_of_passbands(minimum, expected):
    light_curves = curves([(0, 1), (1, 1)], [(0, 0), (1, 1), (2, 1)])
    assert texts(light_curves, CutSettings(minimum_passbands=minimum)) == expected


def test_points_are_counted_over_all_passbands():
    assert texts(curves([(0, 0), (1, 1), (2, 2)]), CutSettings(minimum_points=3)) == ["ok"]


def test_each_light_curve_has_a_status_of_its_own():
    light_curves = curves([(0, 0)], GOOD, [], [(0, 1), (1, 1)], GOOD)
    assert texts(light_curves) == ["too_few_points", "ok", "too_few_points", "one_band", "ok"]


def test_bad_photometry_is_the_reason_only_where_points_are_too_few():
    light_curves = from_fluxes(
        PASSBANDS,
        [0, 2, 5, 8],
        59000.0 + np.array([0.0, 1, 0, 1, 2, 0, 1, 2]),
        [0, 1, 0, 1, 0, 0, 0, 0],
        [100.0] * 8,
        [5.0, 0.0, 5.0, 5.0, 0.0, 5.0, 5.0, 0.0],
    )
    assert texts(light_curves) == ["bad_photometry", "ok", "one_band"]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(89.0, "ok"), (90.0, "ok"), (90.0001, "history_too_long"), (400.0, "history_too_long")],
)
def test_the_longest_history(days, expected):
    # The date of the alert is that of the last point, MJD 59001, unless it is given.
    last = 2400000.5 + 59001.0
    assert texts(curves(GOOD), jdstarthist=[last - days]) == [expected]
    assert texts(curves(GOOD), jd=[2459000.0], jdstarthist=[2459000.0 - days]) == [expected]


def test_the_longest_history_is_a_setting():
    settings = CutSettings(maximum_history_days=30.0)
    for days, expected in ((30.0, "ok"), (30.5, "history_too_long")):
        found = texts(curves(GOOD), settings, jd=[2459000.0], jdstarthist=[2459000.0 - days])
        assert found == [expected]


def test_the_history_of_an_alert_without_points_or_start_is_not_known():
    light_curves = curves([], GOOD, GOOD)
    start = [2400000.5, np.nan, 2400000.5]
    assert texts(light_curves, jdstarthist=start) == ["too_few_points", "ok", "history_too_long"]
    assert texts(light_curves, jd=[np.nan] * 3, jdstarthist=start)[2] == "ok"


@pytest.mark.parametrize(
    ("roid", "expected"),
    [(0, "ok"), (1, "ok"), (2, "ok"), (3, "solar_system"), (4, "ok"), (np.nan, "ok"), (-1, "ok")],
)
def test_only_known_solar_system_objects_are_left_out(roid, expected):
    assert texts(curves(GOOD), roid=[roid]) == [expected]


def test_types_that_are_kept():
    assert set(KEPT_TYPES) == EXTRAGALACTIC_TYPES
    assert texts(curves(*[GOOD] * len(KEPT_TYPES)), cdsxmatch=KEPT_TYPES) == ["ok"] * len(
        KEPT_TYPES
    )


@pytest.mark.parametrize("star_type", ["Star", "RRLyr", "EB*", "V*", "CataclyV*", "nan_", "agn"])
def test_other_types_are_stars(star_type):
    assert texts(curves(GOOD), cdsxmatch=[star_type]) == ["catalogued_star"]


def test_a_type_that_is_not_known_is_no_star():
    assert texts(curves(GOOD, GOOD), cdsxmatch=[None, np.nan]) == ["ok", "ok"]


def test_the_order_of_the_reasons():
    light_curves = curves(*[[(0, 0)]] * 5)
    found = texts(
        light_curves,
        jd=[2459000.0] * 5,
        jdstarthist=[2459000.0, 2458000.0, 2458000.0, 2458000.0, 2459000.0],
        cdsxmatch=["", "", "Star", "Star", "Star"],
        roid=[0, 0, 0, 3, 3],
    )
    assert found == [
        "too_few_points",
        "history_too_long",
        "catalogued_star",
        "solar_system",
        "solar_system",
    ]
