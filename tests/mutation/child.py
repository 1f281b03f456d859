"""Test one changed module in a process of its own."""

from __future__ import annotations

import importlib.abc
import importlib.util
import json
import math
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import hypothesis
import numba
import pytest

LANES = "fink_t2.science.gaussian_process.lanes"
PYTHON_LANES = "tests.mutation.python_lanes"

#: A change can make a test allocate without end.
MOST_MEMORY = 8 << 30

#: Without what only serves reports and costs more time than most tests.
PYTEST_OPTIONS = (
    *("-x", "-q", "--no-header", "--tb=no", "--assert=plain", "-W", "ignore"),
    *("-p", "no:cacheprovider", "-p", "no:warnings", "-p", "no:unraisableexception"),
)


class ChangedModule(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import one module from a changed source.

    Parameters
    ----------
    name : str
        Full name of the module.
    path : Path
        File of the unchanged source.
    source : str
        The changed source.
    """

    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, path, source

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Find the module, and leave all others to the finders that follow."""
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Execute the changed source."""
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)


def run_tests(
    changed: ChangedModule | None,
    tests: list[str],
    *,
    compiled: bool,
    plugin: object | None = None,
    seconds: float | None = None,
) -> int:
    """Run tests in this process, with one module changed, and return pytest's exit status.

    Parameters
    ----------
    changed : ChangedModule or None
        The changed module.
    tests : list of str
        Files or node ids of tests.
    compiled : bool
        Whether numba compiles. Otherwise the Gaussian process works on `python_lanes`.
    plugin : object, optional
        Plugin for pytest.
    seconds : float, optional
        Limit of the processor time, at which the process is ended by SIGXCPU.
    """
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    if seconds is not None:
        limit = math.ceil(time.process_time() + seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    # Deterministic: whether a change is noticed must not depend on chance.
    hypothesis.settings.register_profile(
        "mutation", derandomize=True, database=None, deadline=None, max_examples=30
    )
    hypothesis.settings.load_profile("mutation")
    if changed:
        if changed.name in sys.modules:
            raise RuntimeError(f"{changed.name} is loaded already, without the change")
        sys.meta_path.insert(0, changed)
    with tempfile.TemporaryDirectory() as folder:
        if compiled:
            numba.config.CACHE_DIR = folder  # type: ignore[attr-defined]
        else:
            numba.config.DISABLE_JIT = True  # type: ignore[attr-defined]
            sys.modules[LANES] = importlib.import_module(PYTHON_LANES)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        if not os.environ.get("MUTATION_SHOW"):
            os.dup2(null, 2)
        return int(pytest.main([*PYTEST_OPTIONS, *tests], plugins=[plugin] if plugin else []))


class LineRecorder:
    """Plugin for pytest that records the processor time of each test and the lines that it runs.

    Parameters
    ----------
    path : Path
        The file whose lines are recorded.
    """

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.records: list[dict[str, Any]] = []
        self.failed: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Record one test."""
        lines: set[int] = set()

        def trace_line(frame: FrameType, event: str, _: Any) -> Any:
            lines.add(frame.f_lineno)
            return trace_line

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            return trace_line if frame.f_code.co_filename == self.path else None

        begin = time.process_time()
        sys.settrace(trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            seconds = time.process_time() - begin
            self.records.append({"test": item.nodeid, "seconds": seconds, "lines": sorted(lines)})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure."""
        if report.failed:
            self.failed.append(report.nodeid)


def record(path: Path, tests: list[str], *, compiled: bool, output: int) -> int:
    """Run tests on unchanged sources and write a record of each, as JSON, to a file descriptor.

    Parameters
    ----------
    path : Path
        The file whose lines are recorded.
    tests : list of str
        Files or node ids of tests.
    compiled : bool
        As in `run_tests`.
    output : int
        File descriptor.
    """
    recorder = LineRecorder(path)
    status = run_tests(None, tests, compiled=compiled, plugin=recorder)
    with os.fdopen(output, "w") as file:
        json.dump({"records": recorder.records, "failed": recorder.failed}, file)
    return status
