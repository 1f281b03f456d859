"""Figures of an evaluation, drawn without a display."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fink_t2.science.classes import CLASSES
from fink_t2.training.evaluation.confusion import Confusion
from fink_t2.training.evaluation.early import Growth
from fink_t2.training.evaluation.evaluate import Evaluation

#: Colour of each class in all figures.
CLASS_COLOURS = [mpl.colormaps["tab20"](k) for k in (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 1, 3, 5, 9)]
RESOLUTION = 110
GREY = "0.45"


def draw_all(evaluation: Evaluation, folder: str | os.PathLike[str]) -> list[Path]:
    """Draw all figures.

    Parameters
    ----------
    evaluation : Evaluation
        The evaluation.
    folder : path
        Folder for ``confusion.png``, ``roc.png``, ``pr.png``, ``reliability.png`` and
        ``early.png``.

    Returns
    -------
    list of path
        The files.
    """
    folder = Path(folder)
    drawings = {
        "confusion.png": draw_confusion(evaluation.confusion, evaluation.model),
        "roc.png": draw_roc(evaluation),
        "pr.png": draw_precision_recall(evaluation),
        "reliability.png": draw_reliability(evaluation),
        "early.png": draw_early(evaluation),
    }
    paths = []
    for name, figure in drawings.items():
        paths.append(folder / name)
        FigureCanvasAgg(figure).print_png(os.fspath(paths[-1]))
    return paths


def draw_confusion(matrix: Confusion, title: str) -> Figure:
    """Draw the row-normalised confusion matrix of the classes that occur or are predicted."""
    used = np.flatnonzero(matrix.counts.sum(axis=0) + matrix.counts.sum(axis=1))
    rows = [i for i in used if matrix.counts[i].sum()]
    shares = matrix.row_normalised()[np.ix_(rows, used)]
    figure = Figure(
        figsize=(2.6 + 0.62 * len(used), 1.9 + 0.5 * len(rows)),
        dpi=RESOLUTION,
        layout="constrained",
    )
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(used)), [matrix.classes[i] for i in used], rotation=45, ha="right")
    axes.set_yticks(
        range(len(rows)), [f"{matrix.classes[i]} ({matrix.counts[i].sum()})" for i in rows]
    )
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.005:
            axes.text(
                column,
                row,
                f"{share:.2f}",
                ha="center",
                va="center",
                fontsize=8,
                color="white" if share > 0.55 else "black",
            )
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class (examples)")
    axes.set_title(f"{title}: fraction of each true class", fontsize=10)
    figure.colorbar(image, ax=axes, fraction=0.03, pad=0.02)
    return figure


def draw_roc(evaluation: Evaluation) -> Figure:
    """Draw the ROC curve of every class, and their micro-average."""
    curves = evaluation.curves
    figure, axes = _square()
    axes.plot([0, 1], [0, 1], ":", color=GREY, linewidth=1)
    for index, (false_positive, true_positive) in curves.roc.items():
        axes.plot(
            false_positive,
            true_positive,
            color=CLASS_COLOURS[index],
            linewidth=1.3,
            label=f"{CLASSES[index]} {curves.roc_auc[index]:.3f}",
        )
    axes.plot(*curves.micro_roc, "k--", linewidth=1.8, label=f"micro {curves.micro_roc_auc:.3f}")
    axes.plot([], [], " ", label=f"macro {curves.macro_roc_auc:.3f}")
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("true positive rate")
    _finish(axes, f"{evaluation.model}: ROC, one class against the rest", "area")
    return figure


def draw_precision_recall(evaluation: Evaluation) -> Figure:
    """Draw the precision-recall curve of every class, and their micro-average."""
    curves = evaluation.curves
    figure, axes = _square()
    for index, (recall, precision) in curves.precision_recall.items():
        axes.step(
            recall,
            precision,
            where="post",
            color=CLASS_COLOURS[index],
            linewidth=1.3,
            label=f"{CLASSES[index]} {curves.pr_auc[index]:.3f}",
        )
    axes.step(
        *curves.micro_precision_recall,
        "k--",
        where="post",
        linewidth=1.8,
        label=f"micro {curves.micro_pr_auc:.3f}",
    )
    axes.plot([], [], " ", label=f"macro {curves.macro_pr_auc:.3f}")
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    _finish(axes, f"{evaluation.model}: precision and recall", "average precision")
    return figure


def draw_reliability(evaluation: Evaluation) -> Figure:
    """Draw the reliability diagram, with a histogram of the largest probability."""
    diagram = evaluation.reliability
    figure = Figure(figsize=(5.2, 5.6), dpi=RESOLUTION, layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    filled = diagram.count > 0
    share = diagram.accuracy[filled]
    # Binomial standard error of the accuracy in each bin.
    error = np.sqrt(np.maximum(share * (1 - share), 0.0) / diagram.count[filled])
    upper.plot([0, 1], [0, 1], ":", color=GREY, linewidth=1)
    upper.errorbar(
        diagram.confidence[filled], share, error, fmt="o-", color="C0", markersize=4, capsize=2
    )
    upper.set_ylabel("accuracy")
    upper.set_ylim(0, 1)
    upper.set_title(
        f"{evaluation.model}: calibration (ECE {diagram.expected_calibration_error:.3f})",
        fontsize=10,
    )
    middles = (diagram.edges[1:] + diagram.edges[:-1]) / 2
    lower.bar(middles, diagram.count, width=0.95 / len(diagram.count), color="C0", alpha=0.5)
    lower.set_ylabel("examples")
    lower.set_xlabel("largest probability")
    lower.set_xlim(0, 1)
    for axes in (upper, lower):
        axes.grid(alpha=0.25)
    return figure


def draw_early(evaluation: Evaluation) -> Figure:
    """Draw the scores against the number of points and the days since first detection."""
    figure = Figure(figsize=(9.0, 5.6), dpi=RESOLUTION, layout="constrained")
    panels = figure.subplots(2, 2, sharex="col", sharey="row")
    for column, (name, scores) in enumerate(
        (("points", evaluation.by_points), ("days since first detection", evaluation.by_days))
    ):
        _draw_growth(panels[0, column], scores, scores.log_loss, "C3")
        _draw_growth(panels[1, column], scores, scores.accuracy, "C0", "accuracy")
        _draw_growth(panels[1, column], scores, scores.macro_recall, "C2", "macro recall")
        panels[1, column].set_ylim(0, 1)
        panels[1, column].set_xlabel(name)
        labels = [
            f"{low:g}+" if high is None else f"{low:g}–{high:g}"  # noqa: RUF001
            for low, high in zip(scores.edges, [*scores.edges[1:], None], strict=True)
        ]
        panels[1, column].set_xticks(range(len(labels)), labels, rotation=45)
    panels[0, 0].set_ylabel("flat-weighted log-loss")
    panels[1, 0].set_ylabel("accuracy, macro recall")
    panels[1, 1].legend(frameon=False, fontsize=8)
    figure.suptitle(f"{evaluation.model}: early classification", fontsize=10)
    return figure


def _draw_growth(
    axes: Any, scores: Growth, values: list[float], colour: str, label: str | None = None
) -> None:
    filled = [number for number, count in enumerate(scores.count) if count]
    axes.plot(filled, [values[i] for i in filled], "o-", color=colour, markersize=4, label=label)
    axes.grid(alpha=0.25)


def _square() -> tuple[Figure, Any]:
    figure = Figure(figsize=(7.2, 5.4), dpi=RESOLUTION, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    return figure, axes


def _finish(axes: Any, title: str, legend: str) -> None:
    axes.grid(alpha=0.25)
    axes.set_title(title, fontsize=10)
    axes.legend(
        title=legend, fontsize=8, title_fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1),
        frameon=False,
    )  # fmt: skip
