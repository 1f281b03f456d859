"""PLAsTiCC as released, through Spark, is what the reader in memory makes of it."""

import json

import numpy as np
import pandas as pd
import pytest

from fink_t2.errors import LightCurveError
from fink_t2.science.classes import CLASSES
from fink_t2.science.preprocessing import preprocess
from fink_t2.training.data_sets.lsst_labelled import plasticc_light_curves
from fink_t2.training.data_sets.plasticc_spark import prepare_plasticc
from fink_t2.training.data_sets.prepared import DESCRIPTION_FILE, read_prepared

GRID = 20
CODES = [90] * 30 + [42] * 12 + [88] * 6 + [992]


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """CSV files in the release's layout; every object's points are parted between two files."""
    folder = tmp_path_factory.mktemp("plasticc")
    generator = np.random.default_rng(0)
    n, points = len(CODES), 40
    rows = pd.DataFrame(
        {
            "object_id": np.repeat(1000 + np.arange(n), points),
            "mjd": np.tile(59580.0 + 3.0 * np.arange(points), n),
            "passband": np.tile(np.arange(points) % 6, n),
            "flux": generator.normal(200.0, 60.0, n * points).round(3),
            "flux_err": generator.uniform(2.0, 9.0, n * points).round(3),
            "detected_bool": 1,
        }
    )
    rows.to_csv(folder / "all.csv", index=False)
    rows[::2].to_csv(folder / "part_01.csv.gz", index=False)
    rows[1::2].to_csv(folder / "part_02.csv.gz", index=False)
    redshift = np.where(np.arange(n) % 3 == 0, 0.0, 0.3)
    pd.DataFrame(
        {
            "object_id": 1000 + np.arange(n),
            "true_target": CODES,
            "hostgal_photoz": redshift,
            "hostgal_photoz_err": redshift / 10,
        }
    ).to_csv(folder / "metadata.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def written(spark, released):
    out = released / "prepared"
    files = [str(released / "part_*.csv.gz")]
    counts = prepare_plasticc(spark, files, [str(released / "metadata.csv")], GRID, out)
    return out, counts


def test_every_object_of_the_14_classes_is_prepared(written):
    out, counts = written
    assert counts == {"SNIa": 30, "SNII": 12, "AGN": 6}
    assert json.loads((out / DESCRIPTION_FILE).read_text())["examples"] == counts


def test_examples_are_those_of_the_reader_in_memory(released, written):
    out, _ = written
    (labelled,) = plasticc_light_curves(released / "all.csv", released / "metadata.csv")
    expected = preprocess(labelled.light_curves, GRID)
    parts = [read_prepared(out, "lsst", GRID, 1000, 1, test) for test in (False, True)]
    grid = np.concatenate([part.grid for part in parts])
    features = np.concatenate([part.features for part in parts])
    label_mask = np.concatenate([part.label_mask for part in parts])
    assert len(grid) == len(expected.grid) == 48
    # In whatever order: each object's features are its own.
    mine = np.lexsort(features.T[:6])
    theirs = np.lexsort(expected.features.T[:6])
    np.testing.assert_allclose(features[mine], expected.features[theirs], atol=1e-4)
    np.testing.assert_allclose(grid[mine], expected.grid[theirs], atol=1e-4)
    np.testing.assert_array_equal(label_mask[mine], labelled.label_mask[theirs])


def test_a_part_of_every_class_is_drawn_and_another_kept(written):
    out, _ = written
    learnt = read_prepared(out, "lsst", GRID, 5, 1)
    counts = {
        CLASSES[k]: n for k, n in zip(*np.unique(learnt.labels(), return_counts=True), strict=True)
    }
    assert counts["SNIa"] == counts["SNII"] == 5
    assert counts["AGN"] <= 5
    everything = [read_prepared(out, "lsst", GRID, 1000, 1, test) for test in (False, True)]
    assert 0.5 < len(everything[0]) / 48 < 0.9
    both = np.concatenate([part.features for part in everything])
    assert len(np.unique(both, axis=0)) == 48
    again = read_prepared(out, "lsst", GRID, 5, 1)
    np.testing.assert_array_equal(again.features, learnt.features)


def test_what_was_prepared_otherwise_is_refused(written, tmp_path):
    out, _ = written
    with pytest.raises(LightCurveError, match="grid_length is 20 instead of 50"):
        read_prepared(out, "lsst", 50, 5, 1)
    with pytest.raises(LightCurveError, match="fink-t2 prepare"):
        read_prepared(tmp_path, "lsst", GRID, 5, 1)


def test_errors_name_table_and_column(spark, released, written, tmp_path):
    out, _ = written
    curves, metadata = str(released / "all.csv"), str(released / "metadata.csv")
    with pytest.raises(LightCurveError, match="exists already"):
        prepare_plasticc(spark, [curves], [metadata], GRID, out)
    with pytest.raises(LightCurveError, match=r"nowhere\.csv"):
        prepare_plasticc(spark, ["/nowhere.csv"], [metadata], GRID, tmp_path / "c")
    with pytest.raises(LightCurveError, match=r"metadata\.csv: no column mjd"):
        prepare_plasticc(spark, [metadata], [metadata], GRID, tmp_path / "a")
    with pytest.raises(LightCurveError, match=r"all\.csv: no column true_target or target"):
        prepare_plasticc(spark, [curves], [curves], GRID, tmp_path / "b")


def test_a_run_learns_from_prepared_examples(written, tmp_path):
    pytest.importorskip("keras")
    from fink_t2.cli import main
    from fink_t2.training.examples.example_files import load_examples

    out, _ = written
    (tmp_path / "tiny.toml").write_text(
        f"""
        survey = "lsst"
        grid_length = {GRID}
        [simulation]
        objects = 60
        alerts_per_object = 1
        [prepared]
        folder = "{out}"
        per_class = 10
        """
    )
    arguments = ["--config", str(tmp_path / "tiny.toml"), "--run", str(tmp_path / "run")]
    assert main(["retrain", *arguments, "--until", "data"]) == 0
    counts = json.loads((tmp_path / "run" / "data.json").read_text())["examples"]
    assert counts["prepared"] == len(read_prepared(out, "lsst", GRID, 10, 1)) > 20
    train = load_examples(tmp_path / "run" / "train.npz")
    assert len(train) == counts["train"] + counts["prepared"]
    kept = load_examples(tmp_path / "run" / "prepared_test.npz")
    assert len(kept) == counts["prepared_test"] > 0
