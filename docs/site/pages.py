"""MkDocs hook: the pages of the site, under the paths that they have in the repository.

The Markdown files of the repository link to each other by relative paths. Every page therefore
keeps its path in the site (``docs/performance.md`` and not ``performance.md``), so that links work
in both and no page is copied. Files that a page links to are published with it. The API reference
is generated: one page for every package, made by mkdocstrings from the docstrings. Notebooks are
run, and shown with their outputs.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))  # MkDocs loads a hook by its file alone
import notebook

REPOSITORY = Path(__file__).resolve().parents[2]
ROOT_PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
#: Packages that are programs and not an API: the command line and the fault injection.
WITHOUT_API = {"cli", "commands", "chaos"}
#: The relative target of a Markdown link or image, without its anchor.
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Append the API reference to the navigation."""
    assert config.nav is not None
    config.nav.append({"API": [{name: _api_path(name)} for name in _packages()]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replace the files of ``docs`` by the pages of the site."""
    of_theme = [file for file in files if not (file.src_uri and file.src_dir == config.docs_dir)]
    pages = [REPOSITORY / name for name in ROOT_PAGES]
    pages += sorted(Path(config.docs_dir).rglob("*.md"))
    paths = sorted(_with_linked_files(pages))
    published = [
        File.generated(config, path.relative_to(REPOSITORY).as_posix(), abs_src_path=str(path))
        for path in paths
    ]
    published += [
        File.generated(
            config,
            path.relative_to(REPOSITORY).with_suffix(".md").as_posix(),
            content=_notebook_page(path, path.read_text()),
        )
        for path in sorted(Path(config.docs_dir).glob("notebooks/*.ipynb"))
    ]
    published += [
        File.generated(config, _api_path(package), content=_api_page(package, modules))
        for package, modules in _packages().items()
    ]
    return Files([*of_theme, *published])


def _with_linked_files(pages: Iterable[Path]) -> set[Path]:
    """Return pages, the repository's files that they link to, and those that these link to."""
    published: set[Path] = set()
    waiting = list(pages)
    while waiting:
        path = waiting.pop()
        if path in published or not path.is_file():
            continue
        published.add(path)
        if path.suffix == ".md":
            waiting.extend(_linked(path))
    return published


def _linked(page: Path) -> Iterator[Path]:
    for target in LINK.findall(page.read_text()):
        path = (page.parent / target).resolve()
        if path.is_relative_to(REPOSITORY):
            yield path


@functools.cache
def _notebook_page(path: Path, text: str) -> str:
    """Return a notebook with its outputs; `mkdocs serve` runs it again when its text changes."""
    return notebook.as_markdown(notebook.run(path))


def _packages() -> dict[str, list[str]]:
    """Return the public packages, each with its public modules; ``fink_t2`` itself first."""
    packages: dict[str, list[str]] = {}
    for path in sorted((REPOSITORY / "fink_t2").rglob("*.py")):
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        if WITHOUT_API & set(parts[1:2]) or any(part.startswith("_") for part in parts[:-1]):
            continue
        modules = packages.setdefault(".".join(parts[:-1]), [])
        if not parts[-1].startswith("_"):
            modules.append(".".join(parts))
    return dict(sorted(packages.items()))


def _api_path(package: str) -> str:
    return f"api/{package}.md"


def _api_page(package: str, modules: list[str]) -> str:
    of_package = f"::: {package}\n    options:\n      members: false\n      heading_level: 1\n"
    return "\n".join([of_package, *(f"::: {module}\n" for module in modules)])
