"""Comparison of the simulation with real ZTF light curves and alerts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from fink_t2.errors import FinkT2Error
from fink_t2.science.photometry import MAGNITUDE_TO_RELATIVE_FLUX
from fink_t2.simulation.alert_histories import AlertHistories, alert_histories
from fink_t2.simulation.comparison_figure import draw_comparison
from fink_t2.simulation.light_curve_statistics import (
    Detections,
    Sample,
    describe_alert,
    describe_light_curve,
)
from fink_t2.simulation.magnitudes import magnitude_of
from fink_t2.simulation.objects import SimulatedObjects
from fink_t2.simulation.simulate import simulate_objects

TYPED_CLASSES = ("SNIa", "SNII", "SNIbc", "SLSN-I")
#: Faintest peak magnitude of the typed supernovae; fainter simulated ones are not compared.
FAINTEST_TYPED_PEAK = 19.0
#: Simulated classes that correspond to the catalogued variables among the real contaminants.
VARIABLE_CLASSES = ("EB", "RRL", "Mira", "M-dwarf", "other")


def _describe(curves: Iterable[Detections]) -> dict[str, pd.DataFrame]:
    rows: dict[str, list[dict[str, float]]] = {}
    for curve in curves:
        numbers = describe_light_curve(curve)
        if numbers is not None:
            rows.setdefault(curve.label, []).append(numbers)
    return {label: pd.DataFrame(of_label) for label, of_label in rows.items()}


def _describe_alerts(alerts: Iterable[Detections]) -> dict[str, pd.DataFrame]:
    rows: dict[str, list[dict[str, float]]] = {}
    for alert in alerts:
        if len(alert.time) >= 2:
            rows.setdefault(alert.label, []).append(describe_alert(alert))
    return {label: pd.DataFrame(of_label) for label, of_label in rows.items()}


def _points(curves: list[Detections]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "magnitude": np.concatenate([curve.magnitude for curve in curves]),
            "error": np.concatenate([curve.error for curve in curves]),
            "fid": np.concatenate([curve.fid for curve in curves]),
        }
    )


def read_real(shared: Path) -> Sample:
    """Read the labelled ZTF data.

    Parameters
    ----------
    shared : Path
        Folder that contains ``data/labelled``.

    Raises
    ------
    FinkT2Error
        If a table is missing.
    """
    folder = shared / "data" / "labelled"
    names = ("ztf_lightcurves", "ztf_alert_histories", "ztf_contaminants")
    tables = {}
    for name in names:
        path = folder / f"{name}.parquet"
        if not path.is_file():
            raise FinkT2Error(
                f"{path} does not exist: --shared must name a folder with data/labelled"
            )
        tables[name] = pd.read_parquet(path)
    curves = []
    for _, table in tables["ztf_lightcurves"].sort_values("mjd").groupby("objectId"):
        fid = np.where(table["band"] == "g", 1, 2)
        positive = np.ones(len(table), dtype=bool)
        curves.append(
            Detections(
                str(table["t2class"].iloc[0]),
                table["mjd"].to_numpy(),
                fid,
                table["mag"].to_numpy(),
                table["magerr"].to_numpy(),
                positive,
                len(table),
            )
        )
    alerts = list(_real_alerts(tables["ztf_alert_histories"]))
    contaminants = tables["ztf_contaminants"]
    transient = contaminants["cdsxmatch"].str.contains("TNS|SN|upernova|ilonova|Transient")
    alerts += [_renamed(alert) for alert in _real_alerts(contaminants[~transient])]
    return Sample(_describe(curves), _describe_alerts(alerts), _points(curves))


def _renamed(alert: Detections) -> Detections:
    """Return an alert with the class "variable", unless it is that of an active nucleus."""
    label = "AGN" if alert.label == "AGN" else "variable"
    return Detections(
        label,
        alert.time,
        alert.fid,
        alert.magnitude,
        alert.error,
        alert.positive,
        alert.visits,
    )


def _real_alerts(table: pd.DataFrame) -> Iterable[Detections]:
    for row in table.to_dict("records"):
        time = np.asarray(row["cjd"], dtype=np.float64)
        order = np.argsort(time, kind="stable")
        magnitude = np.asarray(row["cmagpsf"], dtype=np.float64)[order]
        error = np.asarray(row["csigmapsf"], dtype=np.float64)[order]
        fid = np.asarray(row["cfid"])[order]
        signs = row.get("cisdiffpos")
        positive = np.ones(len(time), dtype=bool)
        if signs is not None:
            positive = np.isin([str(sign) for sign in signs], ("t", "1"))[order]
        detected = np.isfinite(magnitude)
        yield Detections(
            str(row["t2class"]),
            time[order][detected],
            fid[detected],
            magnitude[detected],
            error[detected],
            positive[detected],
            len(time),
        )


def simulate_sample(n: int, seed: int) -> Sample:
    """Simulate a sample like that of `read_real`: typed supernovae and variables.

    Parameters
    ----------
    n : int
        Number of objects.
    seed : int
        Seed of the random numbers.
    """
    fractions = dict.fromkeys(TYPED_CLASSES, 1.0) | {"AGN": 0.6}
    fractions |= dict.fromkeys(VARIABLE_CLASSES, 0.15)
    objects = simulate_objects(n, "ztf", seed, fractions, progress=True)
    brightest = _brightest(objects)
    typed = np.isin(objects.class_names(), TYPED_CLASSES)
    objects = objects.take(np.flatnonzero(~typed | (brightest < FAINTEST_TYPED_PEAK)))
    curves = [curve for curve in _simulated_curves(objects) if curve.label in TYPED_CLASSES]
    alerts = list(_simulated_alerts(alert_histories(objects, seed=seed, early_share=1.0)))
    return Sample(_describe(curves), _describe_alerts(alerts), _points(curves))


def _brightest(objects: SimulatedObjects) -> np.ndarray:
    flux = np.where(objects.detected, objects.flux, 1.0)
    return magnitude_of(np.maximum(np.maximum.reduceat(flux, objects.starts[:-1]), 1e-3))


def _simulated_curves(objects: SimulatedObjects) -> Iterable[Detections]:
    names = objects.class_names()
    for i in range(len(objects)):
        part = slice(objects.starts[i], objects.starts[i + 1])
        detected = objects.detected[part] & (objects.flux[part] > 0)
        flux = objects.flux[part][detected]
        yield Detections(
            str(names[i]),
            objects.mjd[part][detected],
            objects.passband[part][detected] + 1,
            magnitude_of(flux),
            objects.flux_error[part][detected] / flux / MAGNITUDE_TO_RELATIVE_FLUX,
            np.ones(len(flux), dtype=bool),
            int(detected.sum()),
        )


def _simulated_alerts(alerts: AlertHistories) -> Iterable[Detections]:
    for i in range(len(alerts)):
        part = slice(alerts.starts[i], alerts.starts[i + 1])
        detected = np.isfinite(alerts.cmagpsf[part])
        label = str(alerts.class_name[i])
        # The real typed alerts were selected to have at least four detections.
        if label in TYPED_CLASSES and detected.sum() < 4:
            continue
        yield Detections(
            "variable" if label in VARIABLE_CLASSES else label,
            alerts.cjd[part][detected],
            alerts.cfid[part][detected],
            alerts.cmagpsf[part][detected].astype(np.float64),
            alerts.csigmapsf[part][detected].astype(np.float64),
            alerts.cisdiffpos[part][detected],
            len(detected),
        )


_SHOWN = {
    "curves": (
        *("peak g", "peak r", "points in g", "points in r", "points per night"),
        *("nights between points", "longest gap", "median error", "last r"),
        *("days before maximum", "days after maximum"),
        *("g-r-8", "g-r+0", "g-r+10", "g-r+20", "g-r+30", "g-r+40"),
        *("r-12", "r-8", "r+10", "r+15", "r+20", "r+30", "r+40"),
        *("g-8", "g+10", "g+15", "g+20", "g+30"),
    ),
    "alerts": (
        *("visits", "detections", "points in g", "points in r", "days of detections"),
        *("last magnitude", "median error", "range in g", "range in r"),
        *("mag/day in g", "mag/day in r", "g-r", "share negative"),
    ),
}


def comparison_table(real: Sample, simulated: Sample) -> pd.DataFrame:
    """Return medians and quartiles of all statistics of two samples.

    Parameters
    ----------
    real, simulated : Sample
        The samples to compare.

    Returns
    -------
    DataFrame
        One row per ``kind`` (light curves or alerts), ``class`` and ``quantity``. ``offset`` is the
        difference of the medians in units of the real interquartile range.
    """
    rows = []
    for sample_part, quantities in _SHOWN.items():
        of_real, of_simulated = getattr(real, sample_part), getattr(simulated, sample_part)
        for label in [label for label in (*TYPED_CLASSES, "AGN", "variable") if label in of_real]:
            for quantity in quantities:
                one = of_real[label][quantity].dropna()
                other = of_simulated[label][quantity].dropna()
                if len(one) < 5 or len(other) < 5:
                    continue
                a = one.quantile([0.25, 0.5, 0.75]).to_numpy()
                b = other.quantile([0.25, 0.5, 0.75]).to_numpy()
                width = max(a[2] - a[0], 1e-9)
                offset = (b[1] - a[1]) / width if a[2] > a[0] else np.nan
                rows.append((sample_part, label, quantity, len(one), *a, len(other), *b, offset))
    columns = ["kind", "class", "quantity", "n", "q25", "median", "q75"]
    columns += ["n sim", "q25 sim", "median sim", "q75 sim", "offset"]
    return pd.DataFrame(rows, columns=columns)


def as_markdown(table: pd.DataFrame) -> str:
    """Return the table of `comparison_table` as Markdown, with quartiles in brackets."""
    lines = [
        "| | class | quantity | real: median [quartiles] | simulated | offset / real IQR |",
        "|---|---|---|---|---|---|",
    ]
    for row in table.itertuples(index=False):
        part, label, quantity, _, low, middle, high, _, low_s, middle_s, high_s, offset = row
        lines.append(
            f"| {str(part)[:-1]} | {label} | {quantity} | {middle:.3g} [{low:.3g}, {high:.3g}] "
            f"| {middle_s:.3g} [{low_s:.3g}, {high_s:.3g}] | {offset:+.2f} |"
        )
    return "\n".join(lines)


def compare(shared: Path, figure: Path, n: int = 6000, seed: int = 1) -> str:
    """Compare real and simulated data: draw the figure, and return the Markdown table.

    Parameters
    ----------
    shared : Path
        Folder that contains ``data/labelled``.
    figure : Path
        Image file that is written.
    n, seed
        See `simulate_sample`.
    """
    real = read_real(shared)
    simulated = simulate_sample(n, seed)
    draw_comparison(real, simulated, figure)
    return as_markdown(comparison_table(real, simulated))
