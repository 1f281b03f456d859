import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fink_t2.errors import LightCurveError
from fink_t2.science.classes import CLASSES, PLASTICC_CODES
from fink_t2.simulation import simulate_objects
from fink_t2.training.data_sets.archive import archived_ztf_alerts
from fink_t2.training.data_sets.lsst_labelled import (
    elasticc_alerts,
    plasticc_light_curves,
    spcc_light_curves,
)
from fink_t2.training.data_sets.simulated import simulated_alerts, simulated_light_curves
from fink_t2.training.data_sets.ztf_labelled import (
    contaminants,
    typed_alerts,
    typed_light_curves,
)


def counts(labelled):
    numbers = np.bincount(labelled.labels() + 1, minlength=15)
    return {name: int(n) for name, n in zip(("other", *CLASSES), numbers, strict=True) if n}


def test_typed_light_curves_of_shared(shared):
    labelled = typed_light_curves(shared / "data/labelled/ztf_lightcurves.parquet")
    assert counts(labelled) == {
        "TDE": 1,
        "SNII": 136,
        "SNIax": 2,
        "SNIbc": 37,
        "SNIa-91bg": 3,
        "SNIa": 603,
        "SLSN-I": 10,
    }
    assert len(set(labelled.object_id)) == len(labelled)
    # Magnitude 17 is FLUXCAL 15849: supernovae of ZTF lie around it.
    assert 1000 < np.median(labelled.light_curves.flux) < 10000


def test_typed_alerts_of_shared(shared):
    labelled = typed_alerts(shared / "data/labelled/ztf_alert_histories.parquet")
    assert counts(labelled)["SNIa"] == 281
    assert labelled.is_alert.all()
    assert np.isfinite(labelled.light_curves.last_limit).mean() > 0.9


def test_contaminants_of_shared_keep_their_signs(shared):
    path = shared / "data/labelled/ztf_contaminants.parquet"
    labelled = contaminants(path)
    assert len(labelled) == 157
    assert (labelled.light_curves.flux < 0).mean() > 0.3
    assert len(contaminants(path, transients=False)) < 157


def test_elasticc_and_spcc_of_shared(shared):
    labelled = elasticc_alerts(shared / "data/labelled/elasticc_alerts.parquet")
    assert counts(labelled) == {"SNII": 1516, "KN": 7, "SNIa": 1668}
    assert np.isfinite(labelled.light_curves.photoz).all()
    assert (labelled.light_curves.points_per_passband()[:, 5] > 0).any(), "Y is y"
    labelled = spcc_light_curves(shared / "data/labelled/spcc.parquet")
    assert counts(labelled) == {"SNII": 13430, "SNIbc": 2801, "SNIa": 5088}


def test_fluxes_have_the_depth_of_their_survey(shared):
    """A wrong unit moves the limiting magnitude by 3.9."""
    folder = shared / "data" / "labelled"
    (plasticc,) = plasticc_light_curves(folder / "plasticc_small.parquet")
    for labelled, faintest in (
        (elasticc_alerts(folder / "elasticc_alerts.parquet"), 24.7),
        (plasticc, 26.5),
        (spcc_light_curves(folder / "spcc.parquet"), 25.5),
    ):
        curves = labelled.light_curves
        in_r = curves.passband == 2
        limit = 27.5 - 2.5 * np.log10(5 * np.median(curves.flux_error[in_r]))
        assert 22.5 < limit < faintest, labelled.source[0]


def test_plasticc_of_shared(shared):
    (labelled,) = plasticc_light_curves(shared / "data/labelled/plasticc_small.parquet")
    assert counts(labelled)["SNIa"] == 150


def write_plasticc(folder, objects=7, points=30):
    rows = pd.DataFrame(
        {
            "object_id": np.repeat(np.arange(objects), points),
            "mjd": np.tile(59580.0 + np.arange(points), objects),
            "passband": np.tile(np.arange(points) % 6, objects),
            "flux": np.arange(objects * points, dtype=float),
            "flux_err": 1.0,
            "detected_bool": 1,
        }
    )
    rows.to_csv(folder / "curves.csv", index=False)
    metadata = pd.DataFrame(
        {
            "object_id": np.arange(objects),
            "true_target": [90, 42, 991, 88, 62, 95, 6],
            "hostgal_photoz": 0.3,
            "hostgal_photoz_err": 0.02,
        }
    )
    metadata.to_csv(folder / "meta.csv", index=False)
    return folder / "curves.csv", folder / "meta.csv"


def test_plasticc_csv_in_chunks_keeps_objects_whole(tmp_path, monkeypatch):
    curves, metadata = write_plasticc(tmp_path)
    # 150 rows a chunk: five objects of thirty points, so that chunks end at and inside objects.
    parts = list(plasticc_light_curves(curves, metadata, objects_per_chunk=1))
    assert len(parts) > 1
    lengths = np.concatenate([np.diff(part.light_curves.starts) for part in parts])
    assert lengths.tolist() == [30] * 6
    names = {code: name for name, code in PLASTICC_CODES.items()}
    classes = [CLASSES[k] for part in parts for k in part.labels()]
    assert classes == [names[code] for code in (90, 42, 88, 62, 95, 6)]
    assert parts[0].light_curves.photoz[0] == pytest.approx(0.3)


def test_plasticc_without_targets_says_so(tmp_path):
    curves, _ = write_plasticc(tmp_path)
    with pytest.raises(LightCurveError, match="target"):
        list(plasticc_light_curves(curves))


def point(jd, fid, magnitude, sign="t"):
    return {
        "jd": jd,
        "fid": fid,
        "magpsf": magnitude,
        "sigmapsf": 0.1,
        "isdiffpos": sign,
        "jdstarthist": 2459000.0,
    }


def test_the_archive_with_a_table_of_types(tmp_path):
    history = [point(2459001.5, 1, 19.0), point(2459002.5, 2, None)]
    rows = [
        {"objectId": "ZTF1", "candidate": point(2459003.5, 2, 18.0), "prv_candidates": history},
        {"objectId": "ZTF2", "candidate": point(2459003.5, 2, 18.0, "f"), "prv_candidates": None},
        {"objectId": "ZTF3", "candidate": point(2459003.5, 2, 18.0), "prv_candidates": history},
    ]
    folder = tmp_path / "archive" / "year=2020"
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "part.parquet")
    labels = tmp_path / "types.csv"
    labels.write_text("objectId,type\nZTF1,SN Ia\nZTF2,SN IIP\nZTF4,TDE\nZTF3,nova\n")
    labelled = archived_ztf_alerts(tmp_path / "archive", labels)
    assert labelled.object_id.tolist() == ["ZTF1", "ZTF2"]
    assert [CLASSES[k] for k in labelled.labels()] == ["SNIa", "SNII"]
    assert np.diff(labelled.light_curves.starts).tolist() == [2, 1]
    assert labelled.light_curves.flux[2] < 0
    labels.write_text("objectId,type\nZTF9,SN Ia\n")
    with pytest.raises(LightCurveError, match="no alert"):
        archived_ztf_alerts(tmp_path / "archive", labels)


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_simulated_alerts_and_light_curves(survey):
    objects = simulate_objects(140, survey, seed=1, workers=1)
    alerts = simulated_alerts(objects, 2, seed=1)
    whole = simulated_light_curves(objects)
    assert alerts.is_alert.all()
    assert not whole.is_alert.any()
    truth = dict(zip(objects.object_id.tolist(), objects.object_class.tolist(), strict=True))
    for part in (alerts, whole):
        assert len(part) > 60
        expected = np.array([truth[name] for name in part.object_id])
        np.testing.assert_array_equal(part.labels(), expected)
    spans = alerts.light_curves.time[alerts.light_curves.starts[1:] - 1]
    spans = spans - alerts.light_curves.time[alerts.light_curves.starts[:-1]]
    assert spans.max() <= (30.0 if survey == "ztf" else 365.0) + 1e-6
