"""From predictions to JSON, Markdown and figures; from the stream's Parquet to scores."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fink_t2.classifier import Classification
from fink_t2.cli import main
from fink_t2.errors import LightCurveError
from fink_t2.science.classes import CLASSES
from fink_t2.science.cuts import CutSettings, Status, apply_cuts
from fink_t2.surveys import LSST, ZTF
from fink_t2.training.data_sets.eventless import EVENTLESS_TYPES, eventless_light_curves
from fink_t2.training.data_sets.labelled_tables import labelled_table, survey_of
from fink_t2.training.evaluation.acceptance import measure_elasticc, measure_ztf
from fink_t2.training.evaluation.criteria import CRITERIA, acceptance_table
from fink_t2.training.evaluation.evaluate import evaluate_predictions
from fink_t2.training.evaluation.eventless_evaluation import (
    eventless_shares,
    eventless_shares_text,
)
from fink_t2.training.evaluation.markdown import markdown_table
from fink_t2.training.evaluation.report import report, write_report
from fink_t2.training.evaluation.stream_validation import validate_stream


def some_evaluation(n=300):
    generator = np.random.default_rng(5)
    labels = generator.integers(-1, 14, n)
    scores = generator.random((n, 14))
    scores[np.arange(n), labels] += 0.8
    probabilities = (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)
    points = generator.integers(2, 60, n)
    days = generator.uniform(0, 120, n)
    classified = generator.random(n) < 0.9
    return (
        labels,
        classified,
        evaluate_predictions(
            labels, probabilities, points, days, classified, model="m/1", data="random numbers"
        ),
    )


def test_only_classified_examples_of_known_classes_are_scored():
    labels, classified, evaluation = some_evaluation()
    assert evaluation.examples == (classified & (labels >= 0)).sum()
    assert evaluation.not_classified == (~classified & (labels >= 0)).sum()
    assert evaluation.unknown_class == (labels < 0).sum()
    assert sum(evaluation.by_points.count) == evaluation.examples
    with pytest.raises(ValueError, match="no light curve of a known class is classified"):
        evaluate_predictions(np.array([-1]), np.ones((1, 14)), np.array([2]), np.array([1.0]))


def test_report_is_valid_json_complete_markdown_and_readable_figures(tmp_path):
    _, _, evaluation = some_evaluation()
    paths = write_report(evaluation, tmp_path / "report")
    assert {path.name for path in paths} == {
        "evaluation.json", "evaluation.md", "confusion.png", "roc.png", "pr.png",
        "reliability.png", "early.png",
    }  # fmt: skip
    numbers = json.loads(
        (tmp_path / "report" / "evaluation.json").read_text(),
        parse_constant=lambda name: pytest.fail(f"{name} is not JSON"),
    )
    assert numbers["log_loss"] == pytest.approx(evaluation.log_loss)
    assert set(numbers["per_class"]) == set(CLASSES)
    assert np.array(numbers["confusion"]["counts"]).sum() == evaluation.examples
    text = report(evaluation)
    assert f"{evaluation.log_loss:.3f}" in text
    assert all(name in text for name in CLASSES)
    for path in paths:
        if path.suffix == ".png":
            assert path.read_bytes().startswith(b"\x89PNG")
            assert path.stat().st_size > 5000


def test_markdown_table_lines_up():
    table = markdown_table(["name", "value"], [["a", 1.23456], ["b", None], ["c", float("nan")]])
    lines = table.splitlines()
    assert lines[2] == "| a    | 1.235 |"
    assert len({len(line) for line in lines}) == 1


def write_stream(path, alerts):
    """Write Parquet as the stream does: candidate nested, probabilities as a map."""
    names = list(CLASSES)

    def as_map(name):
        if name is None:
            return [(other, -1.0) for other in names]
        return [(other, 0.87 if other == name else 0.01) for other in names]

    table = pa.table(
        {
            "objectId": [alert[0] for alert in alerts],
            "candidate": pa.array([{"jd": alert[1], "jdstarthist": 2459000.5} for alert in alerts]),
            "t2": pa.array(
                [as_map(alert[2]) for alert in alerts], pa.map_(pa.string(), pa.float32())
            ),
            "t2_class": [alert[2] or "" for alert in alerts],
            "t2_n_g": [2] * len(alerts),
            "t2_n_r": [3] * len(alerts),
            "t2_model": ["t2-ztf/1"] * len(alerts),
        }
    )
    (path / "year=2020").mkdir(parents=True)
    pq.write_table(table, path / "year=2020" / "part-0.parquet")


def test_validation_takes_the_last_classified_alert_of_each_typed_object(tmp_path):
    write_stream(
        tmp_path / "alerts",
        [
            ("A", 2459010.5, "SNIa"),  # typed SN Ia: right at last, wrong before
            ("A", 2459005.5, "AGN"),
            ("B", 2459010.5, "SNIa"),  # typed SN II: wrong
            ("B", 2459020.5, None),  # later, but not classified
            ("C", 2459010.5, "TDE"),  # no type: not scored
            ("D", 2459010.5, "AGN"),  # typed a nova: none of the 14
        ],
    )
    labels = tmp_path / "labels.csv"
    pd.DataFrame({"objectId": ["A", "B", "D"], "type": ["SN Ia", "SN IIP", "Nova"]}).to_csv(
        labels, index=False
    )
    last = validate_stream(tmp_path / "alerts", labels)
    assert (last.examples, last.not_classified, last.unknown_class) == (2, 0, 1)
    assert last.confusion.accuracy() == 0.5
    assert last.confusion.purity() == 0.5
    assert last.by_points.count[3] == 2
    assert last.by_days.count[4] == 2
    assert last.model == "t2-ztf/1"
    every = validate_stream(tmp_path / "alerts", labels, every_alert=True)
    assert (every.examples, every.not_classified) == (3, 1)
    assert main(["validate", "--alerts", str(tmp_path / "alerts"), "--labels", str(labels)]) == 0


def test_validation_says_what_is_missing(tmp_path):
    write_stream(tmp_path / "alerts", [("A", 2459010.5, "SNIa")])
    labels = tmp_path / "labels.csv"
    labels.write_text("objectId,type\nZ,SN Ia\n")
    with pytest.raises(LightCurveError, match="none of the 1 objects"):
        validate_stream(tmp_path / "alerts", labels)
    labels.write_text("objectId,colour\nA,blue\n")
    with pytest.raises(LightCurveError, match="needs columns objectId and type"):
        validate_stream(tmp_path / "alerts", labels)
    pq.write_table(pa.table({"objectId": ["A"], "jd": [1.0]}), tmp_path / "bare.parquet")
    with pytest.raises(LightCurveError, match="no column 't2'"):
        validate_stream(tmp_path / "bare.parquet", labels)


def test_labels_in_every_spelling(tmp_path):
    points = {"mjd": [1.0, 2.0] * 2, "band": ["g", "r"] * 2, "mag": 18.0, "magerr": 0.1}
    for column, labels in (
        ("type", ["SN II", "SN II", "Nova", "Nova"]),
        ("t2class", ["SNII", "SNII", "other", "other"]),
        ("target", [42, 42, 999, 999]),
    ):
        path = tmp_path / f"{column}.csv"
        pd.DataFrame({"objectId": ["a", "a", "b", "b"], **points, column: labels}).to_csv(
            path, index=False
        )
        labelled = labelled_table(path)
        assert labelled.labels().tolist() == [CLASSES.index("SNII"), -1]
        assert survey_of(path) == "ztf"
    path = tmp_path / "none.csv"
    pd.DataFrame({"objectId": list("aabb"), **points}).to_csv(path, index=False)
    with pytest.raises(LightCurveError, match="no column of labels"):
        labelled_table(path)


@pytest.mark.parametrize("curve_type", EVENTLESS_TYPES)
def test_eventless_light_curves_pass_the_cuts_and_have_no_event(curve_type):
    for passbands in (ZTF.passbands, LSST.passbands):
        curves = eventless_light_curves(curve_type, 50, passbands)
        assert (apply_cuts(curves, CutSettings()) == Status.OK).all()
        assert (curves.points_per_passband() > 0).all()
        for n in range(50):
            part = slice(curves.starts[n], curves.starts[n + 1])
            flux, error = curves.flux[part], curves.flux_error[part]
            middle = np.median(flux) if curve_type != "noise" else 0.0
            far = (np.abs(flux - middle) > 6 * error).sum()
            assert far == (curve_type == "outlier")


class Oracle:
    """Calls everything one class."""

    def __init__(self, name, confidence=0.9):
        self.row = np.full(14, (1 - confidence) / 13, np.float32)
        self.row[CLASSES.index(name)] = confidence

    def classify(self, light_curves):
        status = apply_cuts(light_curves, CutSettings())
        rows = np.where((status == Status.OK)[:, None], self.row, np.float32(-1))
        return Classification(rows, status, light_curves.points_per_passband())


def test_acceptance_numbers_of_one_who_calls_everything_snia(shared):
    numbers = measure_ztf(Oracle("SNIa"), shared)
    assert numbers["light_curves_objects"] == 568
    assert numbers["alerts_objects"] == 356
    assert numbers["light_curves_macro_recall"] == pytest.approx(1 / 4)
    assert numbers["light_curves_accuracy"] == numbers["light_curves_snia_purity"]
    assert numbers["alerts_macro_recall"] == pytest.approx(1 / 3)
    assert numbers["contaminants_called_supernova"] == 1.0
    assert numbers["supernovae_called_supernova"] == 1.0
    assert numbers["agn_recall"] == 0.0
    assert numbers["flat_transient"] == pytest.approx(0.9)
    numbers |= measure_elasticc(Oracle("SNIa"), shared)
    assert numbers["elasticc_balanced_accuracy"] == pytest.approx(0.5)
    table = acceptance_table({"model": numbers})
    assert len(table.splitlines()) == 2 + len(CRITERIA)
    assert "1.000 (missed)" in table


def test_shares_of_plain_curves_that_are_called_transients():
    """One that is sure of a supernova where the flux falls, and of a variable elsewhere."""

    class Falling:
        def classify(self, curves):
            falls = curves.flux[curves.starts[:-1]] > curves.flux[curves.starts[1:] - 1]
            called = np.where(falls, CLASSES.index("SNII"), CLASSES.index("EB"))
            status = np.zeros(len(curves), dtype=np.int8)
            points = curves.points_per_passband()
            return Classification(np.eye(14, dtype=np.float32)[called], status, points)

    shares = eventless_shares(Falling())
    assert set(shares) == {"flat", "noise", "outlier"}
    assert all(0.45 < share < 0.55 for share in shares.values())
    assert "5,000 light curves without an event of each type" in eventless_shares_text(shares)
    assert "% of the noise" in eventless_shares_text(shares)


class NeedsRedshift(Oracle):
    """Right with a photometric redshift, lost without."""

    def classify(self, light_curves):
        classification = super().classify(light_curves)
        lost = np.isnan(light_curves.photoz)
        classification.probabilities[lost] = np.roll(classification.probabilities[lost], 1, axis=1)
        return classification


def test_redshifts_are_taken_away_for_a_second_score(shared):
    numbers = measure_elasticc(NeedsRedshift("SNIa"), shared)
    assert numbers["elasticc_balanced_accuracy"] == pytest.approx(0.5)
    assert numbers["elasticc_balanced_accuracy_without_redshift"] == 0.0
    assert "alerts: macro recall" not in acceptance_table({"model": numbers})


def test_acceptance_can_be_restricted_to_held_out_objects(shared):
    everything = measure_ztf(Oracle("AGN"), shared)
    names = pd.read_parquet(shared / "data/labelled/ztf_lightcurves.parquet")["objectId"].unique()
    some = measure_ztf(Oracle("AGN"), shared, held_out=set(names[:200]))
    assert 0 < some["light_curves_objects"] < everything["light_curves_objects"]
    assert everything["agn_recall"] == 1.0
    assert everything["contaminants_called_supernova"] == 0.0


def test_evaluate_command_on_a_real_table(shared, tmp_path, capsys):
    table = shared / "data" / "labelled" / "ztf_alert_histories.parquet"
    model = shared / "reference" / "t2_published_gr.tflite"
    code = main(["evaluate", "--data", str(table), "--model", str(model), "--out", str(tmp_path)])
    assert code == 0
    assert "fine-tuned on part of these objects" in capsys.readouterr().out
    assert json.loads((tmp_path / "evaluation.json").read_text())["examples"] == 366
