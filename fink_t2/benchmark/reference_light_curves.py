"""Light curves of ``../shared``, real and simulated, to measure this package with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pandas as pd

from fink_t2.science.light_curves import LightCurves, from_fluxes
from fink_t2.science.photometry import JULIAN_DATE_OF_MJD_ZERO
from fink_t2.surveys import LSST
from fink_t2.surveys.ztf import from_ztf

Record = Mapping[Any, Any]

#: Sources whose light curves are those of single alerts.
ALERT_SOURCES = (
    "ztf_alert_histories",
    "ztf_contaminants",
    "ztf_v3",
    "ztf_v4",
    "ztf_sequence",
    "ztf_parquet",
    "elasticc_alerts",
    "elasticc_packets",
    "rubin",
)


def shared_light_curves(shared: Path) -> dict[str, LightCurves]:
    """Read all light curves of ``shared/data``.

    Parameters
    ----------
    shared : Path
        The folder with ``data/alerts`` and ``data/labelled``.

    Returns
    -------
    dict of str to LightCurves
        One batch per source: detections, for LSST forced photometry too.
    """
    alerts = shared / "data" / "alerts"
    labelled = shared / "data" / "labelled"
    return {
        "ztf_alert_histories": _ztf_arrays(labelled / "ztf_alert_histories.parquet"),
        "ztf_contaminants": _ztf_arrays(labelled / "ztf_contaminants.parquet"),
        "ztf_v3": _ztf_packets(_avro(alerts / "ztf_v3")),
        "ztf_v4": _ztf_packets(_avro(alerts / "ztf_v4")),
        "ztf_sequence": _ztf_packets(_avro(alerts / "ztf_sequence")),
        "ztf_parquet": _ztf_packets(_parquet(alerts / "ztf_parquet")),
        "ztf_lightcurves": _ztf_long(labelled / "ztf_lightcurves.parquet"),
        "elasticc_alerts": _lsst_arrays(labelled / "elasticc_alerts.parquet", "flux", "flux_err"),
        "elasticc_packets": _lsst_packets(
            _parquet(alerts / "elasticc"),
            ("midPointTai", "filterName", "psFlux", "psFluxErr"),
            unit="fluxcal",
        ),
        "rubin": _lsst_packets(
            [*_avro(alerts / "lsst"), *_parquet(alerts / "lsst")],
            ("midpointMjdTai", "band", "psfFlux", "psfFluxErr"),
            unit="nJy",
        ),
        "spcc": _lsst_arrays(labelled / "spcc.parquet", "fluxcal", "fluxcal_err"),
        "plasticc": _plasticc(labelled / "plasticc_small.parquet"),
    }


def _avro(folder: Path) -> list[Record]:
    records: list[Record] = []
    for path in sorted(folder.glob("*.avro")):
        with path.open("rb") as file:
            records.extend(record for record in fastavro.reader(file) if isinstance(record, dict))
    return records


def _parquet(folder: Path) -> list[Record]:
    return [
        record
        for path in sorted(folder.glob("*.parquet"))
        for record in pd.read_parquet(path).to_dict("records")
    ]


def _starts(lengths: Iterable[int]) -> np.ndarray:
    return np.concatenate(([0], np.cumsum(list(lengths)))).astype(np.int64)


def _ztf_arrays(path: Path) -> LightCurves:
    table = pd.read_parquet(path)
    positive = None
    if "cisdiffpos" in table:
        positive = np.isin(np.concatenate(table["cisdiffpos"].to_numpy()), ["t", "1"])
    return from_ztf(
        _starts(table["cjd"].map(len)),
        np.concatenate(table["cjd"].to_numpy()),
        np.concatenate(table["cfid"].to_numpy()),
        np.concatenate(table["cmagpsf"].to_numpy()),
        np.concatenate(table["csigmapsf"].to_numpy()),
        positive,
    )


def _ztf_packets(records: Iterable[Record]) -> LightCurves:
    histories = [[*_points(record["prv_candidates"]), record["candidate"]] for record in records]
    points = pd.DataFrame(
        [point for history in histories for point in history],
        columns=["jd", "fid", "magpsf", "sigmapsf", "isdiffpos"],
    )
    return from_ztf(
        _starts(map(len, histories)),
        points["jd"].to_numpy(np.float64),
        points["fid"].to_numpy(),
        points["magpsf"].to_numpy(np.float64),
        points["sigmapsf"].to_numpy(np.float64),
        points["isdiffpos"].isin(["t", "1"]).to_numpy(),
    )


def _ztf_long(path: Path) -> LightCurves:
    table = pd.read_parquet(path).sort_values(["objectId", "mjd"], kind="stable")
    return from_ztf(
        _starts(table.groupby("objectId", sort=True).size()),
        table["mjd"].to_numpy() + JULIAN_DATE_OF_MJD_ZERO,
        table["band"].map({"g": 1, "r": 2}).to_numpy(),
        table["mag"].to_numpy(),
        table["magerr"].to_numpy(),
    )


def _points(history: Iterable[Record] | None) -> list[Record]:
    return [] if history is None else list(history)


def _lsst_bands(names: Iterable[str]) -> np.ndarray:
    order = {name: index for index, name in enumerate(LSST.passbands.names)}
    return np.array([order.get(str(name).lower(), -1) for name in names], dtype=np.int8)


def _lsst_arrays(path: Path, flux: str, flux_error: str) -> LightCurves:
    table = pd.read_parquet(path)
    return from_fluxes(
        LSST.passbands,
        _starts(table["mjd"].map(len)),
        np.concatenate(table["mjd"].to_numpy()),
        _lsst_bands(np.concatenate(table["band"].to_numpy())),
        np.concatenate(table[flux].to_numpy()),
        np.concatenate(table[flux_error].to_numpy()),
    )


def _lsst_packets(records: Iterable[Record], names: Sequence[str], unit: str) -> LightCurves:
    """Read packets, where `names` are those of time, band, flux and flux error."""
    histories = [
        [
            *_points(record["prvDiaSources"]),
            *_points(record["prvDiaForcedSources"]),
            record["diaSource"],
        ]
        for record in records
    ]
    points = pd.DataFrame(
        [point for history in histories for point in history], columns=list(names)
    )
    time, band, flux, flux_error = (points[name] for name in names)
    return from_fluxes(
        LSST.passbands,
        _starts(map(len, histories)),
        time.to_numpy(np.float64),
        _lsst_bands(band),
        flux.to_numpy(np.float64),
        flux_error.to_numpy(np.float64),
        unit=unit,
    )


def _plasticc(path: Path) -> LightCurves:
    table = pd.read_parquet(path).sort_values(["source", "objectId", "mjd"], kind="stable")
    return from_fluxes(
        LSST.passbands,
        _starts(table.groupby(["source", "objectId"], sort=True).size()),
        table["mjd"].to_numpy(),
        _lsst_bands(table["band"]),
        table["flux"].to_numpy(),
        table["flux_err"].to_numpy(),
    )
