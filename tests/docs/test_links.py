"""What the documents name exists: linked files and their headings, source files, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fink_t2.cli import command_names

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), *CHECKOUT.glob("models/**/*.md")]
)
#: Pages that describe the present state; the others may name what was there at their time.
CURRENT = [page for page in PAGES if not {"models", "measurements"} & set(page.parts)]
CURRENT.remove(CHECKOUT / "CHANGELOG.md")

LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)]*))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SOURCE_FILE = re.compile(r"`([\w./-]*\w\.(?:py|toml|avsc|sh))`|(?<![/\w])(bin/[\w.-]*\w)")
COMMAND = re.compile(r"`fink-t2 ([a-z][a-z-]*)|^(?:\$ |    )?fink-t2 ([a-z][a-z-]*)", re.MULTILINE)


def by_path(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MkDocs make them."""
    text = CODE_BLOCK.sub("", page.read_text())
    titles = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title) for title in HEADING.findall(text)]
    slugs = [re.sub(r"[^\w\s-]", "", title.lower()).strip() for title in titles]
    return {re.sub(r"\s+", "-", slug) for slug in slugs}


@pytest.mark.parametrize("page", PAGES, ids=by_path)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for target, anchor in LINK.findall(CODE_BLOCK.sub("", page.read_text())):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{target} does not exist"
        if anchor:
            assert anchor in anchors(path), f"{target}#{anchor} is no heading"


@pytest.mark.parametrize("page", CURRENT, ids=by_path)
def test_source_files_that_are_named_exist(page: Path) -> None:
    names = {first or second for first, second in SOURCE_FILE.findall(page.read_text())}
    folders = [CHECKOUT / name for name in ("fink_t2", "tests", "bin", "conf", "docs")]
    paths = [path.as_posix() for folder in folders for path in folder.rglob("*")]
    paths += [path.as_posix() for path in CHECKOUT.glob("*.*")]
    missing = [name for name in names if not any(path.endswith(f"/{name}") for path in paths)]
    assert not missing


@pytest.mark.parametrize("page", CURRENT, ids=by_path)
def test_commands_that_are_named_exist(page: Path) -> None:
    named = {first or second for first, second in COMMAND.findall(page.read_text())}
    assert named <= set(command_names())


def test_alert_rules_name_headings_of_the_operations_page() -> None:
    rules = (CHECKOUT / "conf" / "grafana" / "alert_rules.yaml").read_text()
    named = re.findall(r"(docs/\w+\.md), '([^']*)'", rules)
    assert len(named) == rules.count("action:")
    for page, title in named:
        assert title in HEADING.findall((CHECKOUT / page).read_text())
