"""Figure that compares real and simulated light curves; needs matplotlib (extra ``train``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fink_t2.simulation.light_curve_statistics import PHASES, Sample

_CLASSES = ("SNIa", "SNII", "SNIbc", "SLSN-I")
_REAL, _SIMULATED = "black", "tab:orange"


def _against_phase(axes: Any, real: Sample, simulated: Sample, label: str, prefix: str) -> None:
    """Draw the quartiles of the simulation as a band, and those of the real data as bars."""
    phases = np.array(PHASES, dtype=np.float64)
    names = [f"{prefix}{phase:+d}" for phase in PHASES]
    low, middle, high = (
        simulated.curves[label][names].quantile(share).to_numpy() for share in (0.25, 0.5, 0.75)
    )
    axes.fill_between(phases, low, high, color=_SIMULATED, alpha=0.35, lw=0)
    axes.plot(phases, middle, color=_SIMULATED, label="simulated")
    of_real = real.curves[label][names]
    enough = (of_real.notna().sum() >= 5).to_numpy()
    low, middle, high = (of_real.quantile(share).to_numpy() for share in (0.25, 0.5, 0.75))
    bars = np.clip([middle - low, high - middle], 0, None)[:, enough]
    axes.errorbar(
        phases[enough], middle[enough], bars, fmt="o", ms=3, color=_REAL, lw=1, label="real"
    )
    axes.set_xlabel("days since maximum in r")


def _histogram(axes: Any, real: Any, simulated: Any, bins: Any, title: str) -> None:
    for values, colour, style in ((simulated, _SIMULATED, "stepfilled"), (real, _REAL, "step")):
        axes.hist(
            values.dropna(),
            bins,
            density=True,
            color=colour,
            histtype=style,
            alpha=0.45 if style == "stepfilled" else 1.0,
        )
    axes.set_title(title, fontsize=9)
    axes.set_yticks([])


def _noise(axes: Any, real: Sample, simulated: Sample) -> None:
    edges = np.arange(15.0, 21.3, 0.5)
    for sample, colour in ((simulated, _SIMULATED), (real, _REAL)):
        group = np.digitize(sample.points["magnitude"], edges)
        quantiles = (
            sample.points.groupby(group)["error"].quantile(np.array([0.16, 0.5, 0.84])).unstack()
        )
        inside = [number for number in quantiles.index if 0 < number < len(edges)]
        centre = edges[np.array(inside) - 1] + 0.25
        chosen = quantiles.loc[inside]
        axes.plot(centre, chosen[0.5], color=colour)
        axes.fill_between(centre, chosen[0.16], chosen[0.84], color=colour, alpha=0.25, lw=0)
    axes.set_yscale("log")
    axes.set_xlabel("magnitude")
    axes.set_title("quoted error (mag)", fontsize=9)


def draw_comparison(real: Sample, simulated: Sample, path: Path) -> None:
    """Draw colours, declines, sampling, noise and alerts of two samples.

    Parameters
    ----------
    real, simulated : Sample
        The samples to compare, drawn in black and in orange.
    path : Path
        Image file that is written.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(4, 4, figsize=(13, 12), layout="constrained")
    for column, label in enumerate(_CLASSES):
        _against_phase(grid[0, column], real, simulated, label, "g-r")
        grid[0, column].set_title(f"{label}: g - r", fontsize=9)
        grid[0, column].set_ylim(-0.6, 1.6)
        _against_phase(grid[1, column], real, simulated, label, "r")
        grid[1, column].set_title(f"{label}: r, magnitudes below maximum", fontsize=9)
        grid[1, column].set_ylim(3.0, -0.2)
    grid[0, 0].legend(fontsize=8)

    ia, simulated_ia = real.curves["SNIa"], simulated.curves["SNIa"]
    for axes, quantity, bins in (
        (grid[2, 0], "peak r", np.arange(15, 19.6, 0.25)),
        (grid[2, 1], "points in r", np.arange(0, 60, 3)),
        (grid[2, 2], "nights between points", np.arange(0.5, 9, 1)),
    ):
        _histogram(axes, ia[quantity], simulated_ia[quantity], bins, f"SNIa: {quantity}")
    _noise(grid[2, 3], real, simulated)

    for axes, label, quantity, bins in (
        (grid[3, 0], "SNIa", "detections", np.arange(1.5, 25, 1)),
        (grid[3, 1], "SNIa", "mag/day in r", np.arange(-0.6, 0.3, 0.05)),
        (grid[3, 2], "AGN", "g-r", np.arange(-1, 2.2, 0.2)),
        (grid[3, 3], "variable", "share negative", np.arange(0, 1.15, 0.1)),
    ):
        _histogram(
            axes,
            real.alerts[label][quantity],
            simulated.alerts[label][quantity],
            bins,
            f"{label} alerts: {quantity}",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)
    plt.close(figure)
