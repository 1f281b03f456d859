"""Input and output of the models in service against the frozen reference."""

import dataclasses

import numpy as np
import pytest

from fink_t2.science.model_store import ModelStore
from fink_t2.science.preprocessing import PREPROCESSING_VERSION, preprocess
from fink_t2.surveys import passbands_of
from tests.science import frozen_reference
from tests.science.frozen_reference import (
    MODELS,
    PROBABILITY_TOLERANCE,
    build,
    classify,
    differences,
    expected_classifications,
    stored,
    stored_version,
)

WHAT_TO_DO = """
The network's input is not that of the frozen reference (preprocessing version {version}).
If this is not intended, it is a defect. If it is, no model in service fits any longer:
  1. change PREPROCESSING_VERSION in fink_t2/science/preprocessing.py,
  2. store the new output: python -m tests.science.frozen_reference preprocessing,
  3. retrain and promote every model, and store their classifications:
     python -m tests.science.frozen_reference classifications
{changes}"""


def test_the_reference_has_the_present_version():
    assert stored_version() == PREPROCESSING_VERSION, WHAT_TO_DO.format(
        version=stored_version(), changes=f"This code has version {PREPROCESSING_VERSION}."
    )


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_grid_and_features_are_those_of_the_reference(survey):
    columns = stored(survey)
    changes = differences(survey, columns, preprocess(build(survey, columns)))
    assert not changes, WHAT_TO_DO.format(version=stored_version(), changes="\n".join(changes))


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_the_reference_has_32_light_curves_of_many_lengths(survey):
    curves = build(survey, stored(survey))
    lengths = np.diff(curves.starts)
    assert len(curves) == 32
    assert lengths.min() <= 2
    # Fitted to all points, to some of them, and with fewer in the mean, too.
    assert ((lengths > 20) & (lengths <= 160)).any()
    assert lengths.max() > 384
    assert len(curves.passbands) == len(passbands_of(survey))


@pytest.mark.parametrize("label", expected_classifications())
def test_classifications_are_those_of_the_reference(label):
    expected = expected_classifications()[label]
    _, probabilities = classify(label, expected["light_curves"])
    assert len(probabilities) == 10
    np.testing.assert_allclose(
        probabilities, expected["probabilities"], atol=PROBABILITY_TOLERANCE, rtol=0
    )


@pytest.mark.parametrize("model", MODELS)
def test_models_in_service_have_expected_classifications(model):
    label = ModelStore(passbands_of=passbands_of).current(model).label
    assert label in expected_classifications(), (
        f"{label} is in service without expected classifications; store them by\n"
        "  python -m tests.science.frozen_reference classifications"
    )


def test_a_small_change_is_noticed():
    columns = stored("ztf")
    same = preprocess(build("ztf", columns))
    grid, features = same.grid.copy(), same.features.copy()
    grid[3, 50, 1] += 5e-4
    assert differences("ztf", columns, dataclasses.replace(same, grid=grid)) == [
        "ztf: grid of 1 light curves (first: 3) differ by up to 0.0005"
    ]
    features[7, 41] = np.nan
    changes = differences("ztf", columns, dataclasses.replace(same, features=features))
    assert "features of 1 light curves (first: 7)" in changes[0]
    fewer = dataclasses.replace(same, features=features[:, :-1])
    assert "shape" in differences("ztf", columns, fewer)[0]


def test_a_change_without_a_new_version_is_not_stored(monkeypatch, tmp_path):
    copy = tmp_path / "reference.npz"
    copy.write_bytes(frozen_reference.REFERENCE.read_bytes())
    monkeypatch.setattr(frozen_reference, "REFERENCE", copy)

    def changed(light_curves):
        result = preprocess(light_curves)
        return dataclasses.replace(result, features=result.features + np.float32(0.01))

    monkeypatch.setattr(frozen_reference, "preprocess", changed)
    with pytest.raises(SystemExit, match="PREPROCESSING_VERSION must change"):
        frozen_reference.store_preprocessing()
    assert copy.read_bytes() == frozen_reference.REFERENCE.read_bytes()
    monkeypatch.setattr(frozen_reference, "PREPROCESSING_VERSION", "2")
    frozen_reference.store_preprocessing()
    assert stored_version() == "2"
