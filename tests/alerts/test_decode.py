"""Alerts decoded by this package against fastavro's own reading of whole packets."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import fastavro
import pytest

from fink_t2.alerts import SchemaSource, decode_alert, decode_alerts, schema_source
from fink_t2.alerts.wanted_fields import wanted_fields
from fink_t2.errors import AlertError
from fink_t2.surveys import LSST, get_survey, registered
from tests.alerts import rubin
from tests.conftest import CHECKOUT

POINT = wanted_fields(LSST)["prvDiaSources"][0]


def wanted(whole: Any, fields: Any) -> Any:
    """Cut a whole alert down to the wanted fields; None for those it lacks."""
    if isinstance(fields, list):
        return None if whole is None else [wanted(one, fields[0]) for one in whole]
    if isinstance(fields, dict):
        if whole is None:
            return None
        return {name: wanted(whole.get(name), kind) for name, kind in fields.items()}
    return whole


def same(found: Any, expected: Any) -> bool:
    """Equality that takes NaN for equal to itself."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            same(found[key], value) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return bool(found == expected or (found != found and expected != expected))


def check_container(path: Path, survey: str) -> list[dict[str, Any]]:
    with path.open("rb") as stream:
        expected = [
            wanted(whole, wanted_fields(get_survey(survey))) for whole in fastavro.reader(stream)
        ]
    found = list(decode_alerts(path.read_bytes(), survey))
    assert len(found) == len(expected)
    assert all(map(same, found, expected))
    return found


def test_packets_of_ours() -> None:
    for path in sorted((CHECKOUT / "data" / "alerts").glob("*.avro"))[::10]:
        (alert,) = check_container(path, "ztf")
        assert alert["candidate"]["isdiffpos"] in ("t", "f")


@pytest.mark.parametrize(
    ("folder", "versions"),
    [("ztf_v3", {"3.2", "3.3"}), ("ztf_v4", {"4.01", "4.02"}), ("ztf_sequence", {"3.3"})],
)
def test_real_ztf_packets(shared: Path, folder: str, versions: set[str]) -> None:
    found = set()
    for path in sorted((shared / "data" / "alerts" / folder).glob("*.avro")):
        check_container(path, "ztf")
        with path.open("rb") as stream:
            found.update(whole["schemavsn"] for whole in fastavro.reader(stream))
    assert found == versions


def test_real_rubin_alerts_in_a_container(shared: Path) -> None:
    alerts = check_container(shared / "data" / "alerts" / "lsst" / "part-2-918301.avro", "lsst")
    assert len(alerts) == 7
    assert sum(len(alert["prvDiaSources"] or ()) for alert in alerts) == 1734


def test_real_rubin_alerts_as_they_travel(shared: Path, rubin_schemas: SchemaSource) -> None:
    ids = set()
    for path in sorted((shared / "data" / "alerts" / "lsst" / "confluent_framed").glob("*")):
        message = path.read_bytes()
        number = int.from_bytes(message[1:5], "big")
        text = rubin_schemas.schema_text(number)
        whole = fastavro.schemaless_reader(io.BytesIO(message[5:]), json.loads(text), None)
        expected = wanted(whole, wanted_fields(LSST))
        assert same(decode_alert(message, "lsst", rubin_schemas), expected)
        ids.add(number)
    assert ids == {701, 703, 900}


@pytest.mark.parametrize("version", [703, 1000])
def test_rubin_framed_and_in_containers(tmp_path: Path, version: int) -> None:
    (tmp_path / f"{version}.avsc").write_text(rubin.text(version))
    schemas = schema_source(str(tmp_path))
    alert = rubin.alert(3)
    found = decode_alert(rubin.framed(version, alert), "lsst", schemas)
    assert found["diaSource"]["diaSourceId"] == 3000
    assert (
        found["prvDiaSources"][0]["midpointMjdTai"] == alert["prvDiaSources"][0]["midpointMjdTai"]
    )
    several = list(decode_alerts(rubin.contained(version, [alert, rubin.alert(4)]), "lsst"))
    assert several[0] == found
    assert [one["diaSource"]["diaSourceId"] for one in several] == [3000, 4000]


def packet() -> bytes:
    return sorted((CHECKOUT / "data" / "alerts").glob("*.avro"))[0].read_bytes()


def rewritten(**changes: Any) -> bytes:
    """One of our packets with some of its fields changed."""
    (alert,) = fastavro.reader(io.BytesIO(packet()))
    schema = json.loads(fastavro.reader(io.BytesIO(packet())).metadata["avro.schema"])
    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(schema), [{**alert, **changes}])
    return out.getvalue()


def test_what_is_no_single_alert() -> None:
    two = rubin.contained(1000, [rubin.alert(1), rubin.alert(2)])
    with pytest.raises(AlertError, match="contains 2 alerts"):
        decode_alert(two, "lsst")
    with pytest.raises(AlertError, match="schema 703 is needed, and no source"):
        decode_alert(rubin.framed(703, rubin.alert()), "lsst")


def test_another_surveys_alert_names_what_it_lacks() -> None:
    with pytest.raises(AlertError, match=r"'lsst.v10_0.alert' has no readable objectId, candid"):
        decode_alert(rubin.contained(1000, [rubin.alert()]), "ztf")
    with pytest.raises(AlertError, match=r"has no readable diaSource.diaSourceId"):
        decode_alert(packet(), "lsst")


def test_null_in_a_required_field_is_named() -> None:
    alert = rubin.alert()
    alert["diaSource"]["band"] = None
    with pytest.raises(AlertError, match=r"diaSource.band is null"):
        decode_alert(rubin.contained(1000, [alert]), "lsst")


def test_a_record_that_ends_early_or_late_has_a_reason(tmp_path: Path) -> None:
    (tmp_path / "1000.avsc").write_text(rubin.text(1000))
    schemas = schema_source(str(tmp_path))
    message = rubin.framed(1000, rubin.alert())
    with pytest.raises(AlertError, match="does not match its schema"):
        decode_alert(message[:-30], "lsst", schemas)
    with pytest.raises(AlertError, match="3 bytes are left after the last record"):
        decode_alert(message + b"end", "lsst", schemas)


def test_an_alert_without_history_is_an_alert() -> None:
    alert = decode_alert(rewritten(prv_candidates=None), "ztf")
    assert alert["prv_candidates"] is None
    assert decode_alert(rewritten(prv_candidates=[]), "ztf")["prv_candidates"] == []


def test_every_required_field_is_wanted() -> None:
    for survey in registered():
        for name in survey.required_fields:
            fields: Any = wanted_fields(survey)
            for part in name.split("."):
                fields = fields[part]
            assert isinstance(fields, str)
