import numpy as np
import pytest

from fink_t2.science.classes import CLASSES
from fink_t2.science.light_curves import from_fluxes
from fink_t2.surveys import LSST, ZTF
from fink_t2.training.data_sets.tns_types import classes_of_types, tns_types
from fink_t2.training.examples.labelled import (
    VARIABLE_CLASSES,
    Labelled,
    class_indices,
    concatenate,
    label_mask_of,
)
from fink_t2.training.examples.splits import split_numbers, stratified_folds


def one(name, points, passbands=ZTF.passbands):
    curves = from_fluxes(
        passbands,
        [0, points],
        59000 + np.arange(points),
        np.arange(points) % 2,
        np.arange(points) + 1.0,
        np.ones(points),
    )
    label_mask = label_mask_of(["SNIa"])
    return Labelled(curves, label_mask, np.array([name]), np.array(["t"]), np.array([False]))


def test_allowed_classes_and_labels():
    label_mask = label_mask_of(["RRL", "other", None])
    assert class_indices(label_mask).tolist() == [CLASSES.index("RRL"), -1, -1]
    assert {CLASSES[k] for k in np.flatnonzero(label_mask[1])} == set(VARIABLE_CLASSES)
    np.testing.assert_array_equal(label_mask[1], label_mask[2])


def test_joined_sets_keep_every_curve_whole():
    joined = concatenate([one("a", 3), one("b", 5)]).select([1, 0])
    assert joined.object_id.tolist() == ["b", "a"]
    assert np.diff(joined.light_curves.starts).tolist() == [5, 3]
    assert joined.light_curves.flux.tolist() == [1, 2, 3, 4, 5, 1, 2, 3]


def test_surveys_are_not_mixed():
    with pytest.raises(ValueError, match="different surveys"):
        concatenate([one("a", 3), one("b", 3, LSST.passbands)])


def test_tns_types_lead_to_the_classes_of_the_shared_labels():
    given = ["SN Ia", "SN IIP", "SN Ic-BL", "SLSN-I", "nova", "SN Ia-91bg", "Mira", "unheard of"]
    assert classes_of_types(given) == [
        "SNIa",
        "SNII",
        "SNIbc",
        "SLSN-I",
        "other",
        "SNIa-91bg",
        "Mira",
        None,
    ]
    assert set(tns_types().values()) <= {*CLASSES, "other"}


def test_every_type_of_the_shared_data_is_mapped_as_its_label(shared):
    pd = pytest.importorskip("pandas")
    for table in ("ztf_lightcurves", "ztf_alert_histories"):
        rows = pd.read_parquet(shared / f"data/labelled/{table}.parquet")
        rows = rows[["type", "t2class"]].drop_duplicates()
        assert classes_of_types(rows["type"]) == rows["t2class"].tolist()


def test_folds_are_by_object_stratified_and_fixed():
    objects = np.array([f"o{k % 50}" for k in range(200)])
    labels = np.array([k % 50 % 3 for k in range(200)])
    folds = stratified_folds(objects, labels, 5, seed=1)
    for name in np.unique(objects):
        assert len(set(folds[objects == name])) == 1
    for label in range(3):
        counts = np.bincount(folds[:50][labels[:50] == label], minlength=5)
        assert counts.max() - counts.min() <= 1
    order = np.random.default_rng(0).permutation(200)
    np.testing.assert_array_equal(
        stratified_folds(objects[order], labels[order], 5, seed=1), folds[order]
    )
    assert (stratified_folds(objects, labels, 5, seed=2) != folds).any()


def test_split_numbers_depend_on_name_and_seed_alone():
    numbers = split_numbers(np.array(["a", "b", "a"]), 1)
    assert numbers[0] == numbers[2] != numbers[1]
    assert split_numbers(np.array(["x", "a"]), 1)[1] == numbers[0]
    assert split_numbers(np.array(["a"]), 2)[0] != numbers[0]
    many = split_numbers(np.arange(4000).astype(str), 3)
    assert abs(np.mean(many < 0.1) - 0.1) < 0.02
