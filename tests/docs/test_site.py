"""The documentation site: built strictly, complete, and without requests to other hosts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((CHECKOUT / "docs" / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as ``mkdocs build --strict`` makes it; a warning is a failure."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


class _Requests(HTMLParser):
    """Collects what a browser fetches to show a page: scripts, styles, images, frames."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"script": "src", "img": "src", "iframe": "src", "link": "href"}
        self.addresses += [value or "" for name, value in attrs if name == names.get(tag)]


def test_no_page_asks_another_host(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        requests = _Requests()
        requests.feed(page.read_text())
        assert requests.addresses
        elsewhere = [text for text in requests.addresses if re.match(r"(https?:)?//", text)]
        assert not elsewhere, page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", sheet.read_text()), sheet


def test_the_reference_shows_functions_with_their_parameters(site: Path) -> None:
    page = (site / "api" / "fink_t2" / "index.html").read_text()
    assert 'id="fink_t2.processor.t2"' in page
    assert 'id="fink_t2.classifier.classify_light_curve"' in page
    text = re.sub(r"<[^>]+>", " ", page)
    assert "Julian Date of the first detection ever at this position" in text


def test_the_notebook_is_shown_with_its_outputs(site: Path) -> None:
    page = (site / "docs" / "notebooks" / "first_light_curve" / "index.html").read_text()
    assert page.count("data:image/png;base64,") == 2
    assert "300 alerts with" in page
    assert "<th>t2_class</th>" in page


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_stored_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    assert not [cell.source for cell in cells if cell.outputs or cell.execution_count]
