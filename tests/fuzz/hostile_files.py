"""Hostile files: real kinds of files damaged, and tables whose cells hold anything."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from backports import zstd

from fink_t2.chaos.small_alerts import SMALL_SCHEMA
from tests.fuzz.seeds import container, seed_alert

#: Names of columns that some layout knows, and some that none does.
NAMES = (
    "objectId", "oid", "object_id", "diaObjectId", "SNID", "candid", "diaSourceId", "jd", "mjd",
    "MJD", "cjd", "midpointMjdTai", "cmidpointMjdTai", "fid", "cfid", "band", "passband", "filter",
    "FLT", "F", "cband", "magpsf", "sigmapsf", "cmagpsf", "csigmapsf", "mag", "magerr", "flux",
    "flux_err", "FLUXCAL", "FLUXCALERR", "psfFlux", "psfFluxErr", "cpsfFlux", "cpsfFluxErr", "uJy",
    "duJy", "forcediffimflux", "forcediffimfluxunc", "zpdiff", "zp", "isdiffpos", "cisdiffpos",
    "diffmaglim", "jdstarthist", "roid", "cdsxmatch", "photoz", "t2_status", "t2_model", "i:jd",
    "lightcurve", "candidate", "prv_candidates", "diaSource", "prvDiaSources", "something", "",
)  # fmt: skip
TEXTS = (
    "", "nan", "NaN", "null", "None", "g", "r", "zg", "ZTF_r", "1", "2.0", "3", "t", "f", "-1",
    ">20.5", "1e400", "-inf", "59000.5", "2459000.5", "18.2", "0.1", "[1, 2]", "[1. 2.]", "[",
    "ZTF21aaaaaaa", "170094456272322680", "é", "\x00", "a" * 300, "1,5", "0x10", "Unknown", "Star",
)  # fmt: skip
NUMBERS = (
    None, 0, 1, 2, 3, -1, 5, 18.2, 0.1, 59000.25, 59003.5, 2459000.75, float("nan"), float("inf"),
    -99999.0, 1e300, 5e-324, 170094456272322680, -(1 << 62), 20.0, 19.0, 0.05,
)  # fmt: skip
TYPES: tuple[pa.DataType, ...] = (
    pa.float64(), pa.float32(), pa.int64(), pa.int32(), pa.int8(), pa.uint64(), pa.string(),
    pa.large_string(), pa.binary(), pa.bool_(), pa.null(), pa.timestamp("us"), pa.decimal128(20, 4),
)  # fmt: skip


def table(random: Random) -> pa.Table:
    """Return a table with columns of known names and any types."""
    rows = random.choice((0, 1, 2, 3, 6))
    columns: dict[str, pa.Array] = {}
    for name in random.sample(NAMES, random.randint(1, 9)):
        columns[name] = column(random, rows, depth=0)
    return pa.table(columns)


def likely_table(random: Random) -> pa.Table:
    """Return a table that has a layout, with some cells or columns that do not fit it."""
    rows = random.choice((1, 2, 4, 8))
    names = random.choice(
        (
            ("objectId", "mjd", "band", "mag", "magerr"),
            ("objectId", "candid", "jd", "fid", "magpsf", "sigmapsf", "isdiffpos"),
            ("objectId", "candid", "cjd", "cfid", "cmagpsf", "csigmapsf", "cisdiffpos"),
            ("diaObjectId", "midpointMjdTai", "band", "psfFlux", "psfFluxErr"),
            ("object_id", "mjd", "passband", "flux", "flux_err"),
            ("jd", "filter", "forcediffimflux", "forcediffimfluxunc", "zpdiff"),
        )
    )
    make_list = random.random() < 0.4
    columns = {}
    for name in names:
        if random.random() < 0.15:
            columns[name] = column(random, rows, depth=0)
        else:
            cells = [likely_cell(random, name) for _ in range(rows)]
            if make_list and name not in ("objectId", "candid", "diaObjectId", "object_id"):
                lengths = 3 if random.random() < 0.8 else random.randint(0, 4)
                cells = [[likely_cell(random, name) for _ in range(lengths)] for _ in range(rows)]
            columns[name] = array(cells, None)
    return pa.table(columns)


def likely_cell(random: Random, name: str) -> Any:
    """Return a value that a column of this name would hold, or rarely another."""
    if random.random() < 0.05:
        return random.choice((None, *NUMBERS[1:4]))
    if "id" in name.lower() and name not in ("fid", "cfid", "midpointMjdTai"):
        return f"ZTF21aaaaaa{random.randint(0, 2)}"
    if name in ("fid", "cfid", "passband"):
        return random.randint(0, 4)
    if name in ("band", "filter"):
        return random.choice(("g", "r", "i", "zg", "ZTF_g"))
    if "isdiffpos" in name:
        return random.choice(("t", "f", "1", "0"))
    if name.lower().endswith("jd") or "Mjd" in name:
        julian = 2400000.5 if name in ("jd", "cjd") else 0.0
        return julian + 59000 + random.random() * 100
    return random.random() * 20 + 0.01


def column(random: Random, rows: int, depth: int) -> pa.Array:
    """Return a column of any type, nested ones included."""
    choice = random.random()
    if depth < 2 and choice < 0.25:
        cells = [
            None if random.random() < 0.1 else column(random, random.randint(0, 3), 2).to_pylist()
            for _ in range(rows)
        ]
        return array(cells, None)
    if depth < 2 and choice < 0.35:
        names = random.sample(NAMES[:-1], random.randint(1, 4))
        fields = [column(random, rows, depth + 1) for _ in names]
        return pa.StructArray.from_arrays(fields, names=names)
    kind = random.choice(TYPES if depth < 2 else TYPES[:-2])
    source = TEXTS if random.random() < 0.4 else NUMBERS
    return array([random.choice(source) for _ in range(rows)], kind)


def array(cells: list[Any], kind: pa.DataType | None) -> pa.Array:
    """Return cells as an array of a type, or as text where they do not fit it."""
    try:
        return pa.array(cells, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())


@cache
def seeds() -> dict[str, bytes]:
    """Return one good file of each kind, by its name."""
    schema = fastavro.parse_schema(SMALL_SCHEMA)
    several = io.BytesIO()
    fastavro.writer(several, schema, [seed_alert()] * 3, codec="snappy", sync_interval=1)
    text = "objectId,mjd,band,mag,magerr\n" + "\n".join(
        f"ZTF21aaaaaaa,{59000 + k}.5,{'gr'[k % 2]},{19 - 0.1 * k:.2f},0.1" for k in range(8)
    )
    parquet = io.BytesIO()
    pq.write_table(likely_table(Random(1)), parquet)
    nested = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{"candidate": {"jd": 1.0}, "prv_candidates": []}]), nested)
    votable = (
        '<?xml version="1.0"?><VOTABLE version="1.4"><RESOURCE><TABLE><FIELD name="mjd" '
        'datatype="double"/><DATA><TABLEDATA><TR><TD>1.0</TD></TR></TABLEDATA></DATA></TABLE>'
        "</RESOURCE></VOTABLE>"
    )
    files = {
        "a.avro": container([seed_alert()], "deflate"),
        "b.avro": several.getvalue(),
        "c.csv": text.encode(),
        "d.parquet": parquet.getvalue(),
        "e.parquet": nested.getvalue(),
        "f.vot": votable.encode(),
        "g.ecsv": b"# %ECSV 1.0\n# ---\n# datatype:\n# - {name: mjd, datatype: float64}\n"
        b"mjd\n1.0\n",
        "h.tbl": b"|mjd   |band|\n|double|char|\n 59000.0 g  \n",
        "i.fits": b"SIMPLE  =                    T".ljust(2880),
        "j.bin": b"\x00\x00\x00\x03\xe8datum",
    }
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, content in list(files.items())[:4]:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("c.csv", text)
    return {**files, "k.tar": tar.getvalue(), "l.zip": zipped.getvalue()}


def damaged_file(random: Random) -> tuple[str, bytes]:
    """Return the name and content of a file that is damaged, mislabelled or cut."""
    name, content = random.choice(list(seeds().items()))
    damage: tuple[Callable[[bytes], bytes], ...] = (
        lambda data: data,
        lambda data: data[: random.randint(0, len(data))],
        lambda data: _overwritten(random, data, 1),
        lambda data: _overwritten(random, data, random.randint(2, 40)),
        lambda data: data + random.randbytes(random.randint(1, 50)),
        lambda data: random.randbytes(random.randint(0, 60)) + data,
        lambda data: data.replace(b",", random.choice((b";", b",,", b"\n", b'"')), 3),
        lambda data: bytes(len(data)),
    )
    content = random.choice(damage)(content)
    if random.random() < 0.2:
        compress = random.choice((gzip.compress, bz2.compress, lzma.compress, zstd.compress))
        content = compress(content)
        if random.random() < 0.5:
            content = _overwritten(random, content, 1)
    if random.random() < 0.1:
        name = "x" + random.choice((".avro", ".csv", ".parquet", ".tar", ".zip", ".fits", ".tbl"))
    return name, content


def _overwritten(random: Random, data: bytes, places: int) -> bytes:
    changed = bytearray(data)
    for _ in range(places if changed else 0):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)
