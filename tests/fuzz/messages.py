"""Hostile messages, one maker for each way to be hostile.

A maker takes a random generator and returns a message; the same seed makes the same message.
"""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Callable
from functools import cache, lru_cache
from random import Random
from typing import Any

from fink_t2.alerts.frames import CONTAINER_MAGIC, read_blocks, read_container_header, write_integer
from fink_t2.chaos.small_alerts import SMALL_SCHEMA, datum
from tests.fuzz.seeds import (
    container,
    packets,
    schema_json,
    seed_alert,
    shipped_packets,
)

Maker = Callable[[Random], bytes]

#: Lengths that no message has: signs, widths of integers, and the issue's 2^60.
LENGTHS = (-1, -(1 << 63), 1 << 16, (1 << 31) - 1, 1 << 31, 1 << 32, 1 << 60, (1 << 63) - 1)
SYNC = bytes(range(16))
GZIP = b"\x1f\x8b"
SCHEMA = schema_json().encode()
BOMB = zlib.compress(bytes(30_000_000), 9)[2:-4]
PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
NAMES = (
    "objectId",
    "candid",
    "candidate",
    "jd",
    "prv_candidates",
    "",
    "a b",
    "../x",
    "é",
    "x" * 300,
)
OBJECT_IDS = ("../../etc/passwd", "/etc/passwd", "a\\b", "\x00", "year=1/month=2", "ZTF" * 4000)


def any_integer(value: int) -> bytes:
    """Return a number of up to 64 bits with its sign in Avro's zigzag form."""
    zigzag = (value << 1 ^ value >> 63) & (1 << 64) - 1
    out = bytearray()
    while zigzag >= 0x80:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    return bytes([*out, zigzag])


def framed(
    schema: bytes, data: bytes, *, codec: bytes = b"null", count: int = 1, size: int | None = None
) -> bytes:
    """Return a container made by hand, sound only if the arguments are."""
    length = len(data) if size is None else size
    return _header(schema, codec) + any_integer(count) + any_integer(length) + data + SYNC


@cache
def small_datum(points: int) -> bytes:
    """Return the record of a small alert."""
    return datum(seed_alert(points))


@cache
def shipped_records() -> tuple[tuple[bytes, bytes], ...]:
    """Return schema and record of shipped packets."""
    found = []
    for message in shipped_packets():
        header = read_container_header(message)
        ((_, data),) = read_blocks(message, header)
        found.append((header.schema_text.encode(), data))
    return tuple(found)


@lru_cache(maxsize=64)
def _header(schema: bytes, codec: bytes) -> bytes:
    metadata = b"".join(
        write_integer(len(part)) + part for part in (b"avro.schema", schema, b"avro.codec", codec)
    )
    return CONTAINER_MAGIC + write_integer(2) + metadata + write_integer(0) + SYNC


def truncated(random: Random) -> bytes:
    """Cut a message short."""
    message = random.choice(packets())
    return message[: random.randrange(len(message))]


def flipped(random: Random) -> bytes:
    """Change a few bytes anywhere."""
    message = bytearray(random.choice(packets()))
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        message[random.randrange(len(message))] = random.randrange(256)
    return bytes(message)


def flipped_in_record(random: Random) -> bytes:
    """Change bytes of the record of a small message: schema and frame stay sound."""
    data = bytearray(small_datum(random.randrange(4)))
    for _ in range(random.choice((1, 1, 2, 5))):
        data[random.randrange(len(data))] = random.randrange(256)
    return framed(SCHEMA, bytes(data))


def changed_in_packet(random: Random) -> bytes:
    """Change the record of a shipped packet: bytes, a number, a part left out or repeated."""
    schema, data = random.choice(shipped_records())
    before_cutouts = data.index(GZIP)  # nothing in a cutout is looked at
    place, length = random.randrange(before_cutouts), random.randrange(1, 40)
    instead = random.choice(
        (
            random.randbytes(1),
            random.randbytes(length),
            any_integer(random.choice(LENGTHS)),
            b"",
            2 * data[place : place + length],
        )
    )
    return framed(schema, data[:place] + instead + data[place + random.choice((1, length)) :])


def spliced(random: Random) -> bytes:
    """Begin as one message and go on as another."""
    first, second = random.choice(packets()), random.choice(packets())
    return first[: random.randrange(len(first))] + second[random.randrange(len(second)) :]


def with_length(random: Random) -> bytes:
    """Put a number that promises too much somewhere into the record."""
    data = small_datum(2)
    place = random.randrange(len(data))
    huge = any_integer(random.choice(LENGTHS))
    data = data[:place] + huge + data[place + random.randrange(3) :]
    return framed(SCHEMA, data)


def with_frame_length(random: Random) -> bytes:
    """Promise too many records, or too long a block, or too long a schema."""
    data = small_datum(2)
    kind = random.randrange(3)
    if kind == 0:
        return framed(SCHEMA, data, count=random.choice((0, *LENGTHS)))
    if kind == 1:
        return framed(SCHEMA, data, size=random.choice((0, *LENGTHS)))
    return CONTAINER_MAGIC + any_integer(random.choice(LENGTHS)) + random.randbytes(40)


def noise(random: Random) -> bytes:
    """Return random bytes, mostly behind a known beginning."""
    begin = random.choice((b"", CONTAINER_MAGIC, b"\x00", b"\x00\x00\x00\x02\xbf"))
    return begin + random.randbytes(random.randrange(200))


def confluent(random: Random) -> bytes:
    """Return a schema id, unknown or known, and a datum that belongs to another schema."""
    known = random.random() < 0.3
    schema_id = random.choice((700, 703, 1000)) if known else random.randrange(1 << 32)
    return b"\x00" + schema_id.to_bytes(4, "big") + small_datum(1)


def several_records(random: Random) -> bytes:
    """Return one to many records, the count right or wrong."""
    number = random.randrange(1, 30)
    data = small_datum(1) * number
    count = number if random.random() < 0.5 else random.randrange(60)
    return framed(SCHEMA, data, count=count)


def deflated(random: Random) -> bytes:
    """Return a compressed block: sound, damaged, or under the wrong name."""
    machine = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = machine.compress(small_datum(3)) + machine.flush()
    if random.random() < 0.7:
        damaged = bytearray(data)
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
        data = bytes(damaged[: random.randrange(1, len(damaged) + 1)])
    codec = random.choice((b"deflate", b"deflate", b"snappy", b"zstandard", b"\xff\xfe", b""))
    return framed(SCHEMA, data, codec=codec)


def bomb(random: Random) -> bytes:
    """Return 30 KB that inflate to 30 MB."""
    return framed(SCHEMA, BOMB[: random.randrange(20_000, len(BOMB))],
                  codec=b"deflate")  # fmt: skip


def not_utf8(random: Random) -> bytes:
    """Return an alert whose strings are not UTF-8, or are no names of anything."""
    alert = seed_alert(1, "#" * 12)
    wrong = random.choice((b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf8", b"\x00", b"\xe2\x82"))
    data = datum(alert).replace(b"#" * 12, (wrong * 12)[:12])
    return framed(SCHEMA, data)


def object_id(random: Random) -> bytes:
    """Return a sound alert whose object has a name that is none."""
    alert = seed_alert(2, random.choice(OBJECT_IDS))
    return container([alert], random.choice(("null", "deflate")))


def history(random: Random) -> bytes:
    """Return a sound container whose numbers are none that a telescope measures."""
    alert = seed_alert(random.choice((0, 1, 2, 50)))
    numbers = (float("nan"), float("inf"), float("-inf"), -1.0, 0.0, 1e38, -1e38, 99.0, None)
    for point in [alert["candidate"], *alert["prv_candidates"]]:
        for name in ("magpsf", "sigmapsf"):
            if random.random() < 0.5:
                point[name] = random.choice(numbers)
        point["jd"] = random.choice((0.0, -1e308, float("nan"), 2460000.5, 2460000.5, 1e300))
        point["fid"] = random.choice((0, 1, 2, 3, -1, 127, 1 << 30))
        point["isdiffpos"] = random.choice((None, "t", "f", "1", "0", "", "\x00"))
    return container([alert])


def schema_text(random: Random) -> bytes:
    """Return a container with a schema that a person would not write."""
    return framed(random_schema_text(random).encode("utf-8", "surrogatepass"), random.randbytes(30))


def random_schema_text(random: Random) -> str:
    """Return JSON, or nearly, of a schema: recursive, deep, wide, changed, or of wrong types."""
    kind = random.randrange(8)
    if kind == 0:
        depth = random.choice((10, 33, 500, 20_000))
        return '{"type":"array","items":' * depth + '"int"' + "}" * depth
    if kind == 1:
        return "[" * random.choice((5, 3000, 100_000))
    if kind == 2:  # doubles with every record: 2^depth once written out
        depth = random.randrange(2, 40)
        inner: Any = "int"
        for level in range(depth):
            fields = [{"name": "a", "type": inner}, {"name": "b", "type": f"r{level - 1}"}]
            inner = {"type": "record", "name": f"r{level}", "fields": fields[: 1 + (level > 0)]}
        return json.dumps(inner)
    if kind == 3:
        schema = copy.deepcopy(SMALL_SCHEMA)
        schema["fields"][3]["type"] = {
            "type": "record",
            "name": "c",
            "fields": [{"name": "c", "type": random.choice(("c", "alert", "ztf.alert", ["c"]))}],
        }
        return json.dumps(schema)
    if kind == 4:
        number = random.choice((100, 3000, 30_000))
        fields = [{"name": f"f{k}", "type": "int"} for k in range(number)]
        return json.dumps({"type": "record", "name": "alert", "fields": fields})
    if kind == 5:
        text = bytearray(schema_json().encode())
        for _ in range(random.choice((1, 2, 10))):
            text[random.randrange(len(text))] = random.choice(b'{}[]",:0aen \xff\\')
        return text.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()
    if kind == 6:
        return json.dumps(_random_type(random, 6))
    schema = copy.deepcopy(SMALL_SCHEMA)
    field = random.choice(schema["fields"])
    field["type"] = _random_type(random, 4)
    field["name"] = random.choice((field["name"], *NAMES))
    return json.dumps(schema)


def _random_type(random: Random, depth: int) -> Any:
    kind = random.randrange(12 if depth else 3)
    if kind < 3:
        return random.choice((*PRIMITIVES, "unknown", "c", None, 7, True, {}, [], ""))
    if kind < 5:
        return {"type": "array", "items": _random_type(random, depth - 1)}
    if kind == 5:
        return {"type": "map", "values": _random_type(random, depth - 1)}
    if kind == 6:
        return [_random_type(random, depth - 1) for _ in range(random.randrange(4))]
    if kind == 7:
        size = random.choice((0, 5, -1, 1 << 60, "5", None, 2.5))
        return {"type": "fixed", "name": random.choice(NAMES), "size": size}
    if kind == 8:
        symbols: Any = random.choice((["A", "B"], ["A", "A"], [], ["1"], "AB", [None]))
        return {"type": "enum", "name": random.choice(NAMES), "symbols": symbols}
    fields: Any = [
        {"name": random.choice((*NAMES, f"f{k}")), "type": _random_type(random, depth - 1)}
        for k in range(random.randrange(5))
    ]
    if random.random() < 0.1:
        fields = random.choice((None, {}, "fields", [None], [{"name": 5}]))
    return {"type": "record", "name": random.choice((*NAMES, "r", 5)), "fields": fields}


#: Every way to be hostile, and how often of 10,000 messages. What makes a new schema, or a
#: deflate bomb, costs as much as hundreds of the others.
MAKERS: dict[Maker, int] = {
    truncated: 1000,
    flipped: 50,
    flipped_in_record: 3500,
    changed_in_packet: 400,
    spliced: 600,
    with_length: 1800,
    with_frame_length: 600,
    noise: 400,
    confluent: 400,
    several_records: 50,
    deflated: 500,
    bomb: 1,
    not_utf8: 300,
    object_id: 100,
    history: 250,
    schema_text: 49,
}


def hostile_message(random: Random) -> bytes:
    """Return a message of a random kind."""
    return random.choices(list(MAKERS), list(MAKERS.values()))[0](random)
