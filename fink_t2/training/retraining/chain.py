"""The retraining chain: data, train, compress, evaluate, gate, promote.

Every step reads what the step before wrote into the run's folder, and leaves a file that says
it is done: an interrupted run goes on with the step it was in, and training within it with the
epoch it was in.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fink_t2.errors import FinkT2Error
from fink_t2.science.classes import CLASSES
from fink_t2.science.model_store import METADATA_FILE, ModelReference, ModelStore, read_reference
from fink_t2.training.calibration.logit_calibration import Calibration, fit_calibration, fold
from fink_t2.training.data_sets.prepared import read_prepared
from fink_t2.training.evaluation.acceptance import (
    CanClassify,
    acceptance_table,
    plain_shares,
    plain_shares_text,
)
from fink_t2.training.evaluation.frozen_validation import load_validation, save_validation
from fink_t2.training.examples.example_files import load_examples, save_examples
from fink_t2.training.examples.examples import Examples, join_examples, prepare_examples
from fink_t2.training.examples.labelled import concatenate
from fink_t2.training.export.artefact import KERAS_FILE, ModelIdentity, write_artefact, write_card
from fink_t2.training.networks.load_network import load_network
from fink_t2.training.optimisation.fit import FitSettings, fit, predict, share_of_time
from fink_t2.training.optimisation.flat_log_loss import class_weights, flat_log_loss
from fink_t2.training.optimisation.replicas import replicated
from fink_t2.training.retraining.build_network import build_network
from fink_t2.training.retraining.cross_validation import (
    HeldOutClassifier,
    HeldOutPredictions,
    cross_validate,
    real_scores,
)
from fink_t2.training.retraining.fine_tuning import fine_tune, parts_of
from fink_t2.training.retraining.gate import decide_and_promote
from fink_t2.training.retraining.settings import RetrainSettings
from fink_t2.training.retraining.training_sets import (
    RealData,
    fine_tuning_set,
    held_out_objects,
    is_among,
    real_data,
    simulated_set,
    split_simulated,
)

#: How shared values are trained to give what the layer gave before.
SHARED_VALUES = FitSettings(
    epochs=20, batch_size=512, learning_rate=3e-3, schedule="cosine", stop_after=20
)

HELD_OUT_FILE = "held_out.txt"
PREDICTIONS_FILE = "cross_validated.npz"
PREPARED_TEST_FILE = "prepared_test.npz"
VALIDATION_FILE = "frozen_validation.npz"


@dataclass
class Run:
    """One retraining run in progress.

    Attributes
    ----------
    settings : RetrainSettings
        Its configuration.
    folder : Path
        Where its files lie.
    store : ModelStore
        Where candidates go.
    deadline : float or None
        In `time.monotonic` seconds: training ends by then, with the best so far.
    """

    settings: RetrainSettings
    folder: Path
    store: ModelStore
    deadline: float | None = None
    say: Callable[[str], None] = print

    def path(self, name: str) -> Path:
        """Return the path of one of the run's files."""
        return self.folder / name

    def left(self, share: float) -> float | None:
        """Return the deadline of a step that may take a share of the time left."""
        return share_of_time(self.deadline, share)

    def note(self, step: str, facts: dict[str, Any]) -> None:
        """Write what a step found; the file's being there says that the step is done."""
        path = self.path(f"{step}.json")
        unfinished = path.with_name(f"unfinished-{path.name}")
        unfinished.write_text(json.dumps(facts, indent=1) + "\n")
        os.replace(unfinished, path)

    def facts(self, step: str) -> dict[str, Any]:
        """Return what a finished step noted."""
        return dict(json.loads(self.path(f"{step}.json").read_text()))


def make_data(run: Run) -> None:
    """Simulate, read real light curves, split by object, interpolate, write examples."""
    settings = run.settings
    simulated = simulated_set(settings, progress=True)
    run.say(f"interpolating {len(simulated)} simulated light curves")
    examples = prepare_examples(simulated, settings.grid_length)
    parts = dict(
        zip(("train", "validation", "test"), split_simulated(simulated, settings), strict=True)
    )
    counts = {name: int(keep.sum()) for name, keep in parts.items()}
    train_examples = [examples.select(parts["train"])]
    if settings.prepared.folder:
        learnt, kept = _prepared_examples(settings)
        train_examples.append(learnt)
        save_examples(run.path(PREPARED_TEST_FILE), kept)
        counts |= {"prepared": len(learnt), "prepared_test": len(kept)}
    save_examples(run.path("train.npz"), join_examples(train_examples))
    save_examples(run.path("validation.npz"), examples.select(parts["validation"]))
    frozen = [simulated.select(parts["test"])]
    data = real_data(settings)
    for path in data.missing:
        run.say(f"{path} is not there: going on without it")
    held_out = held_out_objects(data, settings.real.held_out, settings.seed)
    run.path(HELD_OUT_FILE).write_text("".join(f"{name}\n" for name in sorted(held_out)))
    n_real = sum(map(len, data.all()))
    counts |= {"real_examples": n_real, "held_out_objects": len(held_out)}
    apart = [part for part in data.select(is_among(held_out)).all() if len(part)]
    if apart:
        save_examples(
            run.path("real_validation.npz"),
            join_examples([prepare_examples(part, settings.grid_length) for part in apart]),
        )
        frozen += apart
    save_validation(run.path(VALIDATION_FILE), concatenate(frozen))
    run.note("data", {"missing": list(data.missing), "examples": counts})


def _prepared_examples(settings: RetrainSettings) -> tuple[Examples, Examples]:
    """Draw prepared examples to train on, and of other objects to test."""
    prepared = settings.prepared
    learnt, kept = (
        read_prepared(
            prepared.folder,
            settings.survey,
            settings.grid_length,
            prepared.per_class,
            settings.seed,
            test,
        )
        for test in (False, True)
    )
    return learnt, kept


def train(run: Run) -> None:
    """Fit the network on simulated examples, then on real ones if there are any."""
    with replicated() as replicas:
        if replicas > 1:
            run.say(f"{replicas} replicas")
        _train(run, replicas)


def _train(run: Run, replicas: int) -> None:
    settings = run.settings
    columns = settings.feature_columns()
    examples = _flat(load_examples(run.path("train.npz")), settings.real.class_power)
    validation = _flat(load_examples(run.path("validation.npz")), 1.0)
    model = build_network(settings, examples)
    warm = settings.warm_start and _take_weights(run, model)
    facts: dict[str, Any] = {"warm_start": warm, "parameters": model.count_params()}
    has_real = _has_real(run)
    began = time.monotonic()
    pretrained = run.path("pretrained.keras")
    if pretrained.exists():
        model = load_network(pretrained)
    else:
        history = fit(
            model,
            examples,
            columns,
            settings.pretrain,
            validation,
            replicas=replicas,
            deadline=run.left(0.6 if has_real else 0.9),
            log_folder=run.path("logs/pretrain"),
            checkpoint=run.path("checkpoint/pretrain"),
            verbose=2,
        )
        facts["pretrain_epochs"] = len(history["loss"])
        model.save(pretrained)
    facts["validation_loss_pretrained"] = flat_log_loss(
        predict(model, validation, columns), validation.allowed
    )
    if has_real:
        examples_of = _fine_tuning_examples(run)
        facts["fine_tuning_examples"] = len(examples_of(0))
        model = fine_tune(
            model,
            examples_of,
            settings,
            replicas,
            run.left(0.8),
            run.path("fine_tune"),
            verbose=2,
        )
        facts["validation_loss_fine_tuned"] = flat_log_loss(
            predict(model, validation, columns), validation.allowed
        )
    model.save(run.path("trained.keras"))
    run.path(PREDICTIONS_FILE).unlink(missing_ok=True)  # of another recipe, perhaps
    facts["seconds"] = round(time.monotonic() - began, 1)
    run.note("train", facts)


def _has_real(run: Run) -> bool:
    return bool(run.facts("data")["examples"]["real_examples"])


def _fine_tuning_examples(run: Run) -> Callable[[int], Examples]:
    """Return a function that makes the varied examples of each copy of the network."""
    learn = _learnt_from(run)
    simulated = load_examples(run.path("train.npz"))
    return lambda number: fine_tuning_set(learn, simulated, run.settings, number)


def _learnt_from(run: Run) -> RealData:
    """Return the real light curves without those that were held out."""
    held_out = is_among(frozenset(run.path(HELD_OUT_FILE).read_text().split()))
    return real_data(run.settings).select(lambda part: ~held_out(part))


def validate_fine_tuning(run: Run) -> None:
    """Cross-validate the fine-tuning on the real light curves, if the configuration asks for it."""
    settings = run.settings
    if not settings.real.folds or not _has_real(run):
        run.note("cross_validate", {})
        return
    data = _learnt_from(run)
    kept = run.path(PREDICTIONS_FILE)
    if not kept.exists():
        predictions = cross_validate(
            load_network(run.path("pretrained.keras")),
            data,
            load_examples(run.path("train.npz")),
            settings,
            settings.real.folds,
            run.say,
            run.left(0.9),
        )
        np.savez(kept, **vars(predictions))
    trained = load_network(run.path("trained.keras"))
    classifier = HeldOutClassifier(data, _held_out_predictions(run), trained, settings)
    numbers = real_scores(classifier, settings)
    run.say(acceptance_table({"cross-validated": numbers}))
    run.note("cross_validate", {"folds": settings.real.folds, "scores": numbers})


def compress(run: Run) -> None:
    """Cluster, calibrate and export; write the candidate into the store."""
    from fink_t2.training.compression.compress import copy_network
    from fink_t2.training.compression.eight_bits import round_weights
    from fink_t2.training.compression.quantization import EIGHT_BIT_WEIGHTS, quantize

    settings = run.settings
    trained = load_network(run.path("trained.keras"))
    model = copy_network(trained)
    eight_bits = settings.export.weights in EIGHT_BIT_WEIGHTS
    if eight_bits:
        round_weights(model)
    if settings.export.clusters:
        _cluster_last_layer(run, model)
    calibration, judge = _calibration(run, trained)
    fold(trained, calibration)
    fold(model, calibration)
    if eight_bits:
        round_weights(model)
    tflite = quantize(model, settings.export.weights, settings.export.batch_size)
    version = _next_version(run.store, settings.name)
    identity = ModelIdentity(
        settings.name, version, settings.survey, settings.grid_length, settings.feature_tuple()
    )
    factors = dict(zip(CLASSES, np.exp(calibration.shift).tolist(), strict=True))
    facts = {
        "version": version,
        "temperature": calibration.temperature,
        "class_factors": factors,
        "calibrated_on": judge,
        "validation_loss_calibrated": _validation_loss(run, trained),
        "validation_loss_compressed": _validation_loss(run, model),
    }
    steps = {name: run.facts(name) for name in ("data", "train", "cross_validate")}
    write_artefact(
        run.store.folder / settings.name / version,
        identity,
        model,
        tflite,
        {"settings": asdict(settings), **steps, "compress": facts},
        factors,
    )
    run.note("compress", facts)


def _cluster_last_layer(run: Run, model: keras.Model) -> None:
    """Share the last layer's weights; those before it stay as they are, rounded ones as well.

    The shared values are trained to give what the layer gave before: on the classes themselves it
    would go on learning the examples at hand, and forget others.
    """
    from fink_t2.training.compression.compress import CompressionSettings, cluster

    settings = run.settings
    examples = load_examples(run.path("train.npz"))
    if _has_real(run):
        real = _fine_tuning_examples(run)(0)
        examples = join_examples([real, _some(examples, len(real), settings.seed)])
    examples = _some(examples, settings.export.examples, settings.seed)
    before, last = parts_of(model, "logits")
    pooled = dataclasses.replace(
        examples,
        grid=predict(before, examples, settings.feature_columns()),
        weight=np.ones(len(examples), dtype=np.float32),
    )
    clustered = cluster(
        last,
        CompressionSettings(("logits",), settings.export.clusters),
        pooled,
        fine_tuning=SHARED_VALUES,
        targets=predict(last, pooled, ()),
    )
    model.get_layer("logits").set_weights(clustered.get_layer("logits").get_weights())


def _some(examples: Examples, number: int, seed: int) -> Examples:
    """Draw at most so many examples."""
    chosen = np.random.default_rng(seed).permutation(len(examples))
    return examples.select(chosen[:number])


def evaluate_candidate(run: Run) -> None:
    """Score the exported candidate on the frozen validation set; figures, JSON, card."""
    from fink_t2.classifier import Classifier
    from fink_t2.training.evaluation.evaluate import evaluate
    from fink_t2.training.evaluation.report import report, write_report

    folder = candidate_folder(run)
    validation = load_validation(run.path(VALIDATION_FILE))
    classifier = Classifier(read_reference(folder))
    evaluation = evaluate(
        classifier, validation.light_curves, validation.labels(), "the frozen validation set"
    )
    write_report(evaluation, folder)
    numbers = evaluation.numbers()
    metadata = json.loads((folder / METADATA_FILE).read_text())
    metadata["evaluation"] = numbers
    if run.path(PREPARED_TEST_FILE).exists():
        metadata["prepared_test"] = _score_prepared(run, classifier.reference)
    if run.settings.survey == "ztf":
        metadata["plain_shares"] = plain_shares(classifier)
    scores = _scores_on_labelled(run, classifier)
    if scores:
        metadata["held_out"] = scores
    (folder / METADATA_FILE).write_text(json.dumps(metadata, indent=1) + "\n")
    write_card(
        folder,
        classifier.reference.name,
        classifier.reference.version,
        [
            ("What it is", _description(run, metadata)),
            ("How it was made", _recipe(run, metadata)),
            *_labelled_section(run, metadata),
            ("Evaluation on simulated data", report(evaluation).split("\n", 1)[1]),
        ],
    )
    run.say(report(evaluation))
    run.note("evaluate", {"log_loss": numbers["log_loss"], "accuracy": numbers["accuracy"]})


def _score_prepared(run: Run, reference: ModelReference) -> dict[str, float]:
    """Score the exported candidate on prepared examples of objects kept for tests."""
    from fink_t2.science.inference import TfliteNetwork

    examples = load_examples(run.path(PREPARED_TEST_FILE))
    network = TfliteNetwork(reference.tflite_path)
    found = network.predict(*examples.inputs(run.settings.feature_columns()))
    return {
        "examples": len(examples),
        "log_loss": flat_log_loss(found, examples.allowed),
        "accuracy": float((found.argmax(axis=1) == examples.labels()).mean()),
    }


def decide(run: Run) -> None:
    """Compare the candidate with the model in service, and promote it if it is better."""
    folder = candidate_folder(run)
    validation = load_validation(run.path(VALIDATION_FILE))
    decision = decide_and_promote(
        run.store, run.settings.name, folder.name, validation, run.settings.gate
    )
    run.say(decision.text())
    run.note("promote", {"promoted": decision.promoted, "reasons": decision.reasons()})


#: The steps in their order.
STEPS: dict[str, Callable[[Run], None]] = {
    "data": make_data,
    "train": train,
    "cross_validate": validate_fine_tuning,
    "compress": compress,
    "evaluate": evaluate_candidate,
    "promote": decide,
}


def run_steps(run: Run, last: str = "promote") -> None:
    """Run the steps that are not done yet, up to and including `last`."""
    for name, step in STEPS.items():
        if run.path(f"{name}.json").exists():
            run.say(f"{name}: done already")
        else:
            run.say(f"{name} ...")
            began = time.monotonic()
            step(run)
            run.say(f"{name}: {time.monotonic() - began:.0f} s")
        if name == last:
            return


def _description(run: Run, metadata: dict[str, Any]) -> str:
    settings = run.settings
    article = {"t2": "A", "atx": "An", "lstm": "An"}[settings.network]
    return (
        f"{article} {settings.network} for {settings.survey.upper()} light curves: "
        f"{metadata['parameters']:,} parameters, {metadata['tflite_bytes'] / 1000:.1f} kB as "
        f"TFLite; {settings.grid_length} times x {len(metadata['passbands'])} passbands and "
        f"{len(metadata['features'])} auxiliary features in, 14 class probabilities out "
        f"(preprocessing {metadata['preprocessing_version']})."
        + ("" if settings.network == "t2" else " A baseline to compare with.")
    )


def _scores_on_labelled(run: Run, classifier: CanClassify) -> dict[str, Any]:
    """Return the acceptance numbers on labelled light curves that were not learnt from."""
    folded = run.facts("cross_validate")
    if folded:
        return dict(folded["scores"])
    held_out = set(run.path(HELD_OUT_FILE).read_text().split())
    return real_scores(classifier, run.settings, held_out) if held_out else {}


def _labelled_section(run: Run, metadata: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the card's section on the labelled light curves, if there were any."""
    if "held_out" not in metadata:
        return []
    folded = run.facts("cross_validate")
    if folded:
        title = "cross-validated"
        text = (
            f"{folded['folds']}-fold cross-validation by object: every light curve is scored by "
            "a network that was fine-tuned by the same recipe without its object, and calibrated "
            "on the other folds. The shipped network was then fine-tuned on all of them."
        )
    else:
        title, text = "held out", "Objects that nothing was learnt from."
    without = metadata["held_out"].get("elasticc_balanced_accuracy_without_redshift")
    if without is not None:
        text += (
            " Without their hosts' photometric redshifts, the balanced accuracy on ELAsTiCC's "
            f"alerts is {without:.3f}."
        )
    table = acceptance_table({title: metadata["held_out"]})
    if "plain_shares" in metadata:
        table += f"\n\n{plain_shares_text(metadata['plain_shares'])}"
    return [("Labelled light curves", f"{text}\n\n{table}")]


def _sources(settings: RetrainSettings) -> str:
    """Name the labelled data that the configuration names."""
    names = {
        "light_curves": "typed ZTF light curves",
        "alerts": "typed ZTF alerts",
        "contaminants": "alerts of catalogued stars and galaxies",
        "elasticc": "ELAsTiCC alerts (simulated)",
        "spcc": "SPCC light curves (simulated)",
        "plasticc": "PLAsTiCC light curves (simulated)",
        "archive": "the stream's archive",
    }
    return ", ".join(text for key, text in names.items() if getattr(settings.real, key))


def _recipe_name(settings: RetrainSettings) -> str:
    """Return the shipped recipe of a model of this name."""
    return {
        "t2-ztf": "retrain.toml",
        "t2-lsst": "retrain-lsst.toml",
        "atx-ztf": "retrain-atx.toml",
    }.get(settings.name, "retrain.toml")


def _recipe(run: Run, metadata: dict[str, Any]) -> str:
    data, trained, made = run.facts("data"), run.facts("train"), run.facts("compress")
    examples = data["examples"]
    lines = [
        f"- {examples['train']:,} simulated training examples, {examples['validation']:,} for "
        f"validation, {examples['test']:,} for test, split by object; seed {run.settings.seed}.",
    ]
    if "prepared" in examples:
        scores = metadata["prepared_test"]
        lines.append(
            f"- {examples['prepared']:,} examples of PLAsTiCC beside them; on "
            f"{scores['examples']:,} of other objects the flat log-loss is "
            f"{scores['log_loss']:.3f}, the accuracy {scores['accuracy']:.3f}."
        )
    if examples["real_examples"]:
        lines.append(
            f"- Fine-tuned on {_sources(run.settings)}: {examples['real_examples']:,} light "
            f"curves and alerts, {examples['held_out_objects']} objects held out, varied to "
            f"{trained['fine_tuning_examples']:,} examples."
        )
    elif "prepared" not in examples:
        lines.append("- Simulated light curves alone.")
    for path in data["missing"]:
        lines.append(f"- {Path(path).name} was named in the configuration and was not there.")
    lines += [
        f"- Calibrated on {made['calibrated_on']}: temperature {made['temperature']:.2f}"
        f"{_factors(made['class_factors'])}.",
        "- Flat log-loss on the simulated validation examples: "
        f"{trained['validation_loss_pretrained']:.3f} before real data were seen, "
        f"{made['validation_loss_calibrated']:.4f} fine-tuned and calibrated, "
        f"{made['validation_loss_compressed']:.4f} compressed.",
        "",
        f"Made again by `bin/retrain.sh --config conf/{_recipe_name(run.settings)}`. "
        "All settings stand in `metrics.json` under `training`.",
    ]
    return "\n".join(lines)


def _factors(factors: dict[str, float]) -> str:
    """Name the factors on classes' probabilities that do something."""
    named = [f"{name} {value:.2f}" for name, value in factors.items() if abs(value - 1) >= 0.005]
    return f", probabilities times {', '.join(named)} and normalised" if named else ""


def candidate_folder(run: Run) -> Path:
    """Return the folder of the run's candidate.

    Raises
    ------
    FinkT2Error
        If the run has none yet.
    """
    if not run.path("compress.json").exists():
        raise FinkT2Error(f"{run.folder}: no candidate yet; run the step 'compress' first")
    return run.store.folder / run.settings.name / run.facts("compress")["version"]


def _flat(examples: Examples, power: float) -> Examples:
    return Examples(
        examples.grid,
        examples.features,
        examples.allowed,
        class_weights(examples.allowed, power) * examples.weight,
    )


def _validation_loss(run: Run, model: keras.Model) -> float:
    validation = load_examples(run.path("validation.npz"))
    columns = run.settings.feature_columns()
    return flat_log_loss(predict(model, validation, columns), validation.allowed)


def _take_weights(run: Run, model: keras.Model) -> bool:
    """Begin with the serving model's weights if its network has the same shape."""
    name = run.settings.name
    if name not in run.store.names():
        return False
    path = run.store.folder / name / run.store.current_version(name) / KERAS_FILE
    if not path.is_file():
        return False
    weights = load_network(path).get_weights()
    mine = model.get_weights()
    if [w.shape for w in weights] != [w.shape for w in mine]:
        return False
    model.set_weights(weights)
    return True


def _held_out_predictions(run: Run) -> HeldOutPredictions:
    with np.load(run.path(PREDICTIONS_FILE)) as arrays:
        return HeldOutPredictions(**arrays)


def _calibration(run: Run, model: keras.Model) -> tuple[Calibration, str]:
    """Fit the calibration on the best that was not learnt from; say on what."""
    export = run.settings.export
    if run.path(PREDICTIONS_FILE).exists():
        return _held_out_predictions(run).calibration(export), "cross-validated real examples"
    real = run.path("real_validation.npz")
    judge = load_examples(real if real.exists() else run.path("validation.npz"))
    found = predict(model, judge, run.settings.feature_columns())
    if real.exists():
        weights = class_weights(judge.allowed, export.class_power)
        calibration = fit_calibration(found, judge.allowed, weights, export.class_shifts)
        return calibration, "held-out real examples"
    # The simulated class mix is nobody's: only the temperature is fitted.
    calibration = fit_calibration(found, judge.allowed, shifts=False)
    return calibration, "simulated validation examples"


def _next_version(store: ModelStore, name: str) -> str:
    """Return the version after the newest: the middle number counts retrainings."""
    known = store.versions(name) if (store.folder / name).is_dir() else []
    parts = [version.split(".") for version in known]
    numbers = [int(part[1]) for part in parts if len(part) == 3 and part[1].isdigit()]
    return f"0.{max(numbers, default=0) + 1}.0"
