"""Quality cuts: each reason, and which one wins."""

import numpy as np
import pytest

from fink_t2.science.cuts import STATUS_TEXTS, CutSettings, apply_cuts
from fink_t2.surveys.ztf import from_ztf

JD = 2459000.5


def curve(fid, jd=None, magpsf=None, sigmapsf=None):
    n = len(fid)
    return from_ztf(
        [0, n],
        JD + np.arange(n) if jd is None else jd,
        fid,
        np.full(n, 18.0) if magpsf is None else magpsf,
        np.full(n, 0.1) if sigmapsf is None else sigmapsf,
    )


def status(light_curves, **catalogues):
    return STATUS_TEXTS[apply_cuts(light_curves, CutSettings(), **catalogues)[0]]


@pytest.mark.parametrize(
    ("light_curve", "expected"),
    [
        (curve([1, 2]), "ok"),
        (curve([1, 2, 3]), "ok"),
        (curve([]), "too_few_points"),
        (curve([1]), "too_few_points"),
        (curve([1, 2], jd=[JD, JD]), "too_few_points"),
        (curve([1, 1, 1]), "one_band"),
        (curve([1, 3, 1]), "one_band"),
        (curve([2, 3, 2]), "one_band"),
        (curve([1, 2], magpsf=[np.nan, np.nan]), "too_few_points"),
        (curve([1, 2], sigmapsf=[-1.0, 0.0]), "bad_photometry"),
    ],
)
def test_light_curve_cuts(light_curve, expected):
    assert status(light_curve) == expected


@pytest.mark.parametrize(
    ("catalogues", "expected"),
    [
        ({"roid": [3]}, "solar_system"),
        ({"roid": [2]}, "ok"),
        ({"roid": [np.nan]}, "ok"),
        ({"cdsxmatch": ["RRLyr"]}, "catalogued_star"),
        ({"cdsxmatch": ["Galaxy"]}, "ok"),
        ({"cdsxmatch": ["Unknown"]}, "ok"),
        ({"cdsxmatch": [None]}, "ok"),
        ({"cdsxmatch": [float("nan")]}, "ok"),
        ({"jdstarthist": [JD - 200]}, "history_too_long"),
        ({"jdstarthist": [JD - 80]}, "ok"),
        ({"jdstarthist": [np.nan]}, "ok"),
        ({"jdstarthist": [JD - 200], "cdsxmatch": ["Star"], "roid": [3]}, "solar_system"),
        ({"jdstarthist": [JD - 200], "cdsxmatch": ["Star"]}, "catalogued_star"),
        ({"jd": [JD + 95], "jdstarthist": [JD]}, "history_too_long"),
    ],
)
def test_catalogue_cuts(catalogues, expected):
    assert status(curve([1, 2]), **catalogues) == expected


def test_a_catalogue_reason_beats_a_light_curve_reason():
    assert status(curve([1]), cdsxmatch=["Star"]) == "catalogued_star"
