"""The criteria of acceptance: targets for a model on labelled light curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fink_t2.training.evaluation.markdown import markdown_table


@dataclass(frozen=True)
class Criterion:
    """One line of the acceptance table.

    Attributes
    ----------
    key : str
        Name of the score in the results of `fink_t2.training.evaluation.acceptance`.
    text : str
        Description of the score.
    target : float
        Value that a model must reach.
    aim : float or None
        Value that a model should reach, if there is one.
    at_most : bool
        Whether target and aim are upper limits instead of lower ones.
    step : float
        Noticeable difference of the score, the unit of `margin`.
    """

    key: str
    text: str
    target: float
    aim: float | None = None
    at_most: bool = False
    step: float = 0.05

    def holds(self, value: float | None) -> bool | None:
        """Tell whether a score meets the target; None if the score is None or NaN."""
        margin = self.margin(value)
        return None if margin is None else margin >= 0

    def margin(self, value: float | None) -> float | None:
        """Return by how many steps a score is better than the target; None if there is none."""
        if value is None or value != value:
            return None
        return (self.target - value if self.at_most else value - self.target) / self.step


CRITERIA = (
    Criterion("light_curves_macro_recall", "light curves: macro recall", 0.63, 0.75, step=0.12),
    Criterion("light_curves_accuracy", "light curves: accuracy", 0.88, 0.92, step=0.04),
    Criterion("light_curves_snia_purity", "light curves: SNIa purity", 0.93, 0.96, step=0.03),
    Criterion("alerts_macro_recall", "alerts: macro recall", 0.45, 0.60, step=0.15),
    Criterion("alerts_accuracy", "alerts: accuracy", 0.78, step=0.04),
    Criterion(
        "contaminants_called_supernova",
        "contaminants classified as a supernova",
        0.15,
        0.05,
        at_most=True,
    ),
    Criterion(
        "supernovae_called_supernova",
        "supernova alerts classified as a supernova",
        0.95,
        step=0.03,
    ),
    Criterion("agn_recall", "AGN alerts: recall", 0.50, step=0.3),
    Criterion("flat_transient", "flat curves: largest transient p", 0.5, at_most=True),
    Criterion("noise_transient", "noise-only curves: largest transient p", 0.5, at_most=True),
    Criterion("outlier_transient", "single-outlier curves: largest transient p", 0.5, at_most=True),
    Criterion("elasticc_balanced_accuracy", "ELAsTiCC: balanced accuracy SNIa/SNII", 0.75, 0.88),
)


def acceptance_table(columns: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the acceptance table in Markdown.

    Parameters
    ----------
    columns : mapping of str to mapping
        Scores by the title of their column. Criteria for which no column has a score, such as
        those of another survey, are left out.
    """
    header = ["on real data", "target", "aim", *columns]
    rows = []
    for criterion in CRITERIA:
        values = [scores.get(criterion.key) for scores in columns.values()]
        if all(value is None for value in values):
            continue
        sign = "<=" if criterion.at_most else ">="
        cells = [
            criterion.text,
            f"{sign} {criterion.target:.2f}",
            None if criterion.aim is None else f"{criterion.aim:.2f}",
        ]
        for value in values:
            missed = " (missed)" if criterion.holds(value) is False else ""
            cells.append("" if value is None else f"{value:.3f}{missed}")
        rows.append(cells)
    return markdown_table(header, rows)
