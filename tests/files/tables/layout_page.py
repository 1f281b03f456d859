"""Write the table of layouts into docs/inputs.md: python -m tests.files.tables.layout_page."""

from __future__ import annotations

from pathlib import Path

from fink_t2.files.tables.known_layouts import LAYOUTS
from fink_t2.files.tables.layout import Layout
from tests.files.tables.layout_examples import ATLAS_EXAMPLE, EXAMPLES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "inputs.md"
BEGIN = "<!-- layouts:"
END = "<!-- end of layouts -->"


def rows() -> list[str]:
    """Return the lines of the table."""
    lines = [
        "| layout | source | columns recognised | examples that are tested |",
        "|---|---|---|---|",
    ]
    examples = {**EXAMPLES, "atlas_forced": ATLAS_EXAMPLE}
    for layout in LAYOUTS:
        names = [name for name, example in examples.items() if example.layout == layout.name]
        tested = ", ".join(f"`{name}`" for name in names)
        lines.append(f"| {layout.name} | {layout.source} | {columns(layout)} | {tested} |")
    return lines


def columns(layout: Layout) -> str:
    """Return the columns of a layout as text."""
    parts = [
        " or ".join(f"`{time.name}`" for time in layout.times),
        " or ".join(f"`{name}`" for name in layout.passbands),
        " or ".join(
            f"`{pair.value}`, `{pair.error}` ({pair.zero_point or pair.unit})"
            for pair in layout.photometry
        ),
    ]
    return "; ".join(parts)


def page() -> str:
    """Return the page with the table as it should be."""
    text = PAGE.read_text()
    head, _, rest = text.partition(BEGIN)
    comment, _, rest = rest.partition("\n")
    _, _, tail = rest.partition(END)
    table = "\n".join(rows())
    return f"{head}{BEGIN}{comment}\n\n{table}\n\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page())
