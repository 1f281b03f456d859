"""The simulation stays close to the real light curves and alerts."""

from pathlib import Path

import pandas as pd
import pytest

from fink_t2.errors import FinkT2Error
from fink_t2.simulation.comparison import (
    as_markdown,
    comparison_table,
    read_real,
    simulate_sample,
)
from fink_t2.simulation.comparison_figure import draw_comparison


@pytest.fixture(scope="module")
def table(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    real, simulated = read_real(shared), simulate_sample(1500, seed=5)
    figure = tmp_path_factory.mktemp("figure") / "simulation.png"
    draw_comparison(real, simulated, figure)
    assert figure.stat().st_size > 10_000
    return comparison_table(real, simulated).set_index(["kind", "class", "quantity"])


@pytest.mark.parametrize("label", ["SNIa", "SNII"])
@pytest.mark.parametrize(
    "quantity", ["peak r", "g-r-8", "g-r+0", "g-r+10", "g-r+20", "r-8", "r+15", "r+30", "g+15"]
)
def test_medians_of_light_curves(table: pd.DataFrame, label: str, quantity: str) -> None:
    assert abs(table.loc[("curves", label, quantity), "offset"]) < 0.5


@pytest.mark.parametrize(
    "quantity", ["visits", "detections", "last magnitude", "median error", "range in r", "g-r"]
)
def test_medians_of_type_ia_alerts(table: pd.DataFrame, quantity: str) -> None:
    assert abs(table.loc[("alerts", "SNIa", quantity), "offset"]) < 0.5


def test_active_nuclei_and_variables_are_seen_in_both_signs(table: pd.DataFrame) -> None:
    for label in ("AGN", "variable"):
        row = table.loc[("alerts", label, "share negative")]
        assert row["q25 sim"] == 0
        assert row["q75 sim"] > 0.9


def test_markdown_has_a_line_per_row(table: pd.DataFrame) -> None:
    text = as_markdown(table.reset_index())
    assert len(text.splitlines()) == len(table) + 2


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(FinkT2Error, match="ztf_lightcurves"):
        read_real(tmp_path)
