"""The report of an evaluation: Markdown, JSON and figures."""

from __future__ import annotations

import json
from pathlib import Path

from fink_t2.training.evaluation.early import Growth
from fink_t2.training.evaluation.evaluate import Evaluation
from fink_t2.training.evaluation.markdown import markdown_table, show


def report(evaluation: Evaluation) -> str:
    """Return an evaluation as a Markdown document with a title."""
    return f"# {evaluation.model} on {evaluation.data}\n\n{report_body(evaluation)}"


def report_body(evaluation: Evaluation, level: int = 2) -> str:
    """Return an evaluation as Markdown without a title.

    Parameters
    ----------
    evaluation : Evaluation
        The evaluation.
    level : int
        Level of the headings.
    """
    numbers = evaluation.numbers()
    heading = "#" * level
    left_out = [
        f"{count} {reason}"
        for count, reason in (
            (evaluation.not_classified, "not classified"),
            (evaluation.unknown_class, "of none of the 14 classes"),
        )
        if count
    ]
    lines = [
        f"{evaluation.examples} light curves"
        + (f"; left out: {', '.join(left_out)}." if left_out else "."),
        "The predicted class is that of the largest of all 14 probabilities.",
        "",
        markdown_table(
            ["metric", "value"],
            [
                ["flat-weighted log-loss", numbers["log_loss"]],
                ["accuracy", numbers["accuracy"]],
                ["macro recall", numbers["macro_recall"]],
                ["SNIa purity", numbers["snia_purity"]],
                ["core-collapse contamination of SNIa", numbers["core_collapse_contamination"]],
                ["ROC AUC, micro / macro", _pair(numbers["roc_auc"])],
                ["PR AUC, micro / macro", _pair(numbers["pr_auc"])],
                ["expected calibration error", numbers["expected_calibration_error"]],
            ],
        ),
        "",
        f"{heading} Classes",
        "",
        markdown_table(
            ["class", "examples", "recall", "precision", "ROC AUC", "PR AUC"],
            [
                [
                    name,
                    row["examples"],
                    row["recall"],
                    row["precision"],
                    row["roc_auc"],
                    row["pr_auc"],
                ]
                for name, row in numbers["per_class"].items()
            ],
        ),
        "",
        f"{heading} Early classification",
        "",
        _growth_table("points", evaluation.by_points),
        "",
        _growth_table("days since first detection", evaluation.by_days),
        "",
    ]
    return "\n".join(lines)


def write_report(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write ``evaluation.json``, ``evaluation.md`` and the figures.

    Parameters
    ----------
    evaluation : Evaluation
        The evaluation.
    folder : path
        Folder to write; it is created if necessary.

    Returns
    -------
    list of path
        The files.
    """
    # Imported here, because matplotlib is slow to import and only figures need it.
    from fink_t2.training.evaluation.figures import draw_all

    folder.mkdir(parents=True, exist_ok=True)
    numbers, text = folder / "evaluation.json", folder / "evaluation.md"
    numbers.write_text(json.dumps(evaluation.numbers(), indent=1) + "\n")
    text.write_text(report(evaluation))
    return [numbers, text, *draw_all(evaluation, folder)]


def _pair(values: dict[str, float | None]) -> str:
    return f"{show(values['micro'])} / {show(values['macro'])}"


def _growth_table(name: str, growth: Growth) -> str:
    tops: list[float | None] = [*growth.edges[1:], None]
    rows = [
        [
            f">= {low:g}" if high is None else f"{low:g} to < {high:g}",
            count,
            loss,
            accuracy,
            recall,
        ]
        for low, high, count, loss, accuracy, recall in zip(
            growth.edges,
            tops,
            growth.count,
            growth.log_loss,
            growth.accuracy,
            growth.macro_recall,
            strict=True,
        )
        if count
    ]
    return markdown_table([name, "examples", "log-loss", "accuracy", "macro recall"], rows)
