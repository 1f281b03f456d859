"""The science module inside Spark: signature, defaults, and inputs that broke the published one."""

import os
import sys

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from fink_t2.classifier import classify_light_curve, find_model
from fink_t2.modules.science_module import ModuleSettings
from fink_t2.modules.t2 import T2
from fink_t2.processor import (
    alert_classification,
    classify_ztf_alerts,
    maxclass,
    t2,
    t2_lsst,
)
from fink_t2.science.classes import CLASSES
from fink_t2.science.cuts import CutSettings
from fink_t2.science.light_curves import flatten
from fink_t2.surveys import ZTF

JD = 2459000.5


@pytest.fixture(scope="module")
def spark():
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master("local[1]")
        .appName("fink_t2 tests")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    yield session
    session.stop()


def ztf_row(candid, fid, days=None, magpsf=None, roid=0, cdsxmatch="Unknown", started=JD - 5):
    n = len(fid)
    days = list(range(n)) if days is None else days
    return {
        "candid": candid,
        "cjd": [JD + day for day in days],
        "cfid": list(fid),
        "cmagpsf": [18.0 + 0.1 * k for k in range(n)] if magpsf is None else magpsf,
        "csigmapsf": [0.1] * n,
        "cisdiffpos": [True] * n,
        "roid": roid,
        "cdsxmatch": cdsxmatch,
        "jdstarthist": started,
    }


NAN = float("nan")
ROWS = {
    "plain": ztf_row(1, [1, 2, 1, 2]),
    "same candid again": ztf_row(1, [1, 2, 1, 2]),
    "one time": ztf_row(2, [1, 2], days=[0, 0]),
    "one band": ztf_row(3, [1, 1, 1]),
    "three bands": ztf_row(4, [1, 2, 3, 1, 2]),
    "g and i": ztf_row(5, [1, 3, 1]),
    "r and i": ztf_row(6, [2, 3, 2]),
    "all NaN": ztf_row(7, [1, 2], magpsf=[NAN, NAN]),
    "empty": ztf_row(8, []),
    "solar system": ztf_row(9, [1, 2, 1, 2], roid=3),
    "star": ztf_row(10, [1, 2, 1, 2], cdsxmatch="RRLyr"),
    "long history": ztf_row(11, [1, 2, 1, 2], started=JD - 200),
    "nulls": {**ztf_row(12, []), "cjd": None, "cfid": None, "cmagpsf": None, "csigmapsf": None},
    "ragged": {**ztf_row(13, [1, 2, 1, 2]), "cfid": [1, 2]},
    "null inside": ztf_row(14, [1, 2, 1, 2, 1], magpsf=[18.0, 18.1, None, 18.2, 18.3]),
}
EXPECTED = {
    "plain": "ok", "same candid again": "ok", "one time": "too_few_points",
    "one band": "one_band", "three bands": "ok", "g and i": "one_band", "r and i": "one_band",
    "all NaN": "too_few_points", "empty": "too_few_points", "solar system": "solar_system",
    "star": "catalogued_star", "long history": "history_too_long", "nulls": "too_few_points",
    "ragged": "bad_photometry", "null inside": "ok",
}  # fmt: skip

SCHEMA = (
    "candid long, cjd array<double>, cfid array<int>, cmagpsf array<float>, "
    "csigmapsf array<float>, cisdiffpos array<boolean>, roid int, cdsxmatch string, "
    "jdstarthist double"
)


@pytest.fixture(scope="module")
def alerts(spark):
    return spark.createDataFrame(list(ROWS.values()), SCHEMA).coalesce(1)


PUBLISHED_ARGUMENTS = (
    "candid", "cjd", "cfid", "cmagpsf", "csigmapsf", "roid", "cdsxmatch", "jdstarthist",
)  # fmt: skip


def test_published_signature_gives_maps_of_the_14_classes(alerts):
    found = alerts.select(t2(*PUBLISHED_ARGUMENTS).alias("t2")).toPandas()["t2"]
    for name, probabilities in zip(ROWS, found, strict=True):
        # collect() goes through Java maps, which have no order.
        assert set(probabilities) == set(CLASSES), name
        if EXPECTED[name] == "ok":
            assert sum(probabilities.values()) == pytest.approx(1, abs=0.01), name
        else:
            assert set(probabilities.values()) == {-1.0}, name


def test_column_and_python_call_agree(alerts):
    found = alerts.select(t2(*PUBLISHED_ARGUMENTS).alias("t2")).first()["t2"]
    row = ROWS["plain"]
    direct = classify_light_curve(
        row["cjd"], row["cfid"], row["cmagpsf"], row["csigmapsf"], jdstarthist=row["jdstarthist"]
    )
    # The column's magnitudes are float32.
    assert found == pytest.approx(direct, abs=1e-4)


def test_maxclass_names_the_largest_and_nothing_where_not_classified(alerts):
    found = alerts.withColumn("t2", t2(*PUBLISHED_ARGUMENTS)).withColumn("best", maxclass("t2"))
    for name, row in zip(ROWS, found.select("t2", "best").collect(), strict=True):
        expected = max(row.t2, key=row.t2.get) if EXPECTED[name] == "ok" else ""
        assert row.best == expected, name


def test_model_name_chooses_the_model(alerts, shared):
    path = str(shared / "reference" / "t2_published_gr.tflite")
    columns = [F.col(name) for name in PUBLISHED_ARGUMENTS]
    own = alerts.select(t2(*columns).alias("t2")).first()["t2"]
    published = alerts.select(t2(*columns, F.lit(path)).alias("t2")).first()["t2"]
    assert own != published


def test_stream_column_gives_every_alert_its_status(alerts):
    names = (*ZTF.point_fields, *ZTF.alert_fields)
    module = T2(ModuleSettings(ZTF, find_model("t2-ztf")))
    classify = alert_classification(ZTF, [module], CutSettings(), names)
    found = alerts.select(
        classify(
            "cjd", "cfid", "cmagpsf", "csigmapsf", "cisdiffpos", "roid", "cdsxmatch", "jdstarthist",
            "candid",
        ).alias("c")
    ).select("c.*")  # fmt: skip
    rows = dict(zip(ROWS, found.collect(), strict=True))
    assert {name: row.t2_status for name, row in rows.items()} == EXPECTED
    assert (rows["three bands"].t2_n_g, rows["three bands"].t2_n_r) == (2, 2)
    assert rows["plain"].t2 == rows["same candid again"].t2


def test_lsst_twin(spark):
    rows = [
        (1, [60000.0, 60001.0, 60004.0], ["g", "r", "i"], [900.0, 1500.0, 2000.0], [90.0] * 3),
        (2, [60000.0], ["g"], [900.0], [90.0]),
        (3, [], [], [], []),
    ]
    alerts = spark.createDataFrame(
        rows,
        "diaSourceId long, mjd array<double>, band array<string>, flux array<double>, "
        "error array<double>",
    )
    nothing = F.lit(None).cast("double")
    found = alerts.select(
        t2_lsst(
            "diaSourceId", "mjd", "band", "flux", "error", nothing, nothing.cast("string"), nothing
        ).alias("t2")
    ).toPandas()["t2"]
    assert sum(found[0].values()) == pytest.approx(1, abs=0.01)
    assert set(found[1].values()) == set(found[2].values()) == {-1.0}


@pytest.mark.parametrize(
    "signs",
    [
        ["f", "f", "t", "t"],
        ["0", "0", "1", "1"],
        [0, 0, 1, 1],
        ["f", False, None, "t"],
        ["F", "false", "t", None],
        ["-1", -1, 1, "1"],
    ],
)
def test_signs_of_subtraction_are_read_as_letters_digits_and_booleans(signs):
    row = ROWS["plain"]
    arrays = [pd.Series([np.array(row[name])]) for name in ("cjd", "cfid", "cmagpsf", "csigmapsf")]
    booleans = pd.Series([np.array([False, False, True, True])])
    reference = find_model("t2-ztf")
    expected = classify_ztf_alerts(reference, CutSettings(), *arrays, booleans)
    found = classify_ztf_alerts(
        reference, CutSettings(), *arrays, pd.Series([np.array(signs, dtype=object)])
    )
    unsigned = classify_ztf_alerts(reference, CutSettings(), *arrays)
    np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    assert not np.allclose(found.probabilities, unsigned.probabilities)


def test_flatten_keeps_rows_apart():
    starts, values, is_ragged = flatten(
        [
            pd.Series([np.array([1.0, 2.0]), None, np.array([3.0])]),
            pd.Series([np.array([1, 2]), None, np.array([3, 4])]),
        ]
    )
    np.testing.assert_array_equal(starts, [0, 2, 2, 2])
    np.testing.assert_array_equal(values[0], [1.0, 2.0])
    np.testing.assert_array_equal(is_ragged, [False, False, True])
