"""Where Confluent schema ids are looked up: folder, registry, package."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from fink_t2.alerts import schema_source, schema_sources
from fink_t2.alerts.schema_sources import SchemaFolder, SchemaRegistry
from fink_t2.errors import AlertError, ConfigError
from tests.alerts import rubin


class Registry(HTTPServer):
    """Answers as a Confluent registry does, or as it should not."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.answers: dict[str, tuple[int, bytes]] = {
            f"/schemas/ids/{version}": (200, json.dumps({"schema": rubin.text(version)}).encode())
            for version in (703, 1000)
        }
        self.answers["/subjects/alert-packet/versions/latest"] = (200, b'{"id": 1000}')
        self.requests: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers.get("Authorization")))
        status, body = self.server.answers.get(self.path, (404, b"{}"))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[Registry]:
    server = Registry()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_sources, "RETRY_SECONDS", 0.01)


def test_a_registry_is_asked_once_for_each_schema(registry: Registry) -> None:
    source = schema_source(registry.url + "/")
    assert isinstance(source, SchemaRegistry)
    for _ in range(3):
        assert source.schema_text(703) == rubin.text(703)
    assert source.newest() == 1000
    asked = [path for path, _ in registry.requests]
    assert asked == ["/schemas/ids/703", "/subjects/alert-packet/versions/latest"]


def test_what_a_registry_does_not_have(registry: Registry) -> None:
    source = SchemaRegistry(registry.url)
    with pytest.raises(AlertError, match="schema 999 is not in http"):
        source.schema_text(999)
    del registry.answers["/subjects/alert-packet/versions/latest"]
    with pytest.raises(ConfigError, match="no subject"):
        source.newest()


@pytest.mark.parametrize(
    ("status", "body", "reason", "times"),
    [
        (500, b"{}", "HTTP 500", 4),
        (401, b"{}", "HTTP 401", 1),
        (200, b"<html>", "does not answer", 4),
        (200, b"[1]", "not a JSON object", 4),
        (200, b'{"schema": "' + b" " * 400_000 + b'"}', "does not answer", 4),
        (200, b'{"id": 3}', "contains no schema", 1),
    ],
)
def test_a_registry_that_answers_wrongly(
    registry: Registry, status: int, body: bytes, reason: str, times: int
) -> None:
    """An outage is no fault of the alerts: it must not send them to dead letters."""
    registry.answers["/schemas/ids/703"] = (status, body)
    with pytest.raises(ConfigError, match=reason):
        SchemaRegistry(registry.url).schema_text(703)
    assert len(registry.requests) == times


def test_a_registry_that_comes_back(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    good = registry.answers["/schemas/ids/703"]
    registry.answers["/schemas/ids/703"] = (503, b"")

    def recover(seconds: float) -> None:
        registry.answers["/schemas/ids/703"] = good

    monkeypatch.setattr("time.sleep", recover)
    assert SchemaRegistry(registry.url).schema_text(703) == rubin.text(703)


def test_no_registry_there() -> None:
    with pytest.raises(ConfigError, match="does not answer"):
        SchemaRegistry("http://127.0.0.1:1").schema_text(703)


def test_user_and_password_go_into_the_header_and_nowhere_else(registry: Registry) -> None:
    source = SchemaRegistry(registry.url.replace("//", "//rubin:p%40ss@"))
    source.schema_text(703)
    assert registry.requests[0][1] == "Basic " + base64.b64encode(b"rubin:p@ss").decode()
    with pytest.raises(AlertError) as caught:
        source.schema_text(999)
    assert "p%40ss" not in str(caught.value)


def test_a_folder_of_whole_schemas(tmp_path: Path) -> None:
    (tmp_path / "703.avsc").write_text(rubin.text(703))
    (tmp_path / "1000.json").write_text(rubin.text(1000))
    source = schema_source(str(tmp_path))
    assert isinstance(source, SchemaFolder)
    assert source.newest() == 1000
    assert json.loads(source.schema_text(703))["fields"][0]["name"] == "alertId"
    with pytest.raises(AlertError, match="schema 800 is not in"):
        source.schema_text(800)


def test_a_folder_as_rubin_lays_it_out(tmp_path: Path) -> None:
    """A file for each record type, which refer to each other by name."""
    folder = tmp_path / "7" / "3"
    folder.mkdir(parents=True)
    source = {
        "type": "record",
        "name": "lsst.v7_3.diaSource",
        "fields": [{"name": "psfFlux", "type": "float"}],
    }
    alert = {
        "type": "record",
        "name": "lsst.v7_3.alert",
        "fields": [
            {"name": "diaSource", "type": "lsst.v7_3.diaSource"},
            {"name": "prvDiaSources", "type": {"type": "array", "items": "lsst.v7_3.diaSource"}},
        ],
    }
    (folder / "lsst.v7_3.diaSource.avsc").write_text(json.dumps(source))
    (folder / "lsst.v7_3.alert.avsc").write_text(json.dumps(alert))
    schemas = SchemaFolder(tmp_path)
    assert schemas.newest() == 703
    whole = json.loads(schemas.schema_text(703))
    assert whole["fields"][0]["type"]["fields"] == source["fields"]
    (folder / "lsst.v7_3.diaSource.avsc").unlink()
    with pytest.raises(ConfigError, match="not a readable schema"):
        SchemaFolder(tmp_path).schema_text(703)


@pytest.mark.parametrize("text", ["{", '{"type": "record"}', '{"type": "what"}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "703.avsc").write_text(text)
    with pytest.raises(ConfigError, match=r"703\.avsc: not a readable schema"):
        SchemaFolder(tmp_path).schema_text(703)


def test_settings_that_name_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert schema_source("") is None
    with pytest.raises(ConfigError, match="contains no schemas"):
        schema_source(str(tmp_path))
    with pytest.raises(ConfigError, match="no such folder"):
        schema_source(str(tmp_path / "nowhere"))
    monkeypatch.setattr(schema_sources, "PACKAGE", "no.such.package")
    with pytest.raises(ConfigError, match=r"fink_t2\[lsst\]"):
        schema_source("package:lsst-alert-packet")
