"""A small, faithful example of every layout: names, types and quirks as the source writes them.

Each example holds the same two objects, or the first of them alone where a file has one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

#: MJD, passband, magnitude, error, whether the subtraction is positive.
POINTS: dict[str, list[tuple[float, str, float, float, bool]]] = {
    "ZTF21aaaaaaa": [
        (59300.25, "g", 19.5, 0.10, True),
        (59301.25, "r", 19.0, 0.08, True),
        (59303.25, "g", 18.5, 0.05, False),
        (59306.25, "r", 18.2, 0.04, True),
    ],
    "ZTF21bbbbbbb": [
        (59310.25, "r", 17.5, 0.03, True),
        (59312.25, "g", 17.8, 0.03, True),
    ],
}
JD = 2400000.5
FIDS = {"g": 1, "r": 2}


@dataclass(frozen=True)
class Example:
    """A table as a broker, survey or challenge writes it.

    Attributes
    ----------
    layout : str
        Name of the layout that must be recognised.
    unit : str
        Unit of the points as they are read.
    write : callable
        Writes the file into a folder and returns its path.
    has_sign : bool
        Whether the layout tells negative subtractions.
    has_objects : bool
        Whether the file holds both objects.
    """

    layout: str
    unit: str
    write: Callable[[Path], Path]
    has_sign: bool = False
    has_objects: bool = True


def flux(magnitude: float, error: float, zero_point: float) -> tuple[float, float]:
    """Return flux and error on a zero point."""
    value = 10 ** (-0.4 * (magnitude - zero_point))
    return value, value * error * 0.4 * 2.302585092994046


def rows() -> list[dict[str, Any]]:
    """Return one record per point."""
    return [
        {
            "objectId": name, "mjd": mjd, "band": band, "fid": FIDS[band], "mag": mag,
            "magerr": error, "positive": positive,
        }
        for name, points in POINTS.items()
        for mjd, band, mag, error, positive in points
    ]  # fmt: skip


def _csv(folder: Path, table: dict[str, Any] | list[dict[str, Any]], name: str = "a.csv") -> Path:
    pd.DataFrame(table).to_csv(folder / name, index=False)
    return folder / name


def _parquet(folder: Path, table: pa.Table) -> Path:
    pq.write_table(table, folder / "a.parquet")
    return folder / "a.parquet"


def general(folder: Path) -> Path:
    return _csv(folder, [{k: r[k] for k in ("objectId", "mjd", "band", "mag", "magerr")}
                         for r in rows()])  # fmt: skip


def ztf_candidates(folder: Path) -> Path:
    return _csv(folder, [
        {"objectId": r["objectId"], "candid": 1105522281015015000 + n, "jd": r["mjd"] + JD,
         "fid": r["fid"], "magpsf": r["mag"], "sigmapsf": r["magerr"],
         "isdiffpos": "t" if r["positive"] else "f", "diffmaglim": 20.5}
        for n, r in enumerate(rows())
    ])  # fmt: skip


def fink_portal(folder: Path) -> Path:
    return _csv(folder, [
        {"i:objectId": r["objectId"], "i:candid": 1105522281015015000 + n, "i:jd": r["mjd"] + JD,
         "i:fid": r["fid"], "i:magpsf": r["mag"], "i:sigmapsf": r["magerr"],
         "i:isdiffpos": "t" if r["positive"] else "f", "d:cdsxmatch": "Unknown",
         "i:diffmaglim": 20.5, "i:ra": 10.0, "i:dec": -3.0}
        for n, r in enumerate(rows())
    ])  # fmt: skip


def fink_arrays(folder: Path) -> Path:
    table: dict[str, list[Any]] = {name: [] for name in (
        "objectId", "candid", "cjd", "cfid", "cmagpsf", "csigmapsf", "cisdiffpos")}  # fmt: skip
    for number, (name, points) in enumerate(POINTS.items()):
        table["objectId"].append(name)
        table["candid"].append(1105522281015015000 + number)
        table["cjd"].append([p[0] + JD for p in points])
        table["cfid"].append([FIDS[p[1]] for p in points])
        table["cmagpsf"].append([p[2] for p in points])
        table["csigmapsf"].append([p[3] for p in points])
        table["cisdiffpos"].append(["t" if p[4] else "f" for p in points])
    return _parquet(folder, pa.table(table))


def alerce(folder: Path) -> Path:
    return _csv(folder, [
        {"tid": "ztf", "mjd": r["mjd"], "candid": 1105522281015015000 + n, "fid": r["fid"],
         "pid": 1, "diffmaglim": 20.5, "isdiffpos": 1 if r["positive"] else -1, "nid": 1,
         "magpsf": r["mag"], "sigmapsf": r["magerr"], "oid": r["objectId"], "rb": 0.9,
         "magpsf_corr": float("nan"), "sigmapsf_corr": float("nan")}
        for n, r in enumerate(rows())
    ])  # fmt: skip


def antares(folder: Path) -> Path:
    return _csv(folder, [
        {"alert_id": f"ztf_candidate:{n}", "ant_mjd": r["mjd"], "ant_survey": 1,
         "ant_passband": {"g": "g", "r": "R"}[r["band"]], "ant_mag": r["mag"],
         "ant_magerr": r["magerr"], "ant_maglim": 20.5, "ztf_object_id": r["objectId"],
         "ztf_fid": r["fid"], "ztf_isdiffpos": "t" if r["positive"] else "f"}
        for n, r in enumerate(rows())
    ])  # fmt: skip


def lasair(folder: Path) -> Path:
    return _csv(folder, [
        {"candid": 1105522281015015000 + n, "jd": r["mjd"] + JD, "mjd": r["mjd"],
         "fid": r["fid"], "magpsf": r["mag"], "sigmapsf": r["magerr"],
         "isdiffpos": "t" if r["positive"] else "f", "objectId": r["objectId"]}
        for n, r in enumerate(rows())
    ])  # fmt: skip


def irsa_forced(folder: Path) -> Path:
    head = [
        "# Requested input R.A. = 10.5 degrees",
        "# Number of epochs processed = 4",
        "#",
        "index, field, ccdid, qid, filter, pid, infobitssci, zpdiff, programid, jd, "
        "forcediffimflux, forcediffimfluxunc, forcediffimsnr, procstatus",
    ]
    body = []
    for number, (mjd, band, mag, error, positive) in enumerate(POINTS["ZTF21aaaaaaa"]):
        value, sigma = flux(mag, error, 26.1)
        value *= 1 if positive else -1
        body.append(
            f"{number} 500 1 2 ZTF_{band} 12345 0 26.1 1 {mjd + JD:.7f} {value:.6f} {sigma:.6f} "
            f"{value / sigma:.3f} 0"
        )
    (folder / "ZTF21aaaaaaa.txt").write_text("\n".join([*head, *body]) + "\n")
    return folder / "ZTF21aaaaaaa.txt"


def fink_lsst_arrays(folder: Path) -> Path:
    table: dict[str, list[Any]] = {name: [] for name in (
        "diaObjectId", "diaSourceId", "cmidpointMjdTai", "cband", "cpsfFlux",
        "cpsfFluxErr")}  # fmt: skip
    for number, (name, points) in enumerate(POINTS.items()):
        table["diaObjectId"].append(name)
        table["diaSourceId"].append(170094456272322680 + number)
        table["cmidpointMjdTai"].append([p[0] for p in points])
        table["cband"].append([p[1] for p in points])
        table["cpsfFlux"].append([flux(p[2], p[3], 31.4)[0] for p in points])
        table["cpsfFluxErr"].append([flux(p[2], p[3], 31.4)[1] for p in points])
    return _parquet(folder, pa.table(table))


def plasticc(folder: Path) -> Path:
    numbers = {"g": 1, "r": 2}
    return _csv(folder, [
        {"object_id": r["objectId"], "mjd": r["mjd"], "passband": numbers[r["band"]],
         "flux": flux(r["mag"], r["magerr"], 27.5)[0],
         "flux_err": flux(r["mag"], r["magerr"], 27.5)[1], "detected_bool": 1}
        for r in rows()
    ])  # fmt: skip


def snana(folder: Path) -> Path:
    return _csv(folder, [
        {"SNID": r["objectId"], "MJD": r["mjd"], "FLT": r["band"],
         "FLUXCAL": flux(r["mag"], r["magerr"], 27.5)[0],
         "FLUXCALERR": flux(r["mag"], r["magerr"], 27.5)[1], "ZEROPT": 31.0}
        for r in rows()
    ])  # fmt: skip


def _rubin(value: str, error: str, folder: Path) -> Path:
    return _parquet(folder, pa.Table.from_pylist([
        {"diaObjectId": r["objectId"], "diaSourceId": 170094456272322680 + n,
         "midpointMjdTai": r["mjd"], "band": r["band"],
         value: flux(r["mag"], r["magerr"], 31.4)[0],
         error: flux(r["mag"], r["magerr"], 31.4)[1]}
        for n, r in enumerate(rows())
    ]))  # fmt: skip


def rubin_sources(folder: Path) -> Path:
    return _rubin("psfFlux", "psfFluxErr", folder)


def rubin_forced(folder: Path) -> Path:
    return _rubin("psfDiffFlux", "psfDiffFluxErr", folder)


def nested(folder: Path) -> Path:
    curves = [
        {"mjd": [p[0] for p in points], "band": [p[1] for p in points],
         "psfFlux": [flux(p[2], p[3], 31.4)[0] for p in points],
         "psfFluxErr": [flux(p[2], p[3], 31.4)[1] for p in points]}
        for points in POINTS.values()
    ]  # fmt: skip
    return _parquet(folder, pa.table({"objectId": list(POINTS), "lightcurve": curves}))


def atlas_forced(folder: Path) -> Path:
    lines = ["###MJD          m      dm  uJy   duJy F err chi/N   RA       Dec        x        y"]
    for mjd, band, mag, error, _ in POINTS["ZTF21aaaaaaa"]:
        value, sigma = flux(mag, error, 23.9)
        letter = {"g": "c", "r": "o"}[band]
        lines.append(
            f"{mjd:.6f}  {mag:.3f}  {error:.3f} {value:.4f} {sigma:.4f} {letter} 0 1.02 10.5 "
            "-3.2 1 2"
        )
    (folder / "atlas.txt").write_text("\n".join(lines) + "\n")
    return folder / "atlas.txt"


def _astropy(folder: Path, name: str, kind: str) -> Path:
    from astropy.table import Table

    table = Table(rows=[
        (r["objectId"], r["mjd"], r["band"], r["mag"], r["magerr"]) for r in rows()
    ], names=["objectId", "mjd", "band", "mag", "magerr"])  # fmt: skip
    table.write(folder / name, format=kind)
    return folder / name


def ecsv(folder: Path) -> Path:
    return _astropy(folder, "a.ecsv", "ascii.ecsv")


def votable(folder: Path) -> Path:
    return _astropy(folder, "a.vot", "votable")


def fits(folder: Path) -> Path:
    return _astropy(folder, "a.fits", "fits")


def ipac(folder: Path) -> Path:
    return _astropy(folder, "a.tbl", "ascii.ipac")


GENERAL = "light curves with named passbands"
ZTF = "ZTF candidates"
EXAMPLES: dict[str, Example] = {
    "general": Example(GENERAL, "mag", general),
    "ztf_candidates": Example(ZTF, "mag", ztf_candidates, has_sign=True),
    "fink_portal": Example(ZTF, "mag", fink_portal, has_sign=True),
    "fink_arrays": Example(
        "Fink alerts with concatenated histories", "mag", fink_arrays, has_sign=True
    ),
    "fink_lsst_arrays": Example(
        "Fink LSST alerts with concatenated histories", "nJy", fink_lsst_arrays
    ),
    "alerce": Example(ZTF, "mag", alerce, has_sign=True),
    "antares": Example("ANTARES light curve", "mag", antares, has_sign=True),
    "lasair": Example(ZTF, "mag", lasair, has_sign=True),
    "irsa_forced": Example(
        "ZTF forced photometry", "fluxcal", irsa_forced, has_sign=True, has_objects=False
    ),
    "plasticc": Example("PLAsTiCC light curves", "fluxcal", plasticc),
    "snana": Example("SNANA photometry", "fluxcal", snana),
    "rubin_sources": Example("Rubin DiaSource", "nJy", rubin_sources),
    "rubin_forced": Example("Rubin DiaSource", "nJy", rubin_forced),
    "nested": Example("Rubin DiaSource", "nJy", nested),
    "ecsv": Example(GENERAL, "mag", ecsv),
    "votable": Example(GENERAL, "mag", votable),
    "fits": Example(GENERAL, "mag", fits),
    "ipac": Example(GENERAL, "mag", ipac),
}
ATLAS_EXAMPLE = Example("ATLAS forced photometry", "uJy", atlas_forced, has_objects=False)
