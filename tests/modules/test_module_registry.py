"""Modules by name, by import path, and what is refused."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pytest

from fink_t2.classifier import find_model
from fink_t2.errors import ModuleError
from fink_t2.modules import registry
from fink_t2.modules.output_column import OutputColumn
from fink_t2.modules.registry import default_model, known_modules, make_module, module_factory
from fink_t2.modules.science_module import ModuleSettings
from fink_t2.surveys import LSST, ZTF
from tests.modules.example_modules import Counter

PATH = "tests.modules.example_modules:Counter"


def test_the_modules_of_this_package_are_known_and_have_default_models() -> None:
    assert known_modules()[:2] == ["t2", "atx"]
    assert default_model(module_factory("t2"), ZTF) == "t2-ztf"
    assert default_model(module_factory("t2"), LSST) == "t2-lsst"
    assert default_model(module_factory("atx"), ZTF) == "atx-ztf"
    assert default_model(module_factory("atx"), LSST) is None
    assert default_model(Counter, ZTF) is None


def test_a_module_of_another_package_by_its_import_path() -> None:
    module = make_module(PATH, ModuleSettings(ZTF, options={"fails_on": [3]}))
    assert isinstance(module, Counter)
    assert module.fails_on == [3]


def test_a_module_of_another_package_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = importlib.metadata.EntryPoint("counter", PATH, registry.ENTRY_POINT_GROUP)
    points = importlib.metadata.EntryPoints([point])
    monkeypatch.setattr(registry, "entry_points", points.select)
    assert known_modules() == [*registry.OWN_MODULES, "counter"]
    assert isinstance(make_module("counter", ModuleSettings(ZTF)), Counter)


@pytest.mark.parametrize(
    "name", ["t3", "tests.modules.example_modules:Nothing", "no.such.package:Module", "numpy:pi"]
)
def test_an_unknown_module_is_an_error_that_lists_those_that_are_known(name: str) -> None:
    with pytest.raises(ModuleError, match=name) as error:
        module_factory(name)
    assert name == "numpy:pi" or "known: t2, atx" in str(error.value)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ModuleError, match="no option 'fail_on'; did you mean 'fails_on'"):
        make_module(PATH, ModuleSettings(ZTF, options={"fail_on": []}))
    with pytest.raises(ModuleError, match="no option 'depth'; known: none"):
        make_module("t2", ModuleSettings(ZTF, find_model("t2-ztf"), {"depth": 3}))


def test_a_network_without_a_model_is_refused() -> None:
    with pytest.raises(ModuleError, match="'atx' has no model for the survey 'lsst'"):
        make_module("atx", ModuleSettings(LSST))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classify": None}, "lacks one of"),
        ({"columns": Counter.columns[:-1]}, "no column 'counter_status'"),
        (
            {
                "columns": (
                    *Counter.columns[:-1],
                    OutputColumn("counter_status", "int", "A number."),
                )
            },
            "no column 'counter_status' of type 'string'",
        ),
        ({"columns": (*Counter.columns, Counter.columns[0])}, "two columns 'counter'"),
        ({"columns": (*Counter.columns, OutputColumn("count", "int", "Points."))}, "begin with"),
    ],
)
def test_a_module_that_is_not_written_as_it_must_be_is_refused(
    changes: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {k: v for k, v in vars(Counter).items() if not k.startswith("__")}
    spoilt = type("Spoilt", (), {"__init__": Counter.__init__, **kept, **changes})
    if changes.get("classify", ...) is None:
        del spoilt.classify
    monkeypatch.setitem(registry.OWN_MODULES, "spoilt", "tests.modules.example_modules:Spoilt")
    monkeypatch.setattr("tests.modules.example_modules.Spoilt", spoilt, raising=False)
    with pytest.raises(ModuleError, match=message):
        make_module("spoilt", ModuleSettings(ZTF))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("t2 n", "int", "Doc."), "no name|not a name"),
        (("2t", "int", "Doc."), "not a name"),
        (("t2_n", "integer", "Doc."), "the types are"),
        (("t2", "map<string,float>", "Doc."), "a map has 'keys'"),
        (("t2", "int", "Doc.", None, ("a",)), "a map has 'keys'"),
    ],
)
def test_a_column_that_is_not_declared_as_it_must_be_is_refused(
    arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ModuleError, match=message):
        OutputColumn(*arguments)
