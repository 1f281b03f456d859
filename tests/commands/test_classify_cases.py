"""Inputs that were misread once, with the right answers (``../shared/cases``)."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from fink_t2 import cli
from tests.conftest import CHECKOUT


@pytest.fixture
def cases(shared: Path) -> Path:
    return shared / "cases"


def classify(
    path: Path, tmp_path: Path, *options: str, exit_code: int = 0, suffix: str = ".parquet"
) -> pd.DataFrame:
    """Run ``fink-t2 classify`` and return what it wrote."""
    out = tmp_path / f"out{suffix}"
    assert cli.main(["classify", str(path), "--out", str(out), *options]) == exit_code
    if suffix == ".csv":
        return pd.read_csv(out, dtype=str)
    return pq.read_table(out).to_pandas(types_mapper=pd.ArrowDtype)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".ecsv"])
def test_identifiers_of_two_surveys_are_exact(cases: Path, tmp_path: Path, suffix: str) -> None:
    path = cases / "04-mixed-surveys" / "in"
    if suffix == ".ecsv":
        classify(path, tmp_path, suffix=".csv")
        out = tmp_path / "out.ecsv"
        assert cli.main(["classify", str(path), "--out", str(out)]) == 0
        text = out.read_text()
        assert "1105522281015015000" in text
        assert "170094456272322680" in text
        return
    table = classify(path, tmp_path, suffix=suffix)
    assert set(table["candid"].dropna().astype(str)) == {"1105522281015015000"}
    assert set(table["diaSourceId"].dropna().astype(str)) == {"170094456272322680"}


def test_a_name_that_avro_forbids_is_no_obstacle(cases: Path, tmp_path: Path) -> None:
    assert len(classify(cases / "06-avro-name" / "in", tmp_path)) == 2


def test_a_zero_filled_file_is_named_and_the_rest_is_classified(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = classify(cases / "09-zero-first-byte" / "in", tmp_path, exit_code=1)
    assert len(table) == 1
    said = capsys.readouterr()
    assert "zero_filled.avro" in said.err
    assert "package" not in said.err
    assert "1 files, packets or tables could not be read" in said.out


def test_files_of_macos_in_a_tar_are_no_alerts(cases: Path, tmp_path: Path) -> None:
    assert len(classify(cases / "09-zero-first-byte" / "mac.tar", tmp_path)) == 1


def test_a_column_that_is_null_in_one_file_loses_no_row(cases: Path, tmp_path: Path) -> None:
    table = classify(cases / "11-null-column" / "in", tmp_path)
    assert len(table) == 2
    assert (table["t2_status"] == "ok").all()


@pytest.mark.parametrize(
    ("name", "rows", "note"),
    [
        ("arrays.csv", 2, ""),
        ("arrays_firstnull.parquet", 2, ""),
        ("band_missing.csv", 2, "1 points have no band"),
        ("bandnull_arr.parquet", 2, "1 points have no band"),
        ("fid_missing.csv", 2, "1 points have no fid"),
        ("fidnull_arr.parquet", 2, "1 points have no cfid"),
        ("mag_text.csv", 2, "1 cells of magpsf are not numbers"),
    ],
)
def test_cells_that_can_not_be_read_cost_a_point(
    cases: Path, tmp_path: Path, name: str, rows: int, note: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    table = classify(cases / "12-table-cells" / name, tmp_path)
    assert len(table) == rows
    assert (table["t2_status"] == "ok").sum() == rows - (name == "arrays_firstnull.parquet")
    assert note in capsys.readouterr().err


def test_an_earlier_output_in_the_folder_is_left_out(cases: Path, tmp_path: Path) -> None:
    assert len(classify(cases / "13-folder-reruns" / "alerts", tmp_path)) == 1


def test_the_same_command_twice_with_the_output_in_the_folder(cases: Path, tmp_path: Path) -> None:
    source = cases / "13-folder-reruns" / "alerts" / "good.avro"
    (tmp_path / "good.avro").write_bytes(source.read_bytes())
    for _ in range(2):
        assert len(classify(tmp_path, tmp_path)) == 1


def test_a_folder_that_spark_wrote_is_one_table(cases: Path, tmp_path: Path) -> None:
    table = classify(cases / "13-folder-reruns" / "light_curves.parquet", tmp_path)
    assert len(table) == 2


def test_objects_whose_points_lie_in_several_parts(cases: Path, tmp_path: Path) -> None:
    [part] = (cases / "13-folder-reruns" / "light_curves.parquet").glob("part-*")
    whole = pq.read_table(part)
    folder = tmp_path / "curves.parquet"
    folder.mkdir()
    for number in range(3):
        rows = list(range(number, len(whole), 3))
        pq.write_table(whole.take(rows), folder / f"part-{number}.parquet")
    together = classify(folder, tmp_path)
    alone = classify(part, tmp_path)
    pd.testing.assert_frame_equal(together, alone)


def test_a_truncated_file_is_named_and_the_rest_is_classified(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(classify(cases / "13-folder-reruns" / "truncated", tmp_path, exit_code=1)) == 1
    assert "half.parquet" in capsys.readouterr().err


def test_the_unit_of_a_column_with_a_defined_unit_is_known(cases: Path, tmp_path: Path) -> None:
    path = cases / "14-psfflux-unit"
    by_name = classify(path, tmp_path)
    given = classify(path, tmp_path, "--survey", "lsst", "--flux-unit", "nJy")
    pd.testing.assert_frame_equal(by_name, given)


@pytest.mark.parametrize("name", ["sign_F.parquet", "sign_m1.parquet", "sign_zero.parquet"])
def test_every_spelling_of_a_negative_subtraction(cases: Path, tmp_path: Path, name: str) -> None:
    table = classify(cases / "15-isdiffpos" / name, tmp_path)
    assert (table["t2_class"] == "AGN").all()
    assert table["t2_prob"].min() > 0.99


def test_nan_is_no_solar_system_object(cases: Path, tmp_path: Path) -> None:
    table = classify(cases / "20-nan-ssobjectid", tmp_path)
    assert len(table) == 31
    assert (table["t2_status"] == "solar_system").sum() == 7


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("bytes.parquet", ()),
        ("fidstr.parquet", ()),
        ("zgzr.csv", ()),
        ("pl_letters.csv", ("--survey", "lsst", "--flux-unit", "fluxcal")),
        ("pl_numbers.csv", ("--survey", "lsst", "--flux-unit", "fluxcal")),
    ],
)
def test_passbands_of_every_form(
    cases: Path, tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    table = classify(cases / "21-passband-codes" / name, tmp_path, *options)
    assert (table["t2_status"] == "ok").all()


def test_numbers_and_letters_of_plasticc_are_the_same_passbands(
    cases: Path, tmp_path: Path
) -> None:
    folder = cases / "21-passband-codes"
    options = ("--survey", "lsst", "--flux-unit", "fluxcal")
    letters = classify(folder / "pl_letters.csv", tmp_path, *options)
    numbers = classify(folder / "pl_numbers.csv", tmp_path, *options)
    pd.testing.assert_frame_equal(letters, numbers)


@pytest.mark.parametrize(
    ("name", "rows"), [("UPPER.CSV", 2), ("gz.csv.gz", 2), ("tab.tsv", 2), ("header_only.csv", 0)]
)
def test_kinds_of_files(cases: Path, tmp_path: Path, name: str, rows: int) -> None:
    table = classify(cases / "22-file-kinds" / name, tmp_path)
    assert len(table) == rows
    assert {"objectId", "SNIa", "t2_class", "t2_status"} <= set(table.columns)


def test_the_output_is_checked_before_the_work(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(cases / "22-file-kinds" / "tab.tsv")
    assert cli.main(["classify", path, "--out", str(tmp_path / "missing" / "o.csv")]) == 1
    assert "there is no folder" in capsys.readouterr().err
    assert cli.main(["classify", path, "--out", str(tmp_path / "o.xyz")]) == 1
    assert "the name must end in" in capsys.readouterr().err


def test_a_failed_run_leaves_the_earlier_result(cases: Path, tmp_path: Path) -> None:
    earlier = classify(cases / "22-file-kinds" / "tab.tsv", tmp_path)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "half.avro").write_bytes(b"Obj\x01 damaged")
    out = str(tmp_path / "out.parquet")
    assert cli.main(["classify", str(tmp_path / "bad"), "--out", out]) == 1
    left = pq.read_table(out).to_pandas(types_mapper=pd.ArrowDtype)
    pd.testing.assert_frame_equal(left, earlier)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_shipped_alerts_are_read_beside_the_table_of_their_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = classify(CHECKOUT / "data" / "alerts", tmp_path)
    assert len(table) == len(list((CHECKOUT / "data" / "alerts").glob("*.avro")))
    assert "truth.csv is a table without photometry" in capsys.readouterr().err


def test_a_table_without_photometry_alone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "classes.csv").write_text("objectId,class\nZTF21aaaaaaa,SNIa\n")
    for path in (tmp_path, tmp_path / "classes.csv"):
        command = ["classify", str(path), "--out", str(tmp_path / "out.parquet")]
        assert cli.main(command) == 1


@pytest.mark.parametrize(
    "name", ["21-passband-codes/fidstr.parquet", "06-avro-name/in/mangrove_struct.parquet"]
)
def test_parquet_is_read_from_archives_too(cases: Path, tmp_path: Path, name: str) -> None:
    alone = classify(cases / name, tmp_path)
    with tarfile.open(tmp_path / "night.tar.gz", "w:gz") as tar:
        tar.add(cases / name, "night/part.parquet")
    pd.testing.assert_frame_equal(classify(tmp_path / "night.tar.gz", tmp_path), alone)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_identifiers_of_different_tables_keep_all_digits(
    cases: Path, tmp_path: Path, suffix: str
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    table = cases / "12-table-cells" / "arrays_firstnull.parquet"
    (source / "with_candid.parquet").write_bytes(table.read_bytes())
    names = (cases / "21-passband-codes" / "zgzr.csv").read_text()
    (source / "names.csv").write_text(names)
    (source / "numbers.csv").write_text(
        names.replace("ZTF21aaaaaaa", "170094456272322680").replace("ZTF21bbbbbbb", "7")
    )
    result = classify(source, tmp_path, suffix=suffix)
    assert len(result) == 6
    assert set(result["candid"].dropna().astype(str)) == set(
        pq.read_table(table)["candid"].cast("string").to_pylist()
    )
    assert {"170094456272322680", "7", "ZTF21aaaaaaa"} <= set(result["objectId"])
