"""The compiled Gaussian process against george, and shortened light curves against exact ones."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from fink_t2.benchmark.george_fit import reference_interpolate
from fink_t2.benchmark.reference_light_curves import shared_light_curves
from fink_t2.errors import FinkT2Error
from fink_t2.science.gaussian_process.binning import MOST_FITTED
from fink_t2.science.gaussian_process.interpolation import (
    Interpolation,
    interpolate,
    interpolate_shortened,
    warm_up,
)
from fink_t2.science.light_curves import LightCurves

FloatArray = npt.NDArray[np.float64]

#: Two interpolations agree if they differ nowhere on the grid by more than this, in units of the
#: light curve's largest absolute flux.
TOLERANCE: Final = 1e-3

#: Light curves that are timed with one code and then with the other: the machine's speed varies.
BLOCK: Final = 64

#: Time scale (days) below which the fit has ended at its lower bound: such light curves vary
#: faster than the model allows and have no meaningful exact interpolation.
FAST: Final = 1.2


def run_interpolation(shared: Path, most_curves: int = 400, seed: int = 0) -> dict[str, Any]:
    """Compare the interpolation of real light curves with george and with the exact process.

    Parameters
    ----------
    shared : Path
        The folder of reference data.
    most_curves : int
        Largest number of light curves of each source.
    seed : int
        Seed of the choice of light curves.

    Returns
    -------
    dict
        ``"agreement"`` and ``"shortening"``: one dict of figures per source, the last for all
        sources together; ``"left_out"``: number of light curves that vary too fast for the
        second comparison.

    Raises
    ------
    FinkT2Error
        If there are no reference data.
    """
    if not (shared / "data").is_dir():
        raise FinkT2Error(f"--shared {shared}: there is no folder data/ in it")
    warm_up()
    generator = np.random.default_rng(seed)
    sources = {}
    for name, light_curves in shared_light_curves(shared).items():
        chosen = usable(light_curves)
        if len(chosen) > most_curves:
            chosen = np.sort(generator.choice(chosen, most_curves, replace=False))
        sources[name] = light_curves.select(chosen)
    return {"agreement": _agreement(sources), **_shortening(sources)}


@dataclass(frozen=True)
class Agreement:
    """How the compiled fit compares with george's, light curve by light curve.

    Attributes
    ----------
    difference : ndarray of float64, shape (N,)
        Largest difference on the grid, in units of the light curve's largest \\|flux\\|.
    gain : ndarray of float64, shape (N,)
        Log-likelihood minus that of george's fit; -inf for light curves that were shortened,
        whose likelihood is not that of the same data.
    reference_seconds : ndarray of float64, shape (N,)
        Duration of george's fit and prediction.
    seconds : ndarray of float64, shape (N,)
        Duration of the compiled fit and prediction: that of the block, shared equally.
    """

    difference: FloatArray
    gain: FloatArray
    reference_seconds: FloatArray
    seconds: FloatArray

    def agrees(self) -> npt.NDArray[np.bool_]:
        """Tell which light curves agree within `TOLERANCE`."""
        return self.difference < TOLERANCE

    def agrees_or_beats(self) -> npt.NDArray[np.bool_]:
        """Tell which light curves agree, or are fitted with the higher likelihood."""
        return self.agrees() | (self.gain > 0)

    def figures(self) -> dict[str, Any]:
        """Return fractions, median times and the median ratio of the times."""
        return {
            "curves": len(self.gain),
            "agree": float(self.agrees().mean()),
            "agree_or_higher_likelihood": float(self.agrees_or_beats().mean()),
            "reference_us": float(1e6 * np.median(self.reference_seconds)),
            "us": float(1e6 * np.median(self.seconds)),
            "ratio": float(np.median(self.reference_seconds / self.seconds)),
        }


def peaks(light_curves: LightCurves) -> FloatArray:
    """Return the largest \\|flux\\| of every light curve, shape (N,)."""
    return np.maximum.reduceat(np.abs(light_curves.flux), light_curves.starts[:-1])


def usable(light_curves: LightCurves) -> npt.NDArray[np.int64]:
    """Return the indices of the light curves with points at two times or more, as the cuts ask."""
    first, end = light_curves.starts[:-1], light_curves.starts[1:]
    several = np.flatnonzero(end - first > 1)
    spans = light_curves.time[end[several] - 1] - light_curves.time[first[several]]
    return several[spans > 0]


def interpolate_curves(light_curves: LightCurves) -> Interpolation:
    """Interpolate a batch of light curves."""
    return interpolate(
        light_curves.starts,
        light_curves.time,
        light_curves.flux,
        light_curves.flux_error,
        light_curves.passband,
        light_curves.passbands.wavelength_array(),
    )


def compare(light_curves: LightCurves, progress: tqdm | None = None) -> Agreement:
    """Fit every light curve with george and with the compiled code, in alternating blocks."""
    wavelengths = light_curves.passbands.wavelength_array()
    n_curves = len(light_curves)
    differences, gains, reference_seconds, seconds = (np.empty(n_curves) for _ in range(4))
    for start in range(0, n_curves, BLOCK):
        block = np.arange(start, min(start + BLOCK, n_curves))
        curves = light_curves.select(block)
        begin = time.perf_counter()
        compiled = interpolate_curves(curves)
        seconds[block] = (time.perf_counter() - begin) / len(block)
        for row, scale in enumerate(peaks(curves)):
            points = slice(curves.starts[row], curves.starts[row + 1])
            begin = time.perf_counter()
            grid, log_likelihood, _ = reference_interpolate(
                curves.time[points],
                curves.flux[points],
                curves.flux_error[points],
                curves.passband[points],
                wavelengths,
            )
            curve = start + row
            reference_seconds[curve] = time.perf_counter() - begin
            differences[curve] = np.abs(compiled.flux[row] - grid).max() / scale
            gains[curve] = compiled.log_likelihood[row] - log_likelihood
            if points.stop - points.start > MOST_FITTED:
                gains[curve] = -np.inf
        if progress is not None:
            progress.update(len(block))
    return Agreement(differences, gains, reference_seconds, seconds)


def shortening_error(light_curves: LightCurves) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compare shortened light curves with the exact Gaussian process.

    Returns
    -------
    largest, typical : ndarray of float64, shape (N,)
        Largest and root-mean-square difference on the grid, in units of the light curve's
        largest \\|flux\\|.
    time_scale : ndarray of float64, shape (N,)
        Time scale fitted to all points, days.
    """
    longest = int(np.diff(light_curves.starts).max())
    exact = interpolate_shortened(
        light_curves.starts,
        light_curves.time,
        light_curves.flux,
        light_curves.flux_error,
        light_curves.passband,
        light_curves.passbands.wavelength_array(),
        most_fitted=longest,
        most_points=longest,
    )
    difference = interpolate_curves(light_curves).flux - exact.flux
    scale = peaks(light_curves)
    return (
        np.abs(difference).max(axis=(1, 2)) / scale,
        np.sqrt(np.mean(difference**2, axis=(1, 2))) / scale,
        exact.time_scale,
    )


def _agreement(sources: dict[str, LightCurves]) -> list[dict[str, Any]]:
    rows, agreements = [], []
    n_curves = sum(map(len, sources.values()))
    with tqdm(total=n_curves, desc="interpolation", unit="curve", disable=None) as progress:
        for name, curves in sources.items():
            agreements.append(compare(curves, progress))
            points = float(np.median(np.diff(curves.starts)))
            rows.append({"source": name, "points": points, **agreements[-1].figures()})
    together = Agreement(
        *(
            np.concatenate([getattr(agreement, field) for agreement in agreements])
            for field in ("difference", "gain", "reference_seconds", "seconds")
        )
    )
    return [*rows, {"source": "all", "points": None, **together.figures()}]


def _shortening(sources: dict[str, LightCurves]) -> dict[str, Any]:
    rows, largest, typical = [], [], []
    n_fast = 0
    for name, curves in sources.items():
        long = curves.select(np.diff(curves.starts) > MOST_FITTED)
        if len(long) == 0:
            continue
        worst, rms, time_scale = shortening_error(long)
        slow = time_scale > FAST
        n_fast += int(np.sum(~slow))
        if slow.any():
            largest.append(worst[slow])
            typical.append(rms[slow])
            rows.append({"source": name, **_error_figures(worst[slow], rms[slow])})
    if largest:
        figures = _error_figures(np.concatenate(largest), np.concatenate(typical))
        rows.append({"source": "all", **figures})
    return {"shortening": rows, "left_out": n_fast}


def _error_figures(worst: FloatArray, rms: FloatArray) -> dict[str, Any]:
    return {
        "curves": len(worst),
        "largest_difference": {
            "median": float(np.median(worst)),
            "p90": float(np.percentile(worst, 90)),
            "largest": float(worst.max()),
        },
        "rms_difference": {
            "median": float(np.median(rms)),
            "p90": float(np.percentile(rms, 90)),
        },
    }
