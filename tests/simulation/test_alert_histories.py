"""Alerts cut from simulated objects carry what a real packet of that moment would."""

import numpy as np
import pytest

from fink_t2.simulation import AlertHistories, SimulatedObjects, alert_histories, simulate_objects


@pytest.fixture(scope="module")
def objects() -> SimulatedObjects:
    return simulate_objects(14 * 8, "ztf", seed=4, workers=1)


@pytest.fixture(scope="module")
def alerts(objects: SimulatedObjects) -> AlertHistories:
    return alert_histories(objects, alerts_per_object=3, seed=1)


def test_history_ends_with_the_alert_and_spans_the_window(alerts: AlertHistories) -> None:
    for i in range(len(alerts)):
        part = slice(alerts.starts[i], alerts.starts[i + 1])
        jd = alerts.cjd[part]
        assert (np.diff(jd) >= 0).all()
        assert jd[-1] - jd[0] <= 30.0
        assert np.isfinite(alerts.cmagpsf[part][-1])
        assert np.isfinite(alerts.csigmapsf[part][-1])


def test_history_is_what_the_object_holds(
    objects: SimulatedObjects, alerts: AlertHistories
) -> None:
    for i in range(len(alerts)):
        part = slice(alerts.starts[i], alerts.starts[i + 1])
        owner = alerts.object[i]
        mjd = objects.mjd[objects.starts[owner] : objects.starts[owner + 1]]
        at = alerts.cjd[part][-1] - 2400000.5
        wanted = mjd[(mjd >= at - 30.0) & (mjd <= at + 1e-6)]
        np.testing.assert_allclose(alerts.cjd[part] - 2400000.5, wanted, atol=1e-6)


def test_non_detections_have_no_magnitude_but_a_limit(alerts: AlertHistories) -> None:
    missing = np.isnan(alerts.cmagpsf)
    assert 0.1 < missing.mean() < 0.9
    np.testing.assert_array_equal(missing, np.isnan(alerts.csigmapsf))
    assert np.isfinite(alerts.cdiffmaglim).all()
    assert alerts.cisdiffpos[missing].all()


def test_candids_differ_and_grow_within_an_object(alerts: AlertHistories) -> None:
    assert len(np.unique(alerts.candid)) == len(alerts)
    same = alerts.object[1:] == alerts.object[:-1]
    assert (np.diff(alerts.candid)[same] > 0).all()
    assert same.any()


def test_negative_subtractions_only_where_a_reference_has_the_source(
    alerts: AlertHistories,
) -> None:
    detected = np.isfinite(alerts.cmagpsf)
    owner = np.repeat(alerts.class_name, np.diff(alerts.starts))
    for name in ("EB", "RRL", "AGN"):
        assert (~alerts.cisdiffpos[detected & (owner == name)]).any()
    assert alerts.cisdiffpos[detected & (owner == "TDE")].all()


def test_variables_began_long_ago_and_transients_did_not(alerts: AlertHistories) -> None:
    age = alerts.cjd[alerts.starts[1:] - 1] - alerts.jdstarthist
    assert (age >= 0).all()
    assert np.median(age[alerts.class_name == "RRL"]) > 200
    assert np.median(age[alerts.class_name == "SNIa"]) < 60


def test_table_has_the_columns_of_an_alert(alerts: AlertHistories) -> None:
    table = alerts.table()
    row = table.slice(5, 1).to_pylist()[0]
    assert len(row["cjd"]) == len(row["cmagpsf"]) == len(row["cdiffmaglim"])
    assert row["jd"] == row["cjd"][-1]


def test_lsst_table_is_in_nanojansky() -> None:
    objects = simulate_objects(20, "lsst", seed=1, class_fractions={"SNIa": 1.0}, workers=1)
    alerts = alert_histories(objects, seed=1)
    row = alerts.table().slice(0, 1).to_pylist()[0]
    magnitude = 31.4 - 2.5 * np.log10(row["flux"][-1])
    assert magnitude == pytest.approx(alerts.cmagpsf[alerts.starts[1] - 1], abs=1e-4)
    assert set(row["band"]) <= set("ugrizy")
