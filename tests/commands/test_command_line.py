"""``fink-t2``: its groups, its help, and how it reports what stops a command."""

from __future__ import annotations

import argparse
import errno
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from fink_t2 import cli, commands
from fink_t2.commands import GROUPS, command_names, load_command, summary
from fink_t2.errors import FinkT2Error

#: What `fink-t2 --help` does without: libraries of extras, and those that take long to import.
ABSENT = (
    *("astropy", "dust_extinction", "george", "keras", "matplotlib", "optuna", "sklearn"),
    *("scipy", "tensorflow"),
)
SLOW = ("confluent_kafka", "numba", "pandas", "pyarrow", "pyspark")

#: Put before a script: modules of the given names cannot be imported, as if not installed.
BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
from fink_t2.cli import main
"""


def without(names: tuple[str, ...], script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process in which some libraries are not installed."""
    return subprocess.run(
        [sys.executable, "-c", BLOCKER.format(names=names) + script],
        capture_output=True,
        text=True,
        check=False,
    )


def install(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make ``fink-t2 models`` a command that raises an error."""

    def run(args: argparse.Namespace) -> int:
        raise error

    command = ModuleType("fake", "A command.")
    command.add_arguments = lambda parser: None  # type: ignore[attr-defined]
    command.run = run  # type: ignore[attr-defined]
    monkeypatch.setattr(cli, "load_command", lambda name: command)


@pytest.mark.parametrize("name", command_names())
def test_every_command_has_a_group_a_line_and_examples(name: str) -> None:
    command = load_command(name)
    assert command.GROUP in GROUPS
    assert 10 < len(summary(command)) <= 66, "the line does not fit on a screen of 80 columns"
    assert (command.__doc__ or "").split("\n")[1] == ""
    assert "Examples:" in (command.__doc__ or "")
    assert f"  fink-t2 {name}" in (command.__doc__ or "")


@pytest.mark.parametrize("name", command_names())
def test_every_argument_is_described(name: str) -> None:
    def parsers(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
        actions = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
        return [parser, *(below for a in actions for below in a.choices.values())]

    top = argparse.ArgumentParser()
    load_command(name).add_arguments(top)
    for parser in parsers(top):
        for action in parser._actions:
            if not isinstance(action, argparse._SubParsersAction):
                assert action.help, action.dest
                assert len(action.help) > 4, action.dest


def test_the_help_lists_every_command_once_and_loads_nothing_slow() -> None:
    ran = without((*ABSENT, *SLOW), "main(['--help'])")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    lines = ran.stdout.splitlines()
    for group, title in GROUPS.items():
        assert f"{group}: {title}" in lines
    listed = [line.split()[0] for line in lines if line.startswith("  ") and "  " in line.strip()]
    for name in command_names():
        assert listed.count(name) == 1
    assert max(map(len, lines)) <= 80


def test_every_command_describes_itself_without_the_extras() -> None:
    script = """
from fink_t2.commands import command_names
for name in command_names():
    try:
        main([name, "--help"])
    except SystemExit as end:
        assert end.code == 0, name
"""
    ran = without((*ABSENT, *SLOW), script)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    for name in command_names():
        assert f"usage: fink-t2 {name}" in ran.stdout


def test_a_command_without_a_group_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    command = ModuleType("fake", "A command.")
    monkeypatch.setattr(cli, "load_command", lambda name: command)
    with pytest.raises(AttributeError, match="GROUP"):
        cli.command_list()


def test_no_command_is_wrong_usage_and_shows_the_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main([]) == 2
    assert "Account for every message" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        cli.main(["clasify"])
    assert end.value.code == 2
    assert "classify" in capsys.readouterr().err


def test_an_error_for_the_user_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, FinkT2Error("the sky is cloudy"))
    assert cli.main(["models"]) == 1
    assert capsys.readouterr().err == "fink-t2 models: the sky is cloudy\n"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/a"), "/a: No such file"),
        (PermissionError(errno.EACCES, "Permission denied", "/b"), "/b: Permission denied"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
    ],
)
def test_an_error_of_the_system_is_one_line_with_the_file(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: OSError,
    message: str,
) -> None:
    install(monkeypatch, error)
    assert cli.main(["models"]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"fink-t2 models: {message}")
    assert err.count("\n") == 1


def test_ctrl_c_is_one_line_and_the_shell_s_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, KeyboardInterrupt())
    assert cli.main(["models"]) == 130
    assert capsys.readouterr().err == "fink-t2 models: interrupted\n"


@pytest.mark.parametrize("error", [KeyError("fid"), OSError("not a Parquet file"), ValueError("x")])
def test_a_defect_asks_for_a_report_and_shows_its_traceback_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    install(monkeypatch, error)
    assert cli.main(["models"]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"fink-t2 models: unexpected error: {type(error).__name__}: {error}")
    assert "Please report it" in err
    assert "--debug" in err
    assert "Traceback" not in err
    assert cli.main(["--debug", "models"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "in run" in err


def test_a_closed_pipe_ends_a_command_silently(tmp_path: Path) -> None:
    for number in range(2000):  # more lines than a pipe holds
        folder = tmp_path / "t2-test" / f"{number}.0.0"
        folder.mkdir(parents=True)
        (folder / "metrics.json").touch()
    command = [sys.executable, "-m", "fink_t2.cli", "models", "list", "--models", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"  t2-test/")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_a_broken_pipe_of_the_command_s_own_is_no_closed_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert cli.main(["models"]) == 1
    assert capsys.readouterr().err == "fink-t2 models: Broken pipe\n"


def test_every_module_of_the_folder_is_a_command_or_private() -> None:
    folder = Path(commands.__file__).parent
    public = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    assert public == {name.replace("-", "_") for name in command_names()}


def test_surveys_are_those_of_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    from fink_t2 import surveys
    from fink_t2.commands._arguments import DEFAULT_SURVEY

    assert surveys.DEFAULT_SURVEY == DEFAULT_SURVEY
    with pytest.raises(SystemExit) as end:
        cli.main(["classify", "x", "--out", "y.csv", "--survey", "hubble"])
    assert end.value.code == 2
    assert f"the surveys are {', '.join(surveys.survey_names())}" in capsys.readouterr().err
