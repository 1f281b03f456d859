"""The model card: what it says for a model with all of its parts, and for one with few."""

import copy
import re

import pytest

from fink_t2.science.classes import CLASSES
from fink_t2.training.retraining.model_card import model_card, reproduction

PROVENANCE = {
    "configuration": "conf/retrain.toml",
    "configuration_sha256": "0123abcd" * 8,
    "version": "0.1.0",
    "commit": "f00d" * 10,
    "tree_is_clean": True,
}
NO_FILES = dict.fromkeys(
    ("light_curves", "alerts", "contaminants", "elasticc", "spcc", "plasticc", "archive"), ""
)
METADATA = {
    "name": "t2-ztf",
    "version": "0.5.0",
    "survey": "ztf",
    "passbands": ["g", "r"],
    "classes": list(CLASSES),
    "grid_length": 50,
    "features": ["log_span", "log_peak_flux"],
    "preprocessing_version": 1,
    "parameters": 22542,
    "tflite_bytes": 55210,
    "held_out": {"alerts_accuracy": 0.7984, "light_curves_accuracy": 0.871},
    "eventless_shares": {"flat": 0.006, "noise": 0.0},
    "training": {
        "settings": {
            "network": "t2",
            "seed": 3,
            "real": {
                **NO_FILES,
                "alerts": "alerts.parquet",
                "data_sets": {"spcc": "spcc.parquet"},
                "averaged": 3,
            },
            "pretrain": {"epochs": 14},
            "fine_tune": {"epochs": 1},
        },
        "provenance": PROVENANCE,
        "data": {
            "missing": ["../shared/spcc.parquet"],
            "examples": {
                "train": 198484,
                "validation": 25122,
                "test": 24343,
                "real_examples": 1246,
                "held_out_objects": 7,
            },
            "provenance": PROVENANCE,
        },
        "train": {
            "warm_start": False,
            "pretrain_epochs": 12,
            "fine_tuning_examples": 33290,
            "validation_loss_pretrained": 0.87,
            "validation_loss_fine_tuned": 1.1,
            "provenance": PROVENANCE,
        },
        "cross_validate": {"folds": 5, "scores": {}, "provenance": PROVENANCE},
        "compress": {
            "calibrated_on": "cross-validated real examples",
            "temperature": 1.0612,
            "class_factors": {**dict.fromkeys(CLASSES, 1.0), "SNIa": 3.11, "SNIax": 0.06},
            "validation_loss_calibrated": 1.5924,
            "validation_loss_compressed": 1.5927,
            "provenance": PROVENANCE,
        },
    },
}


@pytest.fixture
def metadata():
    return copy.deepcopy(METADATA)


def sections(card):
    """Return the text of every section by its heading, line breaks as spaces."""
    parts = re.split(r"^## (.*)\n", card, flags=re.MULTILINE)[1:]
    return {
        title: " ".join(text.split()) for title, text in zip(parts[::2], parts[1::2], strict=True)
    }


def test_every_section_holds_what_its_heading_says(metadata):
    card = model_card(metadata, "### Classes\n\nthe report\n")
    assert card.startswith("# t2-ztf 0.5.0\n")
    assert "$" not in card
    by_title = sections(card)
    assert list(by_title) == [
        "Model",
        "Data",
        "Optimisation",
        "Calibration",
        "Evaluation on labelled light curves",
        "Evaluation on the frozen validation set",
        "Reproduction",
    ]
    model = by_title["Model"]
    assert "t2 network for ZTF light curves with 22,542 parameters" in model
    assert "has 55.2 kB" in model
    assert "at 50 times in 2 passbands, with 2 auxiliary features" in model
    assert "baseline" not in model
    data = by_title["Data"]
    assert "198,484 examples for training, 25,122 for validation, 24,343 for the frozen" in data
    assert "SPCC light curves (simulated), typed ZTF alerts. These are 1,246 light" in data
    assert "light curves and alerts; 7 objects were held out" in data
    assert "33,290 examples" in data
    assert "`spcc.parquet`, which the configuration names, did not exist" in data
    optimisation = by_title["Optimisation"]
    assert (
        "for 12 epochs on simulated examples, then fine-tuned for 1 epoch on real" in optimisation
    )
    assert "(3 copies, their weights averaged)" in optimisation
    losses = [float(number) for number in re.findall(r"\b\d\.\d{4}\b", optimisation)]
    assert losses == [0.87, 1.1, 1.5924, 1.5927]
    calibration = by_title["Calibration"]
    assert "on cross-validated real examples: logits are divided by a temperature of 1.06" in (
        calibration
    )
    assert "SNIax by 0.06, SNIa by 3.11." in calibration
    assert "AGN" not in calibration
    labelled = by_title["Evaluation on labelled light curves"]
    assert labelled.startswith("5-fold cross-validation by object")
    assert re.search(r"alerts: accuracy \| >= 0.78 \| \| 0.798 \|", labelled)
    assert re.search(r"light curves: accuracy \| >= 0.88 \| 0.92 \| 0.871 \(missed\)", labelled)
    assert "0.60 % of the flat" in labelled
    assert by_title["Evaluation on the frozen validation set"].endswith(
        "that were held out. ### Classes the report"
    )


def test_a_baseline_on_simulated_light_curves_alone(metadata):
    training = metadata["training"]
    training["settings"] |= {"network": "atx"}
    training["data"] |= {"missing": []}
    training["data"]["examples"] |= {"real_examples": 0}
    del training["train"]["validation_loss_fine_tuned"], training["train"]["pretrain_epochs"]
    training["train"]["warm_start"] = True
    training["cross_validate"] = {"provenance": PROVENANCE}
    training["compress"]["class_factors"] = dict.fromkeys(CLASSES, 1.004)
    del metadata["held_out"]
    by_title = sections(model_card(metadata, ""))
    assert by_title["Model"].endswith("It is a baseline for comparison.")
    assert by_title["Data"].endswith("- No labelled real light curves.")
    assert (
        "for at most 14 epochs on simulated examples, starting with the weights"
        in (by_title["Optimisation"])
    )
    assert "fine-tun" not in by_title["Optimisation"]
    assert by_title["Calibration"].endswith("a temperature of 1.06.")
    assert by_title["Evaluation on labelled light curves"] == (
        "There were no labelled light curves that training had not used."
    )


def test_prepared_and_held_out_examples_are_told(metadata):
    metadata["training"]["data"]["examples"] |= {"prepared": 2800}
    metadata["prepared_test"] = {"examples": 1400, "log_loss": 0.7654, "accuracy": 0.8123}
    metadata["held_out"] = {
        "elasticc_balanced_accuracy": 0.8921,
        "elasticc_balanced_accuracy_without_redshift": 0.8894,
    }
    metadata["training"]["cross_validate"] = {"provenance": PROVENANCE}
    by_title = sections(model_card(metadata, ""))
    assert (
        "2,800 training examples of PLAsTiCC. On 1,400 examples of other objects"
        in (by_title["Data"])
    )
    assert "log-loss is 0.765 and the accuracy 0.812" in by_title["Data"]
    labelled = by_title["Evaluation on labelled light curves"]
    assert labelled.startswith("The objects were held out of training and calibration.")
    assert "balanced accuracy on the ELAsTiCC alerts is 0.889" in labelled
    assert "| held out |" in labelled


def test_the_command_and_its_inputs_are_named(metadata):
    text = reproduction(metadata["training"])
    assert "    fink-t2 retrain --config conf/retrain.toml\n" in text
    assert text.count(f"`{PROVENANCE['configuration_sha256']}`") == 1
    assert text.endswith(f"fink_t2 0.1.0, git commit `{PROVENANCE['commit']}`.")
    assert "does not reproduce" not in text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"tree_is_clean": False}, f"`{PROVENANCE['commit']}` with uncommitted changes"),
        ({"commit": None}, "fink_t2 0.1.0, installed without a git checkout"),
    ],
)
def test_the_state_of_the_code_is_told(metadata, change, expected):
    training = metadata["training"]
    for part in (training, *(training[step] for step in ("data", "train", "cross_validate"))):
        part["provenance"] = PROVENANCE | change
    training["compress"]["provenance"] = PROVENANCE | change
    assert expected in reproduction(training)


def test_a_run_of_several_configurations_lists_its_steps(metadata):
    training = metadata["training"]
    training["data"]["provenance"] = PROVENANCE | {
        "configuration": "old.toml",
        "configuration_sha256": "beef" * 16,
    }
    del training["train"]["provenance"]  # as runs of earlier versions left it
    text = reproduction(training)
    assert "does not reproduce it" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert "old.toml" in rows[2]
    assert "beef" * 16 in rows[2]
    assert "not recorded" in rows[3]
    assert PROVENANCE["configuration_sha256"] in rows[4]
    assert "beef" not in rows[4]
