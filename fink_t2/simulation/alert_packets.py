"""Simulated alerts as ZTF packets of schema 4.02, one Avro container per alert.

Times, magnitudes, limits and identifiers are those of the simulation. The other fields have
plausible values, which are the same for all alerts of an object if they describe the object.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

import fastavro
import numpy as np

from fink_t2.science.photometry import JULIAN_DATE_OF_MJD_ZERO
from fink_t2.simulation.alert_histories import AlertHistories
from fink_t2.simulation.cutouts import Scene, draw_cutouts, draw_scene
from fink_t2.simulation.fits_image import to_gzipped_fits
from fink_t2.simulation.identifiers import NIGHT_ZERO, processing_id
from fink_t2.simulation.magnitudes import FLUXCAL_ZERO_POINT
from fink_t2.simulation.objects import SimulatedObjects

Packet = dict[str, Any]

SCHEMA_VERSION = "4.02"
#: ZTF's values for missing data, in most fields and in those of forced photometry.
MISSING, MISSING_FORCED = -999.0, -99999.0

_PIXELS = (3072, 3080)


@lru_cache(maxsize=1)
def ztf_schema() -> dict[str, Any]:
    """Return the Avro schema of ZTF packets, version 4.02, as it is in real packets."""
    text = files("fink_t2.surveys").joinpath("schemas", "ztf_4.02.avsc").read_text()
    schema: dict[str, Any] = json.loads(text)
    return schema


def _field_names(record: str) -> list[str]:
    """Return the names of the fields of a nested record of the schema, in order."""
    for field in ztf_schema()["fields"]:
        types = field["type"] if isinstance(field["type"], list) else [field["type"]]
        for avro_type in types:
            nested = avro_type.get("items", avro_type) if isinstance(avro_type, dict) else {}
            if isinstance(nested, dict) and nested.get("name") == record:
                return [inner["name"] for inner in nested["fields"]]
    raise KeyError(record)


class _Site:
    """The values that are the same in all alerts of an object."""

    def __init__(self, generator: np.random.Generator, objects: SimulatedObjects, position: int):
        self.extragalactic = bool(objects.redshift[position] > 0)
        self.ra = float(generator.uniform(0, 360))
        self.dec = float(np.degrees(np.arcsin(generator.uniform(-0.4, 0.95))))
        self.field = int(generator.integers(250, 880))
        self.x = float(generator.uniform(40, _PIXELS[0] - 40))
        self.y = float(generator.uniform(40, _PIXELS[1] - 40))
        known = objects.reference_magnitude[position]
        if np.isfinite(known):
            self.reference = float(known)
            self.distance = float(abs(generator.normal(0.0, 0.15)))
        else:
            self.reference = float(generator.uniform(17.0, 21.5))
            self.distance = float(generator.exponential(2.0))
        self.star_score = float(
            generator.uniform(0.0, 0.3) if self.extragalactic else generator.uniform(0.8, 1.0)
        )
        self.colour = float(generator.normal(0.6, 0.3))
        self.coverage = int(generator.integers(200, 1500))
        self.source_ids = [int(v) for v in generator.integers(10**16, 2 * 10**17, 3)]
        self.neighbours = generator.uniform(3, 29, 2)
        self.neighbour_magnitudes = generator.uniform(16, 21.5, 2)
        self.gaia = float(generator.uniform(2, 60))
        self.reference_start = NIGHT_ZERO + float(generator.uniform(470, 600))
        counts = 10 ** (-0.4 * (self.reference - 26.2))
        self.scene: Scene = draw_scene(generator, counts, self.extragalactic)

    def moved(self, generator: np.random.Generator) -> tuple[float, float]:
        """Draw a measured position, a fraction of an arc second from the true one, degrees."""
        across = generator.normal(0, 0.08 / 3600, 2)
        return (
            round(self.ra + float(across[0]) / np.cos(np.radians(self.dec)), 7),
            round(self.dec + float(across[1]), 7),
        )


def _image_name(jd: float, field: int, channel: int, band: int) -> str:
    when = datetime(1858, 11, 17) + timedelta(days=jd - JULIAN_DATE_OF_MJD_ZERO)
    fraction = int((jd - JULIAN_DATE_OF_MJD_ZERO) % 1.0 * 1e6)
    chip, quadrant = channel // 4 + 1, channel % 4 + 1
    name = f"ztf_{when:%Y%m%d}{fraction:06d}_{field:06d}_z{'gr'[band - 1]}"
    return f"{name}_c{chip:02d}_o_q{quadrant}_scimrefdiffimg.fits"


def _visit(site: _Site, alerts: AlertHistories, entry: int, channel: int) -> Packet:
    """Return the fields of an exposure; its random numbers depend on the visit only."""
    jd, band = round(float(alerts.cjd[entry]), 7), int(alerts.cfid[entry])
    pid = int(processing_id(alerts.cjd[entry : entry + 1], np.array([channel]))[0])
    generator = np.random.default_rng([pid, 7])
    return {
        "jd": jd,
        "fid": band,
        "pid": pid,
        "diffmaglim": float(alerts.cdiffmaglim[entry]),
        "pdiffimfilename": _image_name(jd, site.field, channel, band),
        "programpi": "Kulkarni",
        "programid": 1,
        "nid": int(jd - NIGHT_ZERO),
        "rcid": channel,
        "field": site.field,
        "rbversion": "t17_f5_c3",
        "magzpsci": float(np.float32(26.25 - 0.1 * (band - 1) + generator.normal(0, 0.08))),
        "magzpsciunc": 8e-06,
        "magzpscirms": float(np.float32(generator.uniform(0.02, 0.05))),
        "clrcoeff": -0.05 if band == 1 else 0.09,
        "clrcounc": 1.5e-05,
    }


def _detection(site: _Site, alerts: AlertHistories, entry: int, visit: Packet) -> Packet:
    """Return the fields of a detection: those of the exposure, and its own."""
    generator = np.random.default_rng([visit["pid"], 8])
    magnitude, sigma = float(alerts.cmagpsf[entry]), float(alerts.csigmapsf[entry])
    offset = float(generator.normal(0.02, 0.3 * sigma + 0.01))
    x = site.x + float(generator.normal(0, 8))
    y = site.y + float(generator.normal(0, 8))
    fwhm = float(generator.lognormal(np.log(2.6), 0.2))
    major = float(generator.uniform(0.7, 1.2))
    minor = major * float(generator.uniform(0.8, 1.0))
    strength = 1.0857 / sigma
    ra, dec = site.moved(generator)
    return visit | {
        "candid": int(alerts.ccandid[entry]),
        "isdiffpos": "t" if alerts.cisdiffpos[entry] else "f",
        "tblid": int(alerts.ccandid[entry] % 10_000),
        "xpos": x,
        "ypos": y,
        "ra": ra,
        "dec": dec,
        "magpsf": magnitude,
        "sigmapsf": sigma,
        "chipsf": float(generator.lognormal(np.log(1.5), 0.5)),
        "magap": magnitude + offset,
        "sigmagap": 0.8 * sigma,
        "distnr": site.distance,
        "magnr": site.reference,
        "sigmagnr": 0.02,
        "chinr": 0.9,
        "sharpnr": 0.4 if site.extragalactic else -0.02,
        "sky": float(generator.normal(0, 0.5)),
        "magdiff": offset,
        "fwhm": fwhm,
        "classtar": float(generator.uniform(0.6, 1.0)),
        "mindtoedge": min(x, _PIXELS[0] - x, y, _PIXELS[1] - y),
        "magfromlim": visit["diffmaglim"] - magnitude - offset,
        "seeratio": float(generator.uniform(0.7, 1.6)),
        "aimage": major,
        "bimage": minor,
        "aimagerat": major / fwhm,
        "bimagerat": minor / fwhm,
        "elong": major / minor,
        "nneg": int(generator.integers(0, 5)),
        "nbad": 0,
        "rb": float(generator.uniform(0.6, 1.0)),
        "sumrat": float(generator.uniform(0.85, 1.0)),
        "magapbig": magnitude + offset + float(generator.normal(0, 0.3 * sigma)),
        "sigmagapbig": sigma,
        "ranr": round(site.ra + site.distance / 3600, 7),
        "decnr": round(site.dec, 7),
        "scorr": float(strength),
    }


def _candidate(site: _Site, alerts: AlertHistories, alert: int, detection: Packet) -> Packet:
    """Return the fields of the detection that caused the alert."""
    generator = np.random.default_rng([detection["pid"], 9])
    history = slice(alerts.starts[alert], alerts.starts[alert + 1])
    began = round(float(alerts.jdstarthist[alert]), 7)
    detections = int(np.isfinite(alerts.cmagpsf[history]).sum())
    earlier = int(max(0.0, detection["jd"] - 30 - began) / 30 * max(detections, 1))
    g, r = site.reference + site.colour / 2, site.reference - site.colour / 2
    neighbours = zip(
        (2, 3), site.neighbours, site.neighbour_magnitudes, site.source_ids[1:], strict=True
    )
    others: Packet = {}
    for number, distance, magnitude, source in neighbours:
        others |= {
            f"objectidps{number}": source,
            f"sgmag{number}": float(magnitude) + 0.6,
            f"srmag{number}": float(magnitude),
            f"simag{number}": float(magnitude) - 0.2,
            f"szmag{number}": float(magnitude) - 0.3,
            f"sgscore{number}": 0.5,
            f"distpsnr{number}": float(distance),
        }
    deviation = float(generator.lognormal(np.log(20), 0.5))
    return (
        detection
        | others
        | {
            "ssdistnr": MISSING,
            "ssmagnr": MISSING,
            "ssnamenr": "null",
            "objectidps1": site.source_ids[0],
            "sgmag1": g,
            "srmag1": r,
            "simag1": r - 0.3 * site.colour,
            "szmag1": r - 0.45 * site.colour,
            "sgscore1": site.star_score,
            "distpsnr1": site.distance,
            "ndethist": detections + earlier,
            "ncovhist": site.coverage,
            "jdstarthist": began,
            "jdendhist": detection["jd"],
            "tooflag": 0,
            "nmtchps": 3,
            "rfid": site.field * 10**6 + 120_000 + detection["rcid"],
            "jdstartref": site.reference_start,
            "jdendref": site.reference_start + 60.0,
            "nframesref": 15,
            "dsnrms": deviation,
            "ssnrms": 3 * deviation,
            "dsdiff": -2 * deviation,
            "nmatches": int(generator.integers(200, 1600)),
            "zpclrcov": -8e-05,
            "zpmed": detection["magzpsci"] - 0.04,
            "clrmed": 0.75,
            "clrrms": 0.25,
            "neargaia": site.gaia,
            "neargaiabright": MISSING,
            "maggaia": float(site.neighbour_magnitudes[0]),
            "maggaiabright": MISSING,
            "exptime": 30.0,
            "drb": float(generator.uniform(0.9, 1.0)),
            "drbversion": "d6_m7",
        }
    )


def _forced(site: _Site, alerts: AlertHistories, entry: int, visit: Packet) -> Packet:
    """Return the forced photometry of one exposure, in counts of its zero point."""
    generator = np.random.default_rng([visit["pid"], 10])
    to_counts = 10 ** (0.4 * (visit["magzpsci"] - FLUXCAL_ZERO_POINT))
    failed = generator.random() < 0.03
    flux, error = alerts.cflux[entry] * to_counts, alerts.cflux_error[entry] * to_counts

    def or_missing(value: float) -> float:
        return MISSING_FORCED if failed else float(value)

    return {
        **{
            name: visit[name]
            for name in _field_names("fp_hist")
            if name in visit and name not in ("distnr", "magnr")
        },
        "rfid": site.field * 10**6 + 120_000 + visit["rcid"],
        "sciinpseeing": float(generator.uniform(1.5, 3.0)),
        "scibckgnd": float(generator.uniform(100, 400)),
        "scisigpix": float(generator.uniform(6, 15)),
        "exptime": 30.0,
        "adpctdif1": 0.07,
        "adpctdif2": 0.07,
        "forcediffimflux": or_missing(flux),
        "forcediffimfluxunc": or_missing(error),
        "procstatus": "61" if failed else "0",
        "distnr": or_missing(site.distance),
        "ranr": or_missing(round(site.ra + site.distance / 3600, 7)),
        "decnr": or_missing(round(site.dec, 7)),
        "magnr": or_missing(site.reference),
        "sigmagnr": or_missing(0.02),
        "chinr": or_missing(0.9),
        "sharpnr": or_missing(-0.02),
    }


def alert_packets(objects: SimulatedObjects, alerts: AlertHistories) -> Iterator[Packet]:
    """Yield the packet of each alert, in the order of `alerts`.

    Parameters
    ----------
    objects : SimulatedObjects
        Simulated objects of the survey "ztf".
    alerts : AlertHistories
        Alerts of these objects.

    Yields
    ------
    dict
        Record of the schema `ztf_schema`.
    """
    names = _field_names("prv_candidate")
    site_of: dict[int, _Site] = {}
    for alert in range(len(alerts)):
        position = int(alerts.object[alert])
        if position not in site_of:
            digest = hashlib.sha256(str(objects.object_id[position]).encode()).digest()
            seed = int.from_bytes(digest[:8], "little")
            site_of[position] = _Site(np.random.default_rng(seed), objects, position)
        site, channel = site_of[position], int(alerts.channel[alert])
        first, last = int(alerts.starts[alert]), int(alerts.starts[alert + 1]) - 1
        earlier, forced = [], []
        for entry in range(first, last):
            visit = _visit(site, alerts, entry, channel)
            forced.append(_forced(site, alerts, entry, visit))
            if np.isfinite(alerts.cmagpsf[entry]):
                visit = _detection(site, alerts, entry, visit)
            earlier.append({name: visit.get(name) for name in names})
        visit = _visit(site, alerts, last, channel)
        candidate = _candidate(site, alerts, alert, _detection(site, alerts, last, visit))
        counts = alerts.cflux[last] * 10 ** (0.4 * (visit["magzpsci"] - FLUXCAL_ZERO_POINT))
        images = draw_cutouts(np.random.default_rng([visit["pid"], 11]), site.scene, float(counts))
        candid, pid = candidate["candid"], candidate["pid"]
        sign = "scimref" if counts > 0 else "refmsci"
        file_names = (
            f"candid{candid}_pid{pid}_targ_sci.fits.gz",
            f"candid{candid}_ref.fits.gz",
            f"candid{candid}_pid{pid}_targ_{sign}.fits.gz",
        )
        stamps = [
            {"fileName": name, "stampData": to_gzipped_fits(image)}
            for name, image in zip(file_names, images, strict=True)
        ]
        yield {
            "schemavsn": SCHEMA_VERSION,
            "publisher": "fink_t2 simulation",
            "objectId": str(alerts.objectId[alert]),
            "candid": candid,
            "candidate": candidate,
            "prv_candidates": earlier or None,
            "fp_hists": forced or None,
            "cutoutScience": stamps[0],
            "cutoutTemplate": stamps[1],
            "cutoutDifference": stamps[2],
        }


def packet_bytes(packet: Packet) -> bytes:
    """Return a packet as an uncompressed Avro object container, in ZTF's form.

    The sync marker is derived from the candid, so that the same packet gives the same bytes.
    """
    marker = hashlib.md5(str(packet["candid"]).encode(), usedforsecurity=False).digest()
    buffer = io.BytesIO()
    fastavro.writer(buffer, ztf_schema(), [packet], codec="null", sync_marker=marker)
    return buffer.getvalue()
