"""The README's table of output columns is the declared columns."""

from __future__ import annotations

import pytest

from fink_t2.cli import main
from fink_t2.commands.modules import markdown_table
from fink_t2.modules.configured import module_with_model
from fink_t2.modules.output_column import OutputColumn
from fink_t2.stream.classification import SOURCE_COLUMN, SOURCE_DOCUMENTATION
from fink_t2.surveys import LSST, ZTF
from tests.conftest import CHECKOUT


def test_the_readme_has_the_declared_columns() -> None:
    """If this fails: fink-t2 modules t2 --markdown."""
    table = markdown_table([*module_with_model("t2", ZTF).columns])
    source = f"| `{SOURCE_COLUMN}` | struct | {SOURCE_DOCUMENTATION} |"
    assert f"{table}\n{source}\n" in (CHECKOUT / "README.md").read_text()


def test_the_columns_of_t2_are_those_of_earlier_releases() -> None:
    expected = ["t2", "t2_class", "t2_prob", "t2_unknown", "t2_status", "t2_n_g", "t2_n_r"]
    types = ["map<string,float>", "string", "float", "float", "string", "int", "int"]
    columns = module_with_model("t2", ZTF).columns
    assert [c.name for c in columns] == [*expected, "t2_model", "t2_processed_at"]
    assert [c.type for c in columns] == [*types, "string", "timestamp"]
    lsst = [c.name for c in module_with_model("t2", LSST).columns]
    assert lsst[5:11] == [f"t2_n_{band}" for band in "ugrizy"]


def test_the_command_lists_modules_and_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["modules"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("t2 ")
    assert first.endswith("(t2-ztf)")
    assert second.startswith("atx ")
    assert main(["modules", "t2", "atx=atx-ztf"]) == 0
    lines = capsys.readouterr().out.splitlines()
    declared: list[OutputColumn] = [
        column for name in ("t2", "atx") for column in module_with_model(name, ZTF).columns
    ]
    assert [line.split()[0] for line in lines] == [column.name for column in declared]
    assert all(line.endswith(c.documentation) for line, c in zip(lines, declared, strict=True))
    assert main(["modules", "t2", "--markdown"]) == 0
    assert capsys.readouterr().out.rstrip() in (CHECKOUT / "README.md").read_text()
    assert main(["modules", "t3"]) == 1
    assert "'t3'; known: t2, atx" in capsys.readouterr().err
