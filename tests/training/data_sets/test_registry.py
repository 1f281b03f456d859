"""The registry of data sets: each is read from the path that the configuration gives."""

from __future__ import annotations

import pytest

pytest.importorskip("keras")  # the settings of a retraining name the networks

from fink_t2.training.data_sets.registry import DATA_SETS, Content, DataSet, data_set_names
from fink_t2.training.examples.labelled import Labelled
from fink_t2.training.retraining.real_data import RealData, real_data
from fink_t2.training.retraining.settings import RealSettings, RetrainSettings

pytestmark = pytest.mark.training

SHARED_FILES = {
    "light_curves": "ztf_lightcurves",
    "spcc": "spcc",
    "plasticc": "plasticc_small",
    "alerts": "ztf_alert_histories",
    "elasticc": "elasticc_alerts",
    "contaminants": "ztf_contaminants",
}


def part_of(data: RealData, content: Content) -> list[Labelled]:
    return {
        Content.LIGHT_CURVES: data.whole,
        Content.ALERTS: data.alerts,
        Content.CONTAMINANTS: data.contaminants,
    }[content]


@pytest.mark.parametrize("name", SHARED_FILES)
def test_a_path_of_the_table_is_read_as_that_of_the_key(shared, name):
    path = str(shared / "data" / "labelled" / f"{SHARED_FILES[name]}.parquet")
    read = real_data(RetrainSettings(real=RealSettings(data_sets={name: path})))
    (part,) = read.all()
    assert part_of(read, DATA_SETS[name].content) == [part]
    assert len(part) > 100
    (of_key,) = real_data(RetrainSettings(real=RealSettings(**{name: path}))).all()
    assert part.object_id.tolist() == of_key.object_id.tolist()


def test_an_added_data_set_is_read_with_its_second_file(shared, monkeypatch):
    curves = shared / "data" / "labelled" / "ztf_lightcurves.parquet"
    types = shared / "data" / "labelled" / "spcc.parquet"
    paths = []

    def read(path: str, second: str) -> Labelled:
        paths.extend([path, second])
        return DATA_SETS["light_curves"].read(path)

    invented = DataSet("an invented data set", Content.ALERTS, read, "invented_types")
    monkeypatch.setitem(DATA_SETS, "invented", invented)
    assert {"invented", "invented_types"} <= set(data_set_names())
    real = RealSettings(data_sets={"invented": str(curves), "invented_types": str(types)})
    data = real_data(RetrainSettings(real=real))
    assert paths == [str(curves), str(types)]
    assert len(data.alerts) == 1
    assert not data.whole


def test_a_missing_file_is_reported():
    real = RealSettings(data_sets={"spcc": "missing.parquet"})
    data = real_data(RetrainSettings(real=real))
    assert data.missing == ("missing.parquet",)
    assert not data.all()
