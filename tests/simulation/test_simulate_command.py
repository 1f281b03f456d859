"""``fink-t2 simulate`` writes what it says, and its errors name what is wrong."""

import csv
from pathlib import Path

import fastavro
import numpy as np
import pyarrow.parquet as pq
import pytest

from fink_t2.cli import main
from fink_t2.science.classes import CLASSES
from fink_t2.simulation.alert_archive import draw_alerts
from fink_t2.simulation.alert_packets import alert_packets


def test_light_curves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "curves.parquet"
    command = ["simulate", "light-curves", "--n", "28", "--survey", "lsst", "--seed", "3"]
    assert main([*command, "--workers", "1", "--out", str(out)]) == 0
    assert "28 objects" in capsys.readouterr().out
    table = pq.read_table(out).to_pandas()
    assert table["objectId"].nunique() == 28
    assert set(table["t2class"]) == set(CLASSES)
    assert set(table["band"]) <= set("ugrizy")
    assert table.groupby("objectId")["detected"].sum().min() >= 2


def test_chosen_classes(tmp_path: Path) -> None:
    out = tmp_path / "curves.parquet"
    command = ["simulate", "light-curves", "--n", "20", "--classes", "SNIa=3,other=1"]
    assert main([*command, "--workers", "1", "--out", str(out)]) == 0
    table = pq.read_table(out).to_pandas()
    assert table.groupby("t2class", observed=True)["objectId"].nunique().to_dict() == {
        "SNIa": 15,
        "other": 5,
    }


@pytest.mark.parametrize("classes", ["SNIa", "SNIa=x", "SNIz=1"])
def test_wrong_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str], classes: str) -> None:
    out = tmp_path / "curves.parquet"
    command = ["simulate", "light-curves", "--n", "20", "--classes", classes]
    assert main([*command, "--workers", "1", "--out", str(out)]) == 1
    assert "SNI" in capsys.readouterr().err
    assert not out.exists()


def test_alerts(tmp_path: Path) -> None:
    command = ["simulate", "alerts", "--n", "30", "--seed", "3", "--workers", "1"]
    assert main([*command, "--out", str(tmp_path / "alerts")]) == 0
    with (tmp_path / "alerts" / "truth.csv").open() as stream:
        truth = list(csv.DictReader(stream))
    assert len(truth) == 30
    assert {row["class"] for row in truth} == set(CLASSES)
    for row in truth:
        with (tmp_path / "alerts" / f"{row['candid']}.avro").open("rb") as stream:
            packet = next(fastavro.reader(stream))
        assert packet["objectId"] == row["objectId"]  # type: ignore[index,call-overload]
    candids = np.array([int(row["candid"]) for row in truth])
    assert (np.diff(candids) > 0).all()


def test_shipped_alerts_are_complete() -> None:
    folder = Path(__file__).resolve().parents[2] / "data" / "alerts"
    with (folder / "truth.csv").open() as stream:
        truth = list(csv.DictReader(stream))
    assert {path.stem for path in folder.glob("*.avro")} == {row["candid"] for row in truth}
    assert len(truth) == 300
    assert {row["class"] for row in truth} == set(CLASSES)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 15e6


def test_shipped_alerts_are_what_the_simulator_makes() -> None:
    # if this fails, run the command of docs/simulation.md that makes data/alerts, and commit
    folder = Path(__file__).resolve().parents[2] / "data" / "alerts"
    with (folder / "truth.csv").open() as stream:
        truth = [(r["objectId"], int(r["candid"]), r["class"]) for r in csv.DictReader(stream)]
    objects, alerts = draw_alerts(300, seed=1, workers=1)
    made = zip(alerts.objectId.tolist(), alerts.candid.tolist(), alerts.class_name, strict=True)
    assert list(made) == truth
    for position in (0, 150, 299):
        one = alerts.take(np.array([position]))
        packet = next(alert_packets(objects, one))
        with (folder / f"{packet['candid']}.avro").open("rb") as stream:
            shipped = next(fastavro.reader(stream))
        assert shipped["candidate"]["magpsf"] == pytest.approx(packet["candidate"]["magpsf"])  # type: ignore[index,call-overload]
        assert len(shipped["prv_candidates"]) == len(packet["prv_candidates"])  # type: ignore[index,call-overload,arg-type]


def test_no_alerts_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "alerts", "--n", "0", "--out", str(tmp_path)]) == 1
    assert "--n" in capsys.readouterr().err
