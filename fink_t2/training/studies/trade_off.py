"""Latency and size of t2 networks in LiteRT in comparison with the published file."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fink_t2.science.inference import TfliteNetwork
from fink_t2.surveys import ZTF
from fink_t2.training.export.tflite_export import export_tflite
from fink_t2.training.networks.t2 import T2Settings, build_t2

#: Number of light curves that each network classifies in one round. The networks are timed in turn,
#: because the speed of the machine varies.
BLOCK = 64


@dataclass(frozen=True)
class Candidate:
    """A network and the settings of its export."""

    network: T2Settings
    grid_length: int
    n_features: int = 0
    batch_size: int = 8
    weights: str = "float32"

    def label(self) -> str:
        """Return a short description."""
        join = f", {self.n_features} features ({self.network.join})" if self.n_features else ""
        return (
            f"h {self.network.heads}, L {self.grid_length}, patch {self.network.patch}{join}, "
            f"batch {self.batch_size}, {self.weights}"
        )


@dataclass(frozen=True)
class Timing:
    """The measurements of one network.

    Attributes
    ----------
    label : str
        Description of the network.
    parameters : int
        Number of parameters; 0 if not known.
    kilobytes : float
        Size of the TFLite file in units of 1000 bytes.
    milliseconds : float
        Time per light curve with one thread, the median of the rounds.
    ratio : float
        Ratio of this time to that of the published file in the same rounds; NaN without it.
    """

    label: str
    parameters: int
    kilobytes: float
    milliseconds: float
    ratio: float


def candidates(n_features: int) -> list[Candidate]:
    """Return the networks of the comparison, from the published one to the smallest."""
    published, four = T2Settings(), T2Settings(heads=4)
    head = replace(four, join="head")
    return [
        *(Candidate(published, 100, batch_size=batch) for batch in (1, 8, 32)),
        *(Candidate(replace(published, heads=h), 100) for h in (8, 4, 2, 1)),
        *(Candidate(four, 100, weights=weights) for weights in ("float16", "int8")),
        Candidate(published, 50),
        *(Candidate(four, length) for length in (50, 32)),
        Candidate(replace(four, patch=4), 100),
        *(Candidate(head, 50, n_features, batch) for batch in (1, 8, 32)),
        Candidate(head, 50, n_features, weights="int8"),
        Candidate(replace(four, join="time"), 50, n_features),
    ]


def measure(
    chosen: Sequence[Candidate],
    published: str | os.PathLike[str] | None = None,
    rounds: int = 15,
    say: Callable[[str], None] = print,
) -> list[Timing]:
    """Export untrained networks and measure their latency in interleaved rounds.

    Parameters
    ----------
    chosen : sequence of Candidate
        The networks.
    published : path, optional
        The published TFLite file, which is measured as well.
    rounds : int
        Number of rounds, of which the median is taken.
    say : callable
        Called with each message on the progress.

    Returns
    -------
    list of Timing
        The measurements; that of the published file, if it is given, is the first.
    """
    networks: list[tuple[str, int, float, TfliteNetwork]] = []
    if published is not None:
        size = Path(published).stat().st_size / 1000
        networks.append(("published file", 0, size, TfliteNetwork(published)))
    with tempfile.TemporaryDirectory() as folder:
        for number, candidate in enumerate(chosen):
            say(candidate.label())
            n = candidate.n_features
            model = build_t2(
                candidate.network,
                candidate.grid_length,
                len(ZTF.passbands),
                n,
                (np.zeros(n), np.ones(n)) if n else None,
            )
            content = export_tflite(model, candidate.batch_size, candidate.weights)
            path = Path(folder) / f"{number}.tflite"
            path.write_bytes(content)
            networks.append(
                (
                    candidate.label(),
                    model.count_params(),
                    len(content) / 1000,
                    TfliteNetwork(path),
                )
            )
        generator = np.random.default_rng(0)
        seconds: list[list[float]] = [[] for _ in networks]
        for _ in range(rounds + 1):
            for times, (_, _, _, network) in zip(seconds, networks, strict=True):
                shape = (BLOCK, *network.light_curve_shape)
                grid = generator.normal(size=shape).astype(np.float32)
                features = None
                if network.n_features:
                    features = np.zeros((BLOCK, network.n_features), np.float32)
                began = time.perf_counter()
                network.predict(grid, features)
                times.append((time.perf_counter() - began) / BLOCK)
    # The first round is a warm-up.
    medians = [float(np.median(times[1:])) * 1000 for times in seconds]
    reference = medians[0] if published is not None else float("nan")
    return [
        Timing(label, parameters, kilobytes, median, median / reference)
        for (label, parameters, kilobytes, _), median in zip(networks, medians, strict=True)
    ]
