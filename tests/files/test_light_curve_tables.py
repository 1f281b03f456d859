"""Tables of light curves: both layouts, every unit, errors that name the column."""

import numpy as np
import pandas as pd
import pytest

from fink_t2.errors import LightCurveError
from fink_t2.files.light_curve_tables import light_curves_of_table
from fink_t2.science.photometry import magnitude_to_fluxcal

#: Folders of the reference data, where it is not ``typed``.
FOLDERS = {"spcc": "labelled"}

MAGNITUDES = pd.DataFrame(
    {
        "objectId": ["b", "a", "b", "a"],
        "mjd": [59003.0, 59000.0, 59001.0, 59002.0],
        "band": ["g", "r", "r", "g"],
        "mag": [18.0, 19.0, 18.5, 19.5],
        "magerr": [0.1, 0.1, 0.1, 0.1],
    }
)


def test_long_magnitudes():
    found = light_curves_of_table(MAGNITUDES)
    assert found.identifiers["objectId"].tolist() == ["a", "b"]
    np.testing.assert_allclose(found.light_curves.time, [59000, 59002, 59001, 59003])
    np.testing.assert_array_equal(found.light_curves.passband, [1, 0, 1, 0])
    np.testing.assert_allclose(
        found.light_curves.flux, magnitude_to_fluxcal([19.0, 19.5, 18.5, 18.0], 0.1)[0]
    )


def test_long_fluxes_are_the_same_light_curves():
    flux, error = magnitude_to_fluxcal(MAGNITUDES["mag"], MAGNITUDES["magerr"])
    fluxes = MAGNITUDES.drop(columns=["mag", "magerr"]).assign(fluxcal=flux, fluxcal_err=error)
    found = light_curves_of_table(fluxes).light_curves
    np.testing.assert_allclose(found.flux, light_curves_of_table(MAGNITUDES).light_curves.flux)


def test_nanojansky_fluxes():
    table = pd.DataFrame(
        {"objectId": [1], "mjd": [60000.0], "band": ["y"], "flux": [3630.0], "flux_err": [9.0]}
    )
    found = light_curves_of_table(table, survey="lsst", flux_unit="nJy").light_curves
    assert found.passband[0] == 5
    assert found.flux[0] == pytest.approx(3630 * 10**-1.56)


def test_alert_arrays_with_sign_limits_and_catalogue():
    table = pd.DataFrame(
        {
            "objectId": ["ZTF1"],
            "candid": ["12"],
            "cjd": [np.array([2459000.5, 2459001.5, 2459002.5])],
            "cfid": [np.array([1, 2, 1])],
            "cmagpsf": [np.array([np.nan, 18.0, 18.1])],
            "csigmapsf": [np.array([np.nan, 0.1, 0.1])],
            "cisdiffpos": [np.array([True, True, False])],
            "jdstarthist": [2458990.5],
            "cdsxmatch": ["Unknown"],
        }
    )
    found = light_curves_of_table(table)
    assert found.identifiers.columns.tolist() == ["objectId", "candid"]
    assert (np.sign(found.light_curves.flux) == [1, -1]).all()
    assert found.light_curves.last_limit[0] == pytest.approx(59000)
    assert found.light_curves.first_seen[0] == pytest.approx(58990)
    assert set(found.catalogues) == {"jdstarthist", "cdsxmatch"}


def test_signs_as_ztf_writes_them():
    table = pd.DataFrame(
        {
            "objectId": ["ZTF1"],
            "cjd": [np.array([2459000.5, 2459001.5, 2459002.5])],
            "cfid": [np.array([1, 2, 1])],
            "cmagpsf": [np.array([np.nan, 18.0, 18.1])],
            "csigmapsf": [np.array([np.nan, 0.1, 0.1])],
            "cisdiffpos": [np.array([None, "t", "f"], dtype=object)],
        }
    )
    assert np.sign(light_curves_of_table(table).light_curves.flux).tolist() == [1, -1]


def test_passband_names_and_numbers():
    for bands, expected in (
        (["g", "ztf_r", "ZTFr", "zi"], [0, 1, 1]),
        (["1", "2", "2.0", "3"], [0, 1, 1]),
    ):
        table = MAGNITUDES.assign(
            objectId="a", mjd=[59000.0, 59001.0, 59002.0, 59003.0], band=bands
        )
        curves = light_curves_of_table(table).light_curves
        assert curves.passband.tolist() == expected


@pytest.mark.parametrize(
    ("survey", "bands", "remedy"),
    [
        ("ztf", ["g", "r", "z", "g"], "say --survey lsst"),
        ("lsst", ["c", "o", "c", "o"], "no survey here has them all"),
        ("ztf", ["g", "blue", "g", "g"], "unknown passbands: 'blue'; known are"),
    ],
)
def test_passbands_that_do_not_fit_the_survey_are_named(survey, bands, remedy):
    with pytest.raises(LightCurveError, match=remedy):
        light_curves_of_table(MAGNITUDES.assign(band=bands), survey=survey)


def test_photometry_deeper_than_the_survey_is_refused():
    faint = MAGNITUDES.assign(mag=MAGNITUDES["mag"] + 5.5)
    with pytest.raises(LightCurveError, match="say another --survey"):
        light_curves_of_table(faint)
    assert len(light_curves_of_table(faint, survey="lsst").light_curves) == 2
    assert len(light_curves_of_table(faint.assign(mag=22.4)).light_curves) == 2


def test_a_unit_that_is_not_known_is_asked_for():
    table = MAGNITUDES.rename(columns={"mag": "flux", "magerr": "flux_err"})
    with pytest.raises(LightCurveError, match="say --flux-unit fluxcal, nJy or uJy"):
        light_curves_of_table(table)


def test_julian_dates_in_a_column_named_mjd_are_refused():
    with pytest.raises(LightCurveError, match=r"holds Julian Dates .* --time-scale jd"):
        light_curves_of_table(MAGNITUDES.assign(mjd=MAGNITUDES["mjd"] + 2400000.5))


@pytest.mark.parametrize(
    ("table", "named"),
    [
        (MAGNITUDES.drop(columns="mjd"), "mjd"),
        (MAGNITUDES.drop(columns="band"), "band"),
        (MAGNITUDES.drop(columns="magerr"), "magerr"),
        (MAGNITUDES.drop(columns="objectId"), "objectId"),
    ],
)
def test_a_missing_column_is_named(table, named):
    with pytest.raises(LightCurveError, match=named):
        light_curves_of_table(table, name="curves.csv")


def test_arrays_of_different_length_leave_a_row_without_points():
    table = pd.DataFrame(
        {
            "objectId": ["x", "y"],
            "cjd": [np.arange(3.0) + 2459000, np.arange(2.0) + 2459000],
            "cfid": [np.array([1, 2]), np.array([1, 2])],
            "cmagpsf": [np.full(3, 18.0), np.full(2, 18.0)],
            "csigmapsf": [np.full(3, 0.1), np.full(2, 0.1)],
        }
    )
    read = light_curves_of_table(table)
    assert read.is_ragged.tolist() == [True, False]
    assert np.diff(read.light_curves.starts).tolist() == [0, 2]
    assert read.notes == ["1 rows have arrays of different lengths"]


@pytest.mark.parametrize(
    "name", ["ztf_lightcurves", "ztf_alert_histories", "ztf_contaminants", "spcc"]
)
def test_the_labelled_tables_are_read(shared, name):
    table = pd.read_parquet(shared / "data" / FOLDERS.get(name, "typed") / f"{name}.parquet").head(
        3000
    )
    survey = "lsst" if name == "spcc" else "ztf"
    found = light_curves_of_table(table, survey=survey).light_curves
    assert len(found) == table["objectId"].nunique() or len(found) == len(table)
    assert (found.points_per_passband().sum(axis=1) > 0).mean() > 0.99
