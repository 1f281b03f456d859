"""Read a configuration from TOML, and name file and key of everything that is wrong with it."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import tomllib
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from fink_t2.config.models import StreamConfig
from fink_t2.config.rules import broken_rules
from fink_t2.errors import ConfigError

Settings = TypeVar("Settings")

#: Unknown keys are refused, and no value is converted except an integer to a float.
VALIDATION = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


def load_config(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> StreamConfig:
    """Read and check the configuration of a streaming job.

    Parameters
    ----------
    path : path
        TOML file.
    overrides : sequence of str
        Values that replace those of the file, each ``section.key=value`` in TOML; a string needs
        no quotes.

    Returns
    -------
    StreamConfig
        The checked configuration.

    Raises
    ------
    ConfigError
        If the file can't be read, or anything in it is wrong. The message names the file, and
        every wrong key on a line of its own.
    """
    document = read_toml(path)
    for override in overrides:
        _merge(document, _parse_override(override))
    config = settings_of_table(StreamConfig, document, str(path))
    _refuse(str(path), list(broken_rules(config)))
    return config


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    ConfigError
        If the file can't be read or is not valid TOML.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror})") from None
    return parse_toml(content, str(path))


def parse_toml(content: bytes, file: str) -> dict[str, Any]:
    """Parse the content of a TOML file.

    Raises
    ------
    ConfigError
        If it is not valid TOML; the message names the file.
    """
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not valid TOML ({error})") from None


def settings_of_table(model: type[Settings], table: dict[str, Any], file: str) -> Settings:
    """Build settings from a TOML table.

    Parameters
    ----------
    model : type
        Dataclass of the settings.
    table : dict
        The table as ``tomllib`` returns it.
    file : str
        Name of the file, for messages.

    Raises
    ------
    ConfigError
        If a key is unknown or missing, or a value has the wrong type or is out of range. The
        message names the file, and every wrong key on a line of its own.
    """

    def refuse_date(value: object) -> NoReturn:
        raise ConfigError(f"{file}: no setting takes a date or a time, such as {value}")

    # TOML is validated as JSON, in which pydantic's strict mode takes an array for a tuple and a
    # table for a dataclass. Only dates and times are not JSON.
    text = json.dumps([table], default=refuse_date)
    try:
        (settings,) = adapter(model).validate_json(text)
    except ValidationError as error:
        _refuse(file, [_explain(problem, model) for problem in error.errors(include_url=False)])
    return settings


def adapter(model: type[Settings]) -> TypeAdapter[list[Settings]]:
    """Return pydantic's validator for a list of one kind of settings.

    It is for a list because a dataclass of the standard library inherits `VALIDATION` from what
    contains it, but can't be given it.
    """
    return TypeAdapter(list[model], config=VALIDATION)  # type: ignore[valid-type]


def _refuse(file: str, problems: list[str]) -> None:
    if problems:
        raise ConfigError("\n".join(f"{file}: {problem}" for problem in problems))


def _explain(problem: Any, model: type) -> str:
    """Return a sentence for one of pydantic's errors."""
    _, *parents, name = problem["loc"]
    key = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"][1:]
    )
    key = key.removeprefix(".")
    if problem["type"] == "unexpected_keyword_argument":
        for part in parents:
            model = _type_of(model, part)
        known = typing.get_type_hints(model)
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        return f"unknown key {key!r}; {hint}"
    if problem["type"] == "missing":
        return f"{key!r} is missing"
    demand = problem["msg"].replace("Input should be", "must be").replace("an object", "a table")
    return f"{key!r} {demand}, not {problem['input']!r}"


def _type_of(model: Any, part: str | int) -> Any:
    """Return the type of a field of a dataclass, or of the items of an array."""
    if isinstance(part, int):
        return typing.get_args(model)[0]
    return typing.get_type_hints(model)[part]


def _parse_override(override: str) -> dict[str, Any]:
    key, equals, text = override.partition("=")
    # A value that is not TOML is a string without quotes.
    for line in (override, f"{key} = {json.dumps(text, ensure_ascii=False)}"):
        with contextlib.suppress(tomllib.TOMLDecodeError):
            if equals:
                return tomllib.loads(line)
    raise ConfigError(f"--set {override}: must have the form section.key=value")


def _merge(table: dict[str, Any], changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        previous = table.pop(name, None)
        if isinstance(previous, dict) and isinstance(value, dict):
            _merge(previous, value)
            value = previous
        # It comes last: an option may be there twice, with its name quoted and not.
        table[name] = value
