"""Every layout is recognised in a faithful example, and read point for point."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fink_t2.errors import AlertError
from fink_t2.files.members import archive_members
from fink_t2.files.tables.points import TablePoints, read_points
from fink_t2.files.tables.read import read_table
from fink_t2.files.tables.recognise import Columns, recognise
from tests.files.tables import layout_page
from tests.files.tables.layout_examples import EXAMPLES, POINTS, Example, atlas_forced, flux


def read(path: Path, survey: str = "ztf") -> tuple[str, TablePoints]:
    """Return the name of the recognised layout, and the points."""

    def on_broken(error: AlertError) -> None:
        raise error

    members = archive_members(path, on_broken)
    member = next(members)
    table, notes = read_table(member)
    assert not notes
    columns = Columns(table)
    reading = recognise(columns, member.name)
    return reading.layout.name, read_points(columns, reading, path.stem, survey)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_layout_is_recognised_and_read(tmp_path: Path, name: str) -> None:
    example: Example = EXAMPLES[name]
    layout, points = read(example.write(tmp_path))
    assert layout == example.layout
    assert points.unit == example.unit
    assert not points.notes
    expected = POINTS if example.has_objects else {"ZTF21aaaaaaa": POINTS["ZTF21aaaaaaa"]}
    [objects] = [ids for key, ids in points.identifiers.items() if key not in
                 ("candid", "diaSourceId")]  # fmt: skip
    assert objects.to_pylist() == list(expected)
    flat = [point for curve in expected.values() for point in curve]
    np.testing.assert_array_equal(np.diff(points.starts), [len(c) for c in expected.values()])
    np.testing.assert_allclose(points.mjd, [p[0] for p in flat], rtol=0, atol=1e-6)
    assert points.passband.tolist() == [p[1] for p in flat]
    if example.unit == "mag":
        np.testing.assert_allclose(points.value, [p[2] for p in flat])
        np.testing.assert_allclose(points.error, [p[3] for p in flat])
    else:
        zero_point = {"fluxcal": 27.5, "nJy": 31.4}[example.unit]
        fluxes = [flux(p[2], p[3], zero_point) for p in flat]
        sign = [1 if p[4] or not example.has_sign else -1 for p in flat]
        np.testing.assert_allclose(points.value, [f[0] * s for f, s in zip(fluxes, sign,
                                   strict=True)], rtol=1e-5)  # fmt: skip
        np.testing.assert_allclose(points.error, [f[1] for f in fluxes], rtol=1e-4)
    assert (points.sign is not None) == (example.has_sign and example.unit == "mag")


def test_atlas_is_recognised_with_its_own_passbands(tmp_path: Path) -> None:
    layout, points = read(atlas_forced(tmp_path))
    assert layout == "ATLAS forced photometry"
    assert points.passband.tolist() == ["c", "o", "c", "o"]
    expected = [flux(p[2], p[3], 23.9)[0] for p in POINTS["ZTF21aaaaaaa"]]
    np.testing.assert_allclose(points.value, expected, rtol=1e-4)


def test_alert_identifiers_keep_all_digits(tmp_path: Path) -> None:
    _, points = read(EXAMPLES["fink_arrays"].write(tmp_path))
    assert points.identifiers["candid"].to_pylist() == [1105522281015015000, 1105522281015015001]


def test_the_page_of_layouts_is_current() -> None:
    assert layout_page.PAGE.read_text() == layout_page.page(), (
        "docs/inputs.md is not current: run python -m tests.files.tables.layout_page"
    )


def test_every_layout_has_an_example() -> None:
    for line in layout_page.rows()[2:]:
        assert not line.endswith("|  |"), line
