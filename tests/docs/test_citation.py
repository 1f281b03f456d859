"""``CITATION.cff`` has what version 1.2.0 of the Citation File Format requires."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from fink_t2 import __version__

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def citation() -> dict:
    return yaml.safe_load((CHECKOUT / "CITATION.cff").read_text())


def test_required_fields(citation: dict) -> None:
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert citation["message"]
    assert citation["title"]
    assert citation["license"] == "Apache-2.0"
    assert str(citation["version"]) == __version__
    for work in [citation, *citation["references"]]:
        for author in work["authors"]:
            assert set(author) == {"name"} or {"family-names", "given-names"} <= set(author)


def test_both_papers_are_cited(citation: dict) -> None:
    papers = {work["url"].rpartition("/")[2]: work for work in citation["references"]}
    assert sorted(papers) == ["2105.06178", "2303.08951"]
    for number, paper in papers.items():
        assert paper["type"] == "article"
        assert paper["title"]
        assert paper["doi"] == f"10.48550/arXiv.{number}"
