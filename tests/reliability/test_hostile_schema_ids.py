"""Schema ids come from outside: one that a registry does not like must not end the job."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fink_t2.alerts.schema_sources import SchemaRegistry
from fink_t2.errors import AlertError


class Refusing(HTTPServer):
    """Answers every request with one status."""

    status = 404
    asked = 0


class Handler(BaseHTTPRequestHandler):
    server: Refusing

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[Refusing]:
    server = Refusing(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_an_id_that_the_registry_refuses_is_the_alerts_fault(
    registry: Refusing, status: int
) -> None:
    registry.status = status
    source = SchemaRegistry(f"http://127.0.0.1:{registry.server_port}")
    with pytest.raises(AlertError, match="schema 77 is not in"):
        source.schema_text(77)


def test_an_id_beyond_all_registries_is_not_even_asked_for(registry: Refusing) -> None:
    source = SchemaRegistry(f"http://127.0.0.1:{registry.server_port}")
    with pytest.raises(AlertError, match="can be in no registry"):
        source.schema_text((1 << 32) - 1)
    assert registry.asked == 0
