"""Evaluate a model on labelled light curves.

Prints tables, and with --out writes figures. Without --data or --acceptance, a test set of the
model's survey is simulated. All light curves pass through the cuts and the preprocessing of the
stream. The light curves that a model was fine-tuned on do not test it: --held-out restricts the
evaluation to the objects listed in a file, and without it the report points this out.

Examples:
  fink-t2 evaluate --model t2-ztf --objects 7000 --seed 3 --out report
  fink-t2 evaluate --data ../shared/data/labelled/ztf_lightcurves.parquet --out report
  fink-t2 evaluate --data ../shared/data/labelled/elasticc_alerts.parquet --model t2-lsst
  fink-t2 evaluate --acceptance --shared ../shared
  fink-t2 evaluate --acceptance --shared ../shared --held-out test_objects.txt --model t2-ztf/2
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fink_t2.commands._arguments import SHARED, survey_name
from fink_t2.errors import FinkT2Error, ModelError
from fink_t2.extras import require

if TYPE_CHECKING:
    from fink_t2.classifier import Classifier

GROUP = "classify"

IN_SAMPLE = (
    "Shipped models may have been fine-tuned on part of these objects: see the model's card, "
    "and the columns 'held out' where it has them."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 evaluate``."""
    parser.add_argument(
        "--model",
        help="name, name/version, folder or .tflite file (default: the survey's model in service)",
    )
    parser.add_argument(
        "--survey",
        type=survey_name,
        metavar="NAME",
        help="survey of the light curves (default: as the data or the model say)",
    )
    parser.add_argument(
        "--data", type=Path, metavar="TABLE", help="labelled light curves, in Parquet or CSV"
    )
    parser.add_argument(
        "--flux-unit", choices=("fluxcal", "nJy"), help="unit of columns named flux"
    )
    parser.add_argument(
        "--held-out",
        type=Path,
        metavar="FILE",
        help="names of the objects to evaluate on, one per line",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write JSON, Markdown and figures to it"
    )
    simulated = parser.add_argument_group("simulated test set")
    simulated.add_argument(
        "--objects",
        type=int,
        default=2800,
        help="number of simulated objects (default: %(default)s)",
    )
    simulated.add_argument(
        "--seed", type=int, default=1000, help="seed of the simulation (default: %(default)s)"
    )
    simulated.add_argument(
        "--per-object",
        type=int,
        default=1,
        help="alerts drawn from each object (default: %(default)s)",
    )
    simulated.add_argument(
        "--whole", action="store_true", help="evaluate on whole light curves instead of alerts"
    )
    acceptance = parser.add_argument_group("acceptance table on real data")
    acceptance.add_argument(
        "--acceptance", action="store_true", help="print the table instead of an evaluation"
    )
    acceptance.add_argument(
        "--shared",
        type=Path,
        default=SHARED,
        metavar="FOLDER",
        help="folder of reference data (default: %(default)s)",
    )
    acceptance.add_argument(
        "--lsst-model",
        default="t2-lsst",
        help="model for the ELAsTiCC alerts (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate, print and write the report, or print the acceptance table."""
    if args.acceptance:
        return _acceptance(args)
    if args.out is not None:
        require("matplotlib")
    from fink_t2.classifier import find_model, load_classifier
    from fink_t2.training.evaluation.evaluate import evaluate
    from fink_t2.training.evaluation.report import report, write_report

    survey = _survey(args)
    classifier = load_classifier(find_model(args.model, survey))
    labelled, description = _data(args, survey)
    evaluation = evaluate(classifier, labelled.light_curves, labelled.labels(), description)
    print(report(evaluation))
    if args.data is not None and args.held_out is None:
        print(IN_SAMPLE)
    if args.out is not None:
        for path in write_report(evaluation, args.out):
            print(path)
    return 0


def _survey(args: argparse.Namespace) -> str:
    """Return the survey that was asked for, or that of the data, or that of the model."""
    from fink_t2.classifier import find_model
    from fink_t2.surveys import survey_names
    from fink_t2.training.data_sets.labelled_tables import survey_of

    if args.survey is not None:
        return str(args.survey)
    if args.data is not None:
        return survey_of(args.data)
    for survey in survey_names():
        try:
            find_model(args.model, survey)
        except ModelError as error:
            if "is a model for" not in str(error):
                raise
        else:
            return survey
    raise FinkT2Error("the survey of the model is not known: name it with --survey")


def _data(args: argparse.Namespace, survey: str) -> tuple[Any, str]:
    """Return the labelled light curves to evaluate on, and a description of them."""
    import numpy as np

    from fink_t2.simulation import simulate_objects
    from fink_t2.training.data_sets.labelled_tables import labelled_table
    from fink_t2.training.data_sets.simulated import simulated_alerts, simulated_light_curves

    if args.data is None:
        objects = simulate_objects(args.objects, survey, args.seed, progress=True)
        if args.whole:
            labelled = simulated_light_curves(objects)
        else:
            labelled = simulated_alerts(objects, args.per_object, args.seed)
        description = (
            f"{'whole light curves' if args.whole else 'alerts'} of {args.objects} simulated "
            f"objects ({survey}, seed {args.seed})"
        )
    else:
        labelled = labelled_table(args.data, survey, args.flux_unit)
        description = str(args.data)
    if args.held_out is not None:
        held_out = _object_names(args.held_out)
        labelled = labelled.select(np.isin(labelled.object_id, sorted(held_out)))
        description += f", restricted to {args.held_out}"
    if not (labelled.labels() >= 0).any():
        raise FinkT2Error(f"{description}: no light curve of a known class")
    return labelled, description


def _acceptance(args: argparse.Namespace) -> int:
    from fink_t2.classifier import find_model, load_classifier
    from fink_t2.training.evaluation.acceptance import (
        PUBLISHED,
        measure_elasticc,
        measure_ztf,
    )
    from fink_t2.training.evaluation.criteria import acceptance_table
    from fink_t2.training.evaluation.eventless_evaluation import (
        eventless_shares,
        eventless_shares_text,
    )
    from fink_t2.training.evaluation.published_deployment import PublishedDeployment

    if not (args.shared / "data").is_dir():
        raise FinkT2Error(f"--shared {args.shared}: there is no folder data/ in it")
    held_out = None if args.held_out is None else _object_names(args.held_out)
    columns: dict[str, dict[str, Any]] = {}
    reference = find_model(args.model, "ztf")
    sample = "in sample" if held_out is None else "held out"
    classifier = load_classifier(reference)
    numbers = measure_ztf(classifier, args.shared, held_out)
    lsst = _optional_classifier(args.lsst_model)
    if lsst is not None:
        numbers |= measure_elasticc(lsst, args.shared, held_out)
    columns[f"{reference.label}, {sample}"] = numbers
    cross_validated = _held_out_numbers(reference.tflite_path)
    if lsst is not None:
        cross_validated |= _held_out_numbers(lsst.reference.tflite_path)
    if cross_validated:
        columns["the same, cross-validated"] = cross_validated
    published = args.shared / PUBLISHED
    if published.is_file():
        forward = load_classifier(find_model(str(published), "ztf"))
        columns["published, our input"] = measure_ztf(forward, args.shared, held_out)
        deployed = PublishedDeployment(published)
        columns["published, as deployed"] = measure_ztf(deployed, args.shared, held_out)
    print(acceptance_table(columns))
    print()
    for note in _notes(numbers, held_out is None, bool(cross_validated)):
        print(f"- {note}")
    print(f"- {eventless_shares_text(eventless_shares(classifier))}")
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(columns, indent=1).replace("NaN", "null")
        (args.out / "acceptance.json").write_text(text + "\n")
        (args.out / "acceptance.md").write_text(acceptance_table(columns) + "\n")
    return 0


def _notes(numbers: dict[str, Any], in_sample: bool, cross_validated: bool) -> list[str]:
    notes = [
        f"{numbers['light_curves_objects']} light curves (SNIa, SNII, SNIbc, SLSN-I; at least 5 "
        f"points in g and 5 in r), {numbers['alerts_objects']} alerts (SNIa, SNII, SNIbc), "
        f"{numbers['supernovae_alerts']} supernova alerts, {numbers['contaminants_alerts']} "
        f"contaminants, {numbers['agn_alerts']} AGN alerts; those that fail the light-curve cuts "
        "are left out.",
        "The predicted class has the largest of all 14 probabilities, never of a subset.",
        f"Without catalogue entries that may be transients themselves, "
        f"{numbers['contaminants_without_possible_transients_called_supernova']:.3f} of "
        f"{numbers['contaminants_without_possible_transients_alerts']} contaminants are called "
        "a supernova class.",
    ]
    if "elasticc_alerts" in numbers:
        notes.append(
            f"ELAsTiCC: {numbers['elasticc_alerts']} alerts; balanced accuracy of the larger of "
            f"p(SNIa), p(SNII) alone {numbers['elasticc_balanced_accuracy_of_two']:.3f}, without "
            f"photometric redshifts {numbers['elasticc_balanced_accuracy_without_redshift']:.3f}."
        )
    if in_sample:
        notes.append("In sample: " + IN_SAMPLE)
    if cross_validated:
        notes.append(
            "Cross-validated: measured when the model was trained, by models that had not seen "
            "the objects they were measured on (metrics.json, 'held_out')."
        )
    return notes


def _optional_classifier(model: str) -> Classifier | None:
    from fink_t2.classifier import find_model, load_classifier

    try:
        return load_classifier(find_model(model, "lsst"))
    except ModelError as error:
        print(f"ELAsTiCC is left out: {error}")
        return None


def _held_out_numbers(tflite_path: str) -> dict[str, Any]:
    """Return the cross-validated results that the model's metadata have, if any."""
    path = Path(tflite_path).parent / "metrics.json"
    if not path.is_file():
        return {}
    numbers = json.loads(path.read_text()).get("held_out")
    return numbers if isinstance(numbers, dict) else {}


def _object_names(path: Path) -> set[str]:
    try:
        return {line.strip() for line in path.read_text().splitlines() if line.strip()}
    except OSError as error:
        raise FinkT2Error(f"--held-out {path}: can't be read ({error.strerror})") from None
