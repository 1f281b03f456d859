"""The model card: the content of a model's ``metrics.json`` in words and tables."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from fink_t2.training.data_sets.registry import DATA_SETS
from fink_t2.training.evaluation.criteria import acceptance_table
from fink_t2.training.evaluation.eventless_evaluation import eventless_shares_text
from fink_t2.training.evaluation.markdown import markdown_table

TEMPLATE_FILE = "card.md.template"

#: Networks that serve as baselines, not for production.
BASELINES = ("atx", "lstm")

#: Steps whose results a model holds, in their order.
RECORDED_STEPS = ("data", "train", "cross_validate", "compress")

#: A factor on a class's probability that differs from 1 by less is not listed.
SMALLEST_FACTOR_CHANGE = 0.005


def model_card(metadata: Mapping[str, Any], frozen_evaluation: str) -> str:
    """Return the card of a model in Markdown.

    Parameters
    ----------
    metadata : mapping
        The content of ``metrics.json`` after the evaluation.
    frozen_evaluation : str
        The report on the frozen validation set, in Markdown with headings of level 3.

    Returns
    -------
    str
        The template ``card.md.template`` with its fields filled in.
    """
    training = metadata["training"]
    settings, compressed = training["settings"], training["compress"]
    template = resources.files(__package__).joinpath(TEMPLATE_FILE).read_text(encoding="utf-8")
    return Template(template).substitute(
        name=metadata["name"],
        version=metadata["version"],
        network=settings["network"],
        survey=metadata["survey"].upper(),
        parameters=f"{metadata['parameters']:,}",
        kilobytes=f"{metadata['tflite_bytes'] / 1000:.1f}",
        grid_length=metadata["grid_length"],
        n_passbands=len(metadata["passbands"]),
        n_features=len(metadata["features"]),
        n_classes=len(metadata["classes"]),
        preprocessing_version=metadata["preprocessing_version"],
        purpose=" It is a baseline for comparison." if settings["network"] in BASELINES else "",
        data=_data(metadata),
        optimisation=_optimisation(training),
        calibrated_on=compressed["calibrated_on"],
        temperature=f"{compressed['temperature']:.2f}",
        class_factors=_class_factors(compressed["class_factors"]),
        labelled_evaluation=_labelled_evaluation(metadata),
        frozen_evaluation=frozen_evaluation.strip(),
        reproduction=reproduction(training),
    )


def _data(metadata: Mapping[str, Any]) -> str:
    """List the data that training used."""
    training = metadata["training"]
    settings, examples = training["settings"], training["data"]["examples"]
    lines = [
        f"- Simulated light curves, split by object (seed {settings['seed']}): "
        f"{examples['train']:,} examples for training, {examples['validation']:,} for "
        f"validation, {examples['test']:,} for the frozen validation set."
    ]
    if "prepared" in examples:
        scores = metadata["prepared_test"]
        lines.append(
            f"- {examples['prepared']:,} training examples of PLAsTiCC. On "
            f"{scores['examples']:,} examples of other objects the flat log-loss is "
            f"{scores['log_loss']:.3f} and the accuracy {scores['accuracy']:.3f}."
        )
    if examples["real_examples"]:
        real = settings["real"]
        names = ", ".join(
            data_set.title
            for key, data_set in DATA_SETS.items()
            if real.get(key) or real["data_sets"].get(key)
        )
        lines.append(
            f"- For fine-tuning: {names}. These are {examples['real_examples']:,} light curves "
            f"and alerts; {examples['held_out_objects']} objects were held out. The variations "
            f"of the others are {training['train']['fine_tuning_examples']:,} examples, "
            "simulated ones included."
        )
    else:
        lines.append("- No labelled real light curves.")
    lines += [
        f"- `{Path(path).name}`, which the configuration names, did not exist."
        for path in training["data"]["missing"]
    ]
    return "\n".join(lines)


def _optimisation(training: Mapping[str, Any]) -> str:
    """Return the loss after each stage of the training."""
    settings, trained, compressed = (training[key] for key in ("settings", "train", "compress"))
    if "pretrain_epochs" in trained:
        epochs = _epochs(trained["pretrain_epochs"])
    else:
        # Not known if the step was interrupted between this training and the fine-tuning.
        epochs = f"at most {_epochs(settings['pretrain']['epochs'])}"
    text = f"The network was trained for {epochs} on simulated examples"
    if trained["warm_start"]:
        text += ", starting with the weights of the model in service"
    rows = [["training on simulated examples", trained["validation_loss_pretrained"]]]
    if "validation_loss_fine_tuned" in trained:
        copies = max(settings["real"]["averaged"], 1)
        text += f", then fine-tuned for {_epochs(settings['fine_tune']['epochs'])} on real ones"
        text += f" ({copies} copies, their weights averaged)" if copies > 1 else ""
        rows.append(["fine-tuning", trained["validation_loss_fine_tuned"]])
    rows += [
        ["calibration", compressed["validation_loss_calibrated"]],
        ["compression", compressed["validation_loss_compressed"]],
    ]
    table = markdown_table(
        ["stage", "flat log-loss"], [[stage, f"{loss:.4f}"] for stage, loss in rows]
    )
    return (
        f"{text}. The flat log-loss on the simulated validation examples after each stage:"
        f"\n\n{table}"
    )


def _epochs(number: int) -> str:
    """Return a number of epochs in words."""
    return "1 epoch" if number == 1 else f"{number} epochs"


def _class_factors(factors: Mapping[str, float]) -> str:
    """Name the factors on classes' probabilities that differ from 1."""
    named = [
        f"{name} by {value:.3g}"
        for name, value in factors.items()
        if abs(value - 1) >= SMALLEST_FACTOR_CHANGE
    ]
    if not named:
        return ""
    return (
        " The probabilities are then multiplied by a factor for each class and normalised: "
        f"{', '.join(named)}."
    )


def _labelled_evaluation(metadata: Mapping[str, Any]) -> str:
    """Compare the scores on labelled light curves with the targets."""
    if "held_out" not in metadata:
        return "There were no labelled light curves that training had not used."
    scores = metadata["held_out"]
    cross_validated = metadata["training"]["cross_validate"]
    if "folds" in cross_validated:
        title = "cross-validated"
        text = (
            f"{cross_validated['folds']}-fold cross-validation by object: every light curve is "
            "classified by a network that was fine-tuned with the same settings without its "
            "object, and calibrated on the other folds. The network of this model was then "
            "fine-tuned on all objects."
        )
    else:
        title, text = "held out", "The objects were held out of training and calibration."
    without_redshift = scores.get("elasticc_balanced_accuracy_without_redshift")
    if without_redshift is not None:
        text += (
            " Without the photometric redshifts of the hosts, the balanced accuracy on the "
            f"ELAsTiCC alerts is {without_redshift:.3f}."
        )
    parts = [text, acceptance_table({title: scores})]
    if "eventless_shares" in metadata:
        parts.append(eventless_shares_text(metadata["eventless_shares"]))
    return "\n\n".join(parts)


def reproduction(training: Mapping[str, Any]) -> str:
    """Return the command that makes the model again, and what identifies its inputs.

    Parameters
    ----------
    training : mapping
        The part "training" of ``metrics.json``.

    Returns
    -------
    str
        Markdown. If the steps of the run were made with different configurations or
        different code, every step is listed.
    """
    provenance = training["provenance"]
    text = (
        "This model is made again by\n\n"
        f"    fink-t2 retrain --config {provenance['configuration']}\n\n"
    )
    by_step = {step: training[step].get("provenance") for step in RECORDED_STEPS}
    if all(recorded == provenance for recorded in by_step.values()):
        return (
            f"{text}- Configuration file: `{provenance['configuration']}`, SHA-256 "
            f"`{provenance['configuration_sha256']}`.\n- Code: {_code(provenance)}."
        )
    rows = [
        [step, "not recorded", "", ""]
        if recorded is None
        else [
            step,
            f"`{recorded['configuration']}`",
            f"`{recorded['configuration_sha256']}`",
            _code(recorded),
        ]
        for step, recorded in by_step.items()
    ]
    table = markdown_table(
        ["step", "configuration file", "SHA-256 of the configuration file", "code"], rows
    )
    return (
        f"{text}The steps of this run were made with different configurations or code, so the "
        f"command alone does not reproduce it:\n\n{table}"
    )


def _code(provenance: Mapping[str, Any]) -> str:
    """Name the code of a run: version, git commit and state of the working tree."""
    version = f"fink_t2 {provenance['version']}"
    if provenance["commit"] is None:
        return f"{version}, installed without a git checkout"
    changes = "" if provenance["tree_is_clean"] else " with uncommitted changes"
    return f"{version}, git commit `{provenance['commit']}`{changes}"
