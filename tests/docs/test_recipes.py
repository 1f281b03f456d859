"""The recipes of CONTRIBUTING.md: every one is a change that applies, works and is small."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
RECIPES = sorted((CHECKOUT / "docs" / "recipes").glob("*.diff"))
MOST_FILES = 3
#: With another kernel no shipped model is valid, so that this recipe is tried by itself.
ALONE = {"kernel"}
COPIED = ("fink_t2", "tests", "pyproject.toml", "setup.py", "README.md", "docs")
LINKED = ("models", "conf", "data", "bin")


def files_of(recipe: Path) -> list[str]:
    """Return the files that a recipe adds or changes."""
    return re.findall(r"^\+\+\+ b/(.*)$", recipe.read_text(), re.MULTILINE)


def checks_of(recipe: Path) -> list[str]:
    """Return the test files that the first lines of a recipe name."""
    return re.findall(r"^Test: (\S+)$", recipe.read_text(), re.MULTILINE)


def by_name(recipe: Path) -> str:
    return recipe.stem


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources, compiled code included, in which recipes are followed."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in COPIED:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy2(source, folder / name)
    for name in LINKED:
        (folder / name).symlink_to(CHECKOUT / name)
    return folder


def follow(recipes: list[Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Apply recipes to a copy and run their tests."""
    tests = []
    for recipe in recipes:
        # Outside of the repository around it, if there is one: no index, no ignored files.
        applied = subprocess.run(
            ["git", "apply", str(recipe)],
            cwd=folder,
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)},
            capture_output=True,
            text=True,
        )
        assert applied.returncode == 0, f"{recipe.name} does not apply: {applied.stderr}"
        tests += checks_of(recipe)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("recipe", RECIPES, ids=by_name)
def test_a_recipe_touches_few_files_and_has_a_test(recipe: Path) -> None:
    files = files_of(recipe)
    assert 0 < len(set(files)) <= MOST_FILES
    assert checks_of(recipe)
    assert any(name.startswith("tests/") for name in files)


def test_every_recipe_is_explained() -> None:
    text = (CHECKOUT / "CONTRIBUTING.md").read_text()
    linked = re.findall(r"\(docs/recipes/(\w+)\.diff\)", text)
    assert sorted(linked) == [recipe.stem for recipe in RECIPES]


@pytest.mark.slow
def test_recipes_work(copy: Path) -> None:
    done = follow([recipe for recipe in RECIPES if recipe.stem not in ALONE], copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_another_kernel_works(copy: Path) -> None:
    done = follow([recipe for recipe in RECIPES if recipe.stem in ALONE], copy)
    assert done.returncode == 0, done.stdout
