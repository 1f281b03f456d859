"""Which fields of an alert make its light curve."""

import numpy as np
import pytest

from fink_t2.files.alert_tables import alert_table
from fink_t2.science.photometry import magnitude_to_fluxcal
from fink_t2.surveys import LSST, ZTF, recognise

JD = 2460000.5


def ztf_alert(**changes):
    alert = {
        "objectId": "ZTF18abc",
        "candid": 7,
        "candidate": {
            "jd": JD, "fid": 1, "magpsf": 18.0, "sigmapsf": 0.1, "isdiffpos": "t",
            "jdstarthist": JD - 9,
        },
        "prv_candidates": [
            {"jd": JD - 9, "fid": 2, "magpsf": 19.0, "sigmapsf": 0.2, "isdiffpos": "f"},
            {"jd": JD - 12, "fid": 2, "magpsf": None, "sigmapsf": None, "isdiffpos": None},
        ],
    }  # fmt: skip
    alert.update(changes)
    return alert


def test_history_and_candidate_with_sign_and_limit():
    table = alert_table(ZTF, [ztf_alert()])
    np.testing.assert_allclose(table.light_curves.time, [59991, 60000])
    assert table.light_curves.flux[0] < 0 < table.light_curves.flux[1]
    assert table.light_curves.last_limit[0] == pytest.approx(59988)
    assert table.identifiers.to_dict("list") == {"objectId": ["ZTF18abc"], "candid": [7]}


@pytest.mark.parametrize("history", [None, []])
def test_an_alert_without_history_is_one_point(history):
    table = alert_table(ZTF, [ztf_alert(prv_candidates=history)])
    assert table.light_curves.points_per_passband().sum() == 1


@pytest.mark.parametrize(
    ("flux", "error", "expected"),
    [
        (1000.0, 50.0, (26.0 - 7.5, 2.5 / np.log(10) / 20, True)),
        (-1000.0, 50.0, (26.0 - 7.5, 2.5 / np.log(10) / 20, False)),
        (100.0, 50.0, None),
        (-99999.0, -99999.0, None),
        (None, None, None),
    ],
)
def test_forced_photometry(flux, error, expected):
    forced = {
        "jd": JD - 3, "fid": 1, "forcediffimflux": flux, "forcediffimfluxunc": error,
        "magzpsci": 26.0,
    }  # fmt: skip
    alert = ztf_alert(fp_hists=[forced])
    without = alert_table(ZTF, [alert], forced_photometry=False).light_curves
    assert len(without.time) == 2
    curves = alert_table(ZTF, [alert], forced_photometry=True).light_curves
    at = np.flatnonzero(np.isclose(curves.time, 59997))
    if expected is None:
        assert not at.size
        return
    magnitude, sigma, is_positive = expected
    size, size_error = magnitude_to_fluxcal(magnitude, sigma)
    assert curves.flux[at] == pytest.approx([size if is_positive else -size])
    assert curves.flux_error[at] == pytest.approx([size_error])


def test_rubin_fluxes_and_solar_system():
    source = {"midpointMjdTai": 61000.0, "band": "r", "psfFlux": 3630.0, "psfFluxErr": 30.0}
    still = {"diaSource": source, "prvDiaSources": None, "diaObject": {"diaObjectId": 4}}
    moving = {"diaSource": {**source, "ssObjectId": 12}, "diaObject": None}
    table = alert_table(LSST, [still, moving])
    np.testing.assert_allclose(table.light_curves.flux, 3630 * 10**-1.56)
    np.testing.assert_array_equal(table.catalogues["roid"] == 3, [False, True])
    assert table.identifiers["objectId"].tolist() == ["4", "12"]


def test_a_host_that_elasticc_does_not_know_has_no_redshift():
    source = {"midPointTai": 61000.0, "filterName": "r", "psFlux": 363.0, "psFluxErr": 3.0}
    for redshift, expected in ((-9.0, np.nan), (0.3, 0.3)):
        alert = {"diaSource": source, "diaObject": {"hostgal_zphot": redshift}}
        curves = alert_table(LSST, [alert]).light_curves
        np.testing.assert_array_equal(curves.photoz, [expected])
        assert len(curves.time) == 1


def test_survey_is_told_by_the_fields():
    assert recognise(ztf_alert()) is ZTF
    assert recognise({"diaSource": {}}) is LSST
    assert recognise({"something": 1}) is None
