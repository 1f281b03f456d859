"""Compiled functions are kept until a source of their package changes."""

import hashlib
import logging
from pathlib import Path

import numba
import pytest
from numba import types

from fink_t2.science import compilation, features
from fink_t2.science.compilation import compile_and_keep, njit_and_keep, source_digest


def write_package(folder, monkeypatch, name):
    package = folder / name
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("A = 1\n")
    (package / "b.py").write_text("B = 1\n")
    monkeypatch.syspath_prepend(str(folder))
    return package


def test_the_digest_is_that_of_names_and_contents_in_order(tmp_path, monkeypatch):
    write_package(tmp_path, monkeypatch, "digested_one")
    digest = hashlib.sha256(b"__init__.py" + b"" + b"a.py" + b"A = 1\n" + b"b.py" + b"B = 1\n")
    expected = int.from_bytes(digest.digest()[:8], "big") // 2
    assert source_digest("digested_one") == expected
    assert 0 <= expected < 2**63


@pytest.mark.parametrize("change", ["content", "name", "new file", "no change", "other file"])
def test_the_digest_changes_with_every_source(tmp_path, monkeypatch, change):
    package = write_package(tmp_path, monkeypatch, f"digested_{change.replace(' ', '_')}")
    before = source_digest(package.name)
    if change == "content":
        (package / "b.py").write_text("B = 2\n")
    elif change == "name":
        (package / "b.py").rename(package / "c.py")
    elif change == "new file":
        (package / "c.py").write_text("C = 1\n")
    elif change == "other file":
        (package / "notes.txt").write_text("not a source")
    assert (source_digest(package.name) == before) == (change in ("no change", "other file"))


def test_digests_of_packages_differ():
    assert source_digest("fink_t2.science.features") != source_digest(
        "fink_t2.science.gaussian_process"
    )
    assert Path(features.__file__).name == "__init__.py"


def test_the_function_is_made_with_the_digest_of_its_package():
    digest = source_digest("fink_t2.science.features")

    def make(value):
        def function():
            return value

        return function

    function = compile_and_keep(make, types.int64(), "fink_t2.science.features")
    assert function() == digest
    assert function.nopython_signatures == [types.int64()]
    # A division by zero is no error, and the interpreter is not held meanwhile.
    assert function.targetoptions["error_model"] == "numpy"
    assert function.targetoptions["nogil"] is True


def test_without_a_place_for_the_cache_functions_are_compiled_with_one_warning(monkeypatch, caplog):
    def refuse(self):
        raise RuntimeError("cannot cache function: no locator available for file 'x'")

    monkeypatch.setattr(numba.core.registry.CPUDispatcher, "enable_caching", refuse)
    compilation._warn_of_no_cache.cache_clear()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            function = njit_and_keep(lambda x: x + 1, types.int64(types.int64), nogil=True)
            assert function(2) == 3
            assert function.targetoptions["nogil"] is True
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "NUMBA_CACHE_DIR" in caplog.text


def test_other_errors_of_the_compiler_are_raised(monkeypatch):
    def refuse(self):
        raise RuntimeError("something else")

    monkeypatch.setattr(numba.core.registry.CPUDispatcher, "enable_caching", refuse)
    with pytest.raises(RuntimeError, match="something else"):
        njit_and_keep(lambda x: x + 1)
