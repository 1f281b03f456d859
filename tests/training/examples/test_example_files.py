"""Examples and validation sets on disk, those of earlier versions included."""

import numpy as np
import pytest

from fink_t2.science.light_curves import from_fluxes
from fink_t2.surveys import ZTF
from fink_t2.training.evaluation.frozen_validation import load_validation, save_validation
from fink_t2.training.examples.example_files import load_examples, save_examples
from fink_t2.training.examples.examples import Examples
from fink_t2.training.examples.labelled import Labelled, label_mask_of

MASK = label_mask_of(["SNIa", "other", "AGN"])
EXAMPLES = Examples(
    np.arange(3 * 5 * 2, dtype=np.float32).reshape(3, 5, 2),
    np.arange(6, dtype=np.float32).reshape(3, 2),
    MASK,
    np.array([1.0, 2.0, 3.0], np.float32),
)


def labelled():
    curves = from_fluxes(
        ZTF.passbands,
        [0, 2, 4, 6],
        59000.0 + np.arange(6),
        np.arange(6) % 2,
        np.ones(6),
        np.ones(6),
    )
    names = np.array(["a", "b", "c"])
    return Labelled(curves, MASK, names, np.full(3, "test"), np.array([True, False, True]))


def rename_array(path, present, former):
    """Write an ``.npz`` file anew with one array under another name."""
    with np.load(path) as arrays:
        content = {former if name == present else name: arrays[name] for name in arrays.files}
    np.savez(path, **content)


@pytest.mark.parametrize("is_former", [False, True])
def test_examples_come_back(tmp_path, is_former):
    path = tmp_path / "folder" / "train.npz"
    save_examples(path, EXAMPLES)
    assert [entry.name for entry in path.parent.iterdir()] == ["train.npz"]
    if is_former:
        rename_array(path, "label_mask", "allowed")
    read = load_examples(path)
    for name in ("grid", "features", "label_mask", "weight"):
        np.testing.assert_array_equal(getattr(read, name), getattr(EXAMPLES, name))


@pytest.mark.parametrize("is_former", [False, True])
def test_a_validation_set_comes_back(tmp_path, is_former):
    path = tmp_path / "frozen.npz"
    save_validation(path, labelled())
    if is_former:
        rename_array(path, "label_mask", "allowed")
    read = load_validation(path)
    np.testing.assert_array_equal(read.label_mask, MASK)
    assert read.object_id.tolist() == ["a", "b", "c"]
    assert read.is_alert.tolist() == [True, False, True]
    np.testing.assert_array_equal(read.light_curves.time, labelled().light_curves.time)
