"""Notebooks of the documentation: run them, show them as Markdown, strip their outputs.

As a program it strips the outputs of the notebooks that it is given, and fails if there were any.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

#: Seconds that one cell may take.
CELL_SECONDS = 300


def read(path: Path) -> NotebookNode:
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def run(path: Path) -> NotebookNode:
    """Run all cells of a notebook in its folder, with the Python that runs this.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises an exception.
    """
    notebook = read(path)
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=CELL_SECONDS, resources=resources).execute()
    return notebook


def strip(notebook: NotebookNode) -> bool:
    """Remove outputs and execution counts; tell whether there were any."""
    had_outputs = False
    for cell in notebook.cells:
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count):
            had_outputs = True
            cell.outputs, cell.execution_count = [], None
    return had_outputs


def as_markdown(notebook: NotebookNode) -> str:
    """Return text, code and outputs of a notebook that was run; figures are embedded."""
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.cell_type == "code":
            parts.append(f"```python\n{cell.source}\n```")
            parts.extend(_outputs(cell))
    return "\n\n".join(parts) + "\n"


def _outputs(cell: NotebookNode) -> Iterator[str]:
    for output in cell.outputs:
        data = output.get("data", {})
        if output.output_type == "stream" and output.name == "stdout":
            yield f"```text\n{output.text.rstrip()}\n```"
        elif "image/png" in data:
            image = base64.b64encode(base64.b64decode(data["image/png"])).decode()
            yield f'<img alt="output of the cell above" src="data:image/png;base64,{image}">'
        elif "text/html" in data:
            # Without line breaks, so that Markdown takes it as one block.
            yield "".join(line.strip() for line in data["text/html"].splitlines())
        elif "text/plain" in data:
            yield f"```text\n{data['text/plain']}\n```"


def main(paths: list[str]) -> int:
    """Strip the outputs of notebooks in place; 1 if there were any."""
    status = 0
    for path in map(Path, paths):
        notebook = read(path)
        if strip(notebook):
            nbformat.write(notebook, path)
            print(f"{path}: outputs removed")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
