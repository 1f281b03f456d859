"""``fink-t2 classify`` with other modules than t2, and with several."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fink_t2.classifier import find_model
from fink_t2.cli import main
from fink_t2.modules.configured import module_with_model
from fink_t2.science.classes import CLASSES
from fink_t2.surveys import ZTF
from tests.conftest import CHECKOUT

EXAMPLES = "tests.modules.example_modules"


@pytest.fixture(scope="module")
def alerts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty of the packets that come with the project."""
    folder = tmp_path_factory.mktemp("alerts")
    for path in sorted((CHECKOUT / "data" / "alerts").glob("*.avro"))[:20]:
        (folder / path.name).symlink_to(path)
    return folder


def classify(source: Path, out: Path, *options: str) -> pd.DataFrame:
    assert main(["classify", str(source), "--out", str(out), *options]) == 0
    return pd.read_parquet(out)


def test_two_modules_in_one_run(
    alerts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = classify(alerts, tmp_path / "both.parquet", "--module", "t2", "--module", "atx")
    printed = capsys.readouterr().out.splitlines()
    t2 = classify(alerts, tmp_path / "t2.parquet")
    atx = classify(alerts, tmp_path / "atx.parquet", "--module", "atx")
    pd.testing.assert_frame_equal(both[t2.columns], t2)
    # The map of the second module has its name in front of the classes.
    renamed = atx.rename(columns={name: f"atx_{name}" for name in CLASSES})
    identifiers = ["objectId", "candid"]
    pd.testing.assert_frame_equal(both[renamed.columns], renamed)
    assert [*both.columns] == [*t2.columns, *renamed.columns.drop(identifiers)]
    assert (both["atx_model"] == find_model("atx-ztf").label).all()
    for prefix in ("", "atx "):
        assert any(line.startswith(f"{prefix}class: ") for line in printed)
        n_ok = (both["t2_status"] == "ok").sum()
        assert f"{prefix}status ok: {n_ok}" in printed


def test_columns_of_a_file_are_the_declared_ones_that_are_reproducible(
    alerts: Path, tmp_path: Path
) -> None:
    table = classify(alerts, tmp_path / "t2.parquet")
    declared = [c.name for c in module_with_model("t2", ZTF).columns[1:] if c.is_reproducible]
    assert [*table.columns] == ["objectId", "candid", *CLASSES, *declared]
    assert "t2_processed_at" not in table
    first = (tmp_path / "t2.parquet").read_bytes()
    classify(alerts, tmp_path / "t2.parquet")
    assert (tmp_path / "t2.parquet").read_bytes() == first


def test_the_model_of_a_module(alerts: Path, tmp_path: Path) -> None:
    by_module = classify(alerts, tmp_path / "a.parquet", "--module", "t2=t2-ztf/0.3.0")
    by_model = classify(alerts, tmp_path / "b.parquet", "--model", "t2-ztf/0.3.0")
    pd.testing.assert_frame_equal(by_module, by_model)
    assert set(by_module["t2_model"]) == {"t2-ztf/0.3.0"}


def test_a_module_of_another_package_that_fails_on_some(alerts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    table = classify(alerts, out, "--module", "t2", "--module", f"{EXAMPLES}:Counter")
    np.testing.assert_array_equal(table["counter"], table["t2_n_g"] + table["t2_n_r"])
    np.testing.assert_array_equal(table["counter_half_a"], table["counter"] / 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--module", "t3"], "'t3'; known: t2, atx"),
        (["--module", "t2", "--module", "atx", "--model", "t2-ztf"], "--module NAME=MODEL"),
        (["--module", "t2=t2-ztf", "--model", "t2-ztf"], "--module NAME=MODEL"),
        (["--module", f"{EXAMPLES}:MeanDifference"], "difference cutout.*run it in the stream"),
    ],
)
def test_what_cannot_be_run_is_said(
    alerts: Path,
    tmp_path: Path,
    options: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out.csv"
    assert main(["classify", str(alerts), "--out", str(out), *options]) == 1
    assert re.search(message, capsys.readouterr().err)
    assert not out.exists()
