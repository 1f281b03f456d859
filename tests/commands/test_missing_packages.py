"""A command whose libraries are not installed names the extra that brings them."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from setuptools.dist import Distribution

from fink_t2.extras import EXTRA_OF, MissingPackageError, require

CHECKOUT = Path(__file__).resolve().parents[2]

#: As in test_command_line: modules of the given name cannot be imported.
SCRIPT = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {library!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
from fink_t2.cli import main
sys.exit(main(sys.argv[1:]))
"""

RETRAIN = ["--config", "conf/retrain-quick.toml", "--run"]
#: Library that is absent, and a command that needs it. Only the first need of a command is shown.
NEEDS = [
    ("keras", ["train", *RETRAIN]),
    ("tensorflow", ["train", *RETRAIN]),
    ("keras", ["retrain", *RETRAIN]),
    ("keras", ["compare", "--config", "conf/retrain-quick.toml"]),
    ("keras", ["compress", "--table", "models/t2-ztf/0.1.0"]),
    ("keras", ["tradeoff"]),
    ("optuna", ["search", "--out"]),
    ("matplotlib", ["search", "--out"]),
    ("matplotlib", ["evaluate", "--out"]),
    ("sklearn", ["evaluate"]),
    ("matplotlib", ["validate", "--alerts", "a", "--labels", "b", "--out"]),
    ("sklearn", ["validate", "--alerts", "a", "--labels", "b"]),
    ("matplotlib", ["simulate", "compare", "--shared", "x", "--out"]),
    ("matplotlib", ["soak", "--out"]),
    ("george", ["bench", "stages"]),
    ("george", ["bench", "interpolation"]),
]


@pytest.mark.parametrize(
    ("library", "arguments"), NEEDS, ids=[f"{library}-{words[0]}" for library, words in NEEDS]
)
def test_the_extra_is_named(library: str, arguments: list[str], tmp_path: Path) -> None:
    if arguments[-1] in ("--out", "--run"):
        arguments = [*arguments, str(tmp_path / "out")]
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(library=library), *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    assert ran.stderr.count("\n") == 1, ran.stderr
    assert f"the package {library} is not installed" in ran.stderr
    assert f"pip install 'fink_t2[{EXTRA_OF[library]}]'" in ran.stderr
    assert not (tmp_path / "out").exists()


def test_a_library_that_no_extra_brings_is_a_defect() -> None:
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            SCRIPT.format(library="fastavro"),
            "classify",
            "x",
            "--out",
            "y.csv",
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "unexpected error: ModuleNotFoundError" in ran.stderr


def test_the_extras_are_those_of_setup() -> None:
    from distutils.core import run_setup

    import setuptools.build_meta  # noqa: F401 - makes distutils that of setuptools

    distribution = run_setup(str(CHECKOUT / "setup.py"), stop_after="init")
    assert isinstance(distribution, Distribution)
    extras = {
        name: " ".join(requirements).lower().replace("-", "_")
        for name, requirements in distribution.extras_require.items()
    }
    assert set(EXTRA_OF.values()) <= set(extras)
    projects = packages_distributions()
    for library, extra in EXTRA_OF.items():
        if library == "scipy":  # comes with scikit-learn
            continue
        names = {name.lower().replace("-", "_") for name in projects.get(library, [library])}
        assert any(name in extras[extra] for name in names), f"{library} is not in {extra}"


def test_require() -> None:
    require("pytest")
    with pytest.raises(KeyError):
        require("nothing_of_this_name")
    with pytest.raises(MissingPackageError, match=r"fink_t2\[lsst\]"):
        raise MissingPackageError("lsst")
