"""The description of all settings: complete, current, and true to what loading accepts."""

from __future__ import annotations

import dataclasses
import json
import tomllib
import typing
from typing import Any

import jsonschema
import pytest

from fink_t2.cli import main
from fink_t2.config import StreamConfig, load_config
from fink_t2.config.reference import json_schema, markdown
from tests.conftest import CHECKOUT


def sections() -> list[type]:
    """Return the dataclasses of the configuration."""
    types = typing.get_type_hints(StreamConfig).values()
    return [
        part
        for field_type in types
        for part in (field_type, *typing.get_args(field_type))
        if dataclasses.is_dataclass(part)
    ]


def with_value(document: dict[str, Any], section: str, key: str, value: Any) -> dict[str, Any]:
    changed = json.loads(json.dumps(document))
    changed.setdefault(section, {})[key] = value
    return changed


def test_the_page_is_current() -> None:
    """If this fails: fink-t2 config reference > docs/configuration.md."""
    assert (CHECKOUT / "docs" / "configuration.md").read_text() == markdown()


def test_the_page_has_every_key() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    keys = [row.split("`")[1] for row in rows]
    expected = [field.name for model in sections() for field in dataclasses.fields(model)]
    assert sorted(keys) == sorted([*expected, "survey", "checkpoint", "spark"])
    assert all(row.count("|") == 5 and not row.endswith("|  |") for row in rows)


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_the_shipped_files_agree_with_the_schema(survey: str) -> None:
    document = tomllib.loads((CHECKOUT / "conf" / f"{survey}.toml").read_text())
    jsonschema.validate(document, json_schema())


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("source", "kind", "pigeon"),
        ("source", "kid", "kafka"),
        ("source", "alerts_per_batch", 0),
        ("source", "topics", "ztf"),
        ("trigger", "once", 1),
        ("trigger", "seconds", -0.5),
        ("kafka", "options", {"client.id": 3}),
    ],
)
def test_the_schema_refuses_what_loading_refuses(section: str, key: str, value: Any) -> None:
    document = tomllib.loads((CHECKOUT / "conf" / "ztf.toml").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(with_value(document, section, key, value), json_schema())


def test_defaults_are_those_of_the_models() -> None:
    models = json_schema()["$defs"]
    for model in sections():
        properties = models[model.__name__]["properties"]
        for field in dataclasses.fields(model):
            if field.default is not dataclasses.MISSING:
                assert json.dumps(properties[field.name]["default"]) == json.dumps(field.default)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(CHECKOUT / "conf" / "lsst.toml")
    assert main(["config", "check", path]) == 0
    assert f"{path}: a valid configuration for lsst alerts" in capsys.readouterr().out
    assert main(["config", "check", path, "--set", "model.nam=t2-lsst"]) == 1
    assert "unknown key 'model.nam'; did you mean 'name'?" in capsys.readouterr().err
    assert main(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()
    assert main(["config", "reference"]) == 0
    assert capsys.readouterr().out == markdown()
    assert load_config(path, ["model.name=t2-lsst"]).model.name == "t2-lsst"
