"""Time every stage on one thread, beside the reference path on the same alerts.

The speed of a machine varies from second to second. Therefore our stages and the reference take
turns over small blocks of alerts, and ratios are computed block by block. Our stages work on
batches, as in the stream: the alerts of a block are repeated until they fill a batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from tqdm import tqdm

from fink_t2.benchmark.reference_path import ReferencePath
from fink_t2.benchmark.stopwatch import Stopwatch
from fink_t2.benchmark.workload import alert_columns, decode, read_packets, shuffled
from fink_t2.errors import AlertError
from fink_t2.processor import classify_ztf_alerts
from fink_t2.science.cuts import Status
from fink_t2.science.features import compute_features, feature_names
from fink_t2.science.gaussian_process import interpolate
from fink_t2.science.inference import TfliteNetwork
from fink_t2.science.light_curves import LightCurves
from fink_t2.science.model_store import ModelReference
from fink_t2.science.preprocessing import scale
from fink_t2.surveys import ZTF
from fink_t2.surveys.reading import AlertReading, read_columns

#: Alerts of one block, for which the reference takes a tenth of a second.
BLOCK_ALERTS: Final = 32

OURS: Final = ("decode", "light curve", "cuts", "gp", "scaling", "inference")
REFERENCE: Final = ("light curve", "gp", "scaling", "inference")


def run_stages(
    alerts: Path,
    model: ModelReference,
    published: Path | None,
    *,
    batch_alerts: int = 256,
    seconds: float = 60.0,
    seed: int = 0,
) -> dict[str, Any]:
    """Time every stage, and the whole module path, beside the reference.

    Parameters
    ----------
    alerts : Path
        Folder of ZTF packets.
    model : ModelReference
        Model of our inference stage.
    published : Path, optional
        The published ``.tflite`` file; without it, the reference has no inference stage.
    batch_alerts : int
        Number of alerts in a batch of our stages.
    seconds : float
        Approximate duration of the measurement.
    seed : int
        Seed of the order of the alerts.

    Returns
    -------
    dict
        ``"ours"`` and ``"reference"`` (stage to figures), ``"ratios"`` (reference / ours),
        ``"machine_noise"``, and a description of the alerts and the model.

    Raises
    ------
    AlertError
        If no alert of the folder passes the cuts.
    """
    packets = read_packets(alerts)
    fields = alert_columns([decode(packet) for packet in packets])
    reading = _read(fields)
    light_curves = reading.light_curves
    passing = np.flatnonzero(reading.status(ZTF.cuts) == Status.OK)
    if not passing.size:
        raise AlertError(f"{alerts}: none of its {len(packets)} alerts passes the cuts")

    reference = ReferencePath(published)
    network = TfliteNetwork(model.tflite_path)
    known = feature_names(light_curves.passbands.names)
    chosen_features = [known.index(name) for name in model.features]
    fixed = light_curves.select(passing).select(np.arange(BLOCK_ALERTS) % passing.size)

    order = passing[shuffled(passing.size, seed)]
    watch = Stopwatch()
    end = time.monotonic() + seconds
    begin, n_blocks = 0, 0
    # The first two blocks load compiled code and fill caches; they are not counted.
    with tqdm(total=round(seconds), desc="stages", unit="s", disable=None) as progress:
        while n_blocks < 5 or time.monotonic() < end:
            rows = order[np.arange(begin, begin + BLOCK_ALERTS) % order.size]
            begin += BLOCK_ALERTS
            target = watch if n_blocks >= 2 else Stopwatch()
            _time_reference(target, reference, fields.iloc[rows], with_inference=bool(published))
            batch = np.tile(rows, max(1, batch_alerts // BLOCK_ALERTS))
            _time_ours(target, network, chosen_features, model, fields.iloc[batch])
            with target.measure("ours: decode", BLOCK_ALERTS):
                for row in rows:
                    decode(packets[row])
            with target.measure("fixed kernel", BLOCK_ALERTS):
                _interpolate(fixed, model.grid_length)
            n_blocks += 1
            progress.n = min(round(seconds), round(seconds - (end - time.monotonic())))
            progress.refresh()
    lengths = np.diff(light_curves.starts)[passing]
    return _report(watch, bool(published)) | {
        "alerts": str(alerts),
        "packets": len(packets),
        "packet_bytes": float(np.mean([len(packet.content) for packet in packets])),
        "passing_cuts": int(passing.size),
        "points": {
            "median": float(np.median(lengths)),
            "p90": float(np.percentile(lengths, 90)),
            "largest": int(lengths.max()),
        },
        "model": model.label,
        "block_alerts": BLOCK_ALERTS,
        "batch_alerts": batch_alerts,
    }


def _time_ours(
    watch: Stopwatch,
    network: TfliteNetwork,
    chosen_features: list[int],
    model: ModelReference,
    fields: pd.DataFrame,
) -> None:
    n_alerts = len(fields)
    with watch.measure("ours: light curve", n_alerts):
        reading = _read(fields)
    light_curves = reading.light_curves
    with watch.measure("ours: cuts", n_alerts):
        reading.status(ZTF.cuts)
    with watch.measure("ours: gp", n_alerts):
        interpolation = _interpolate(light_curves, model.grid_length)
    with watch.measure("ours: scaling", n_alerts):
        grid = scale(interpolation.flux)
        features = compute_features(light_curves, interpolation)[:, chosen_features]
    with watch.measure("ours: inference", n_alerts):
        network.predict(grid, features if chosen_features else None)
    columns = {str(name): fields[name] for name in fields}
    with watch.measure("ours: module path", n_alerts):
        classify_ztf_alerts(model, ZTF.cuts, **columns)


def _time_reference(
    watch: Stopwatch, reference: ReferencePath, fields: pd.DataFrame, *, with_inference: bool
) -> None:
    arrays = [fields[name].to_list() for name in ("jd", "fid", "magpsf", "sigmapsf")]
    n_alerts = len(fields)

    def each(stage: str, function: Callable[..., Any], arguments: Any) -> list[Any]:
        with watch.measure(f"reference: {stage}", n_alerts):
            return [function(*one) for one in arguments]

    with watch.measure("reference: module path", n_alerts):
        curves = each("light curve", reference.light_curve, zip(*arrays, strict=True))
        grids = each("gp", reference.interpolate, curves)
        scaled = each("scaling", reference.scale, zip(grids))
        if with_inference:
            each("inference", reference.infer, zip(scaled))


def _read(fields: pd.DataFrame) -> AlertReading:
    return read_columns(ZTF, {str(name): fields[name] for name in fields})


def _interpolate(light_curves: LightCurves, grid_length: int) -> Any:
    return interpolate(
        light_curves.starts,
        light_curves.time,
        light_curves.flux,
        light_curves.flux_error,
        light_curves.passband,
        light_curves.passbands.wavelength_array(),
        grid_length,
    )


def _report(watch: Stopwatch, with_inference: bool) -> dict[str, Any]:
    ours = [*OURS, "module path"]
    theirs = [stage for stage in REFERENCE if with_inference or stage != "inference"]
    if with_inference:
        theirs.append("module path")
    kernel = np.asarray(watch.samples["fixed kernel"]) * 1e6
    return {
        "ours": {stage: watch.summary(f"ours: {stage}") for stage in ours},
        "reference": {stage: watch.summary(f"reference: {stage}") for stage in theirs},
        "ratios": {stage: watch.ratio(f"reference: {stage}", f"ours: {stage}") for stage in theirs},
        # The same computation on the same data, once per block: only the machine varies.
        "machine_noise": {
            f"p{percent}_over_fastest": float(np.percentile(kernel, percent) / kernel.min())
            for percent in (50, 90, 100)
        },
    }
