"""Measure this package against george, and shortened light curves against exact ones.

Run as ``python -m fink_t2.benchmark.interpolation_accuracy``; needs george (extras train, dev)
and the reference data of ``../shared``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from fink_t2.benchmark.george_fit import reference_interpolate
from fink_t2.benchmark.reference_light_curves import shared_light_curves
from fink_t2.science.gaussian_process.binning import MOST_FITTED
from fink_t2.science.gaussian_process.interpolation import (
    Interpolation,
    interpolate,
    interpolate_shortened,
    warm_up,
)
from fink_t2.science.light_curves import LightCurves

FloatArray = npt.NDArray[np.float64]

#: Agreement asked for: largest difference on the grid, by the curve's largest |flux|.
TOLERANCE = 1e-3

#: Curves timed at a time with one code, then with the other: the machine's speed varies.
BLOCK = 64

#: Curves that vary faster than the shortest time scale allowed have no exact answer that
#: means anything: the fit ends at the bound.
FAST = 1.2


@dataclass(frozen=True)
class Agreement:
    """Curve by curve, how the compiled fit compares with george's.

    Attributes
    ----------
    difference : ndarray of float64, shape (N,)
        Largest difference on the grid, by the curve's largest \\|flux\\|.
    gain : ndarray of float64, shape (N,)
        Log-likelihood above george's; -inf for curves that were shortened, whose
        likelihood is not of the same data.
    reference_seconds : ndarray of float64, shape (N,)
        Time of george's fit and prediction.
    seconds : ndarray of float64, shape (N,)
        Time of ours: that of the block, shared equally.
    """

    difference: FloatArray
    gain: FloatArray
    reference_seconds: FloatArray
    seconds: FloatArray

    def agrees(self) -> npt.NDArray[np.bool_]:
        """Tell which curves agree within `TOLERANCE`."""
        return self.difference < TOLERANCE

    def agrees_or_beats(self) -> npt.NDArray[np.bool_]:
        """Tell which curves agree, or are fitted with the higher likelihood."""
        return self.agrees() | (self.gain > 0)

    def median_ratio(self) -> float:
        """Median over the curves of george's time by ours."""
        return float(np.median(self.reference_seconds / self.seconds))


def peaks(light_curves: LightCurves) -> FloatArray:
    """Return the largest \\|flux\\| of every curve, shape (N,)."""
    return np.maximum.reduceat(np.abs(light_curves.flux), light_curves.starts[:-1])


def usable(light_curves: LightCurves) -> npt.NDArray[np.int64]:
    """Return which curves have points at two times or more: what the cuts let through."""
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
    """Fit every curve with george and with ours, in alternating blocks."""
    wavelengths = light_curves.passbands.wavelength_array()
    n_curves = len(light_curves)
    differences, gains, reference_seconds, seconds = (np.empty(n_curves) for _ in range(4))
    for start in range(0, n_curves, BLOCK):
        block = np.arange(start, min(start + BLOCK, n_curves))
        curves = light_curves.select(block)
        begin = time.perf_counter()
        ours = interpolate_curves(curves)
        seconds[block] = (time.perf_counter() - begin) / len(block)
        for place, scale in enumerate(peaks(curves)):
            points = slice(curves.starts[place], curves.starts[place + 1])
            begin = time.perf_counter()
            grid, log_likelihood, _ = reference_interpolate(
                curves.time[points],
                curves.flux[points],
                curves.flux_error[points],
                curves.passband[points],
                wavelengths,
            )
            curve = start + place
            reference_seconds[curve] = time.perf_counter() - begin
            differences[curve] = np.abs(ours.flux[place] - grid).max() / scale
            gains[curve] = ours.log_likelihood[place] - log_likelihood
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
        Largest and root-mean-square difference on the grid, by the curve's largest
        \\|flux\\|.
    time_scale : ndarray of float64, shape (N,)
        Fitted to all points, days.
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        prog="python -m fink_t2.benchmark.interpolation_accuracy", description=__doc__
    )
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="reference data")
    parser.add_argument("--most", type=int, default=400, help="most curves of one source")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of curves")
    options = parser.parse_args(arguments)
    if not (options.shared / "data").is_dir():
        parser.error(f"no reference data in {options.shared}")

    warm_up()
    generator = np.random.default_rng(options.seed)
    sources = {}
    for name, light_curves in shared_light_curves(options.shared).items():
        chosen = usable(light_curves)
        if len(chosen) > options.most:
            chosen = np.sort(generator.choice(chosen, options.most, replace=False))
        sources[name] = light_curves.select(chosen)

    _print_agreement(sources)
    _print_shortening(sources)
    return 0


def _print_agreement(sources: dict[str, LightCurves]) -> None:
    print(f"Agreement with george: within {TOLERANCE:g} of the peak, or higher likelihood")
    header = ("source", "curves", "points", "agree", "or higher", "george us", "ours us", "ratio")
    print("{:20s} {:>7s} {:>7s} {:>8s} {:>9s} {:>10s} {:>8s} {:>6s}".format(*header))
    everything: list[Agreement] = []
    with tqdm(total=sum(map(len, sources.values())), unit="curve", leave=False) as progress:
        for name, curves in sources.items():
            points = np.diff(curves.starts)
            found = compare(curves, progress)
            everything.append(found)
            progress.write(_row(name, float(np.median(points)), found))
    total = Agreement(
        *(
            np.concatenate([getattr(one, field) for one in everything])
            for field in ("difference", "gain", "reference_seconds", "seconds")
        )
    )
    print(_row("all", np.nan, total))


def _row(name: str, points: float, found: Agreement) -> str:
    return (
        f"{name:20s} {len(found.gain):7d} {points:7.0f} {found.agrees().mean():8.2%} "
        f"{found.agrees_or_beats().mean():9.2%} {1e6 * np.median(found.reference_seconds):10.0f} "
        f"{1e6 * np.median(found.seconds):8.1f} {found.median_ratio():6.0f}"
    )


def _print_shortening(sources: dict[str, LightCurves]) -> None:
    print(f"\nShortening of curves longer than {MOST_FITTED} points: error by the peak's flux")
    header = ("source", "curves", "median", "90 %", "largest", "rms median", "rms 90 %")
    print("{:20s} {:>7s} {:>8s} {:>8s} {:>8s} {:>10s} {:>8s}".format(*header))
    largest, typical = [], []
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
            print(_error_row(name, worst[slow], rms[slow]))
    if largest:
        print(_error_row("all", np.concatenate(largest), np.concatenate(typical)))
    print(f"left out, since fitted with a time scale below {FAST} days: {n_fast} curves")


def _error_row(name: str, worst: FloatArray, rms: FloatArray) -> str:
    return (
        f"{name:20s} {len(worst):7d} {np.median(worst):8.5f} {np.percentile(worst, 90):8.4f} "
        f"{worst.max():8.3f} {np.median(rms):10.5f} {np.percentile(rms, 90):8.4f}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
