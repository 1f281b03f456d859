"""The order of the package: no import cycles, and imports that run from commands down to science.

Imports inside functions count as well: they delay an import, but they depend on it all the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import fink_t2

#: The packages and top-level modules of fink_t2, highest first. A layer may import those below it;
#: names that share a line do not import each other.
LAYERS = (
    {"cli"},
    {"commands"},
    {"chaos"},
    {"benchmark", "training"},
    {"simulation"},
    {"stream"},
    {"operations"},
    {"processor"},
    {"modules"},
    {"classifier"},
    {"files"},
    {"kafka"},
    {"config"},
    {"install"},
    {"alerts"},
    {"surveys"},
    {"science"},
    {"extras"},
    {"errors", "resources", "stderr_filter"},
)
LEVEL = {name: level for level, names in enumerate(reversed(LAYERS)) for name in names}

#: Importing module to the modules that it imports, each with the line of the import.
Imports = Mapping[str, Mapping[str, int]]


def imports_of(folder: Path) -> dict[str, dict[str, int]]:
    """Return what every module of a package imports from the same package."""
    paths = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {
        module: {
            name: line
            for name, line in _imported_names(path, module, paths)
            if name in paths and name != module
        }
        for module, path in paths.items()
    }


def _imported_names(
    path: Path, module: str, modules: Mapping[str, Path]
) -> Iterator[tuple[str, int]]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level]
            base = ".".join([*(parents if node.level else []), *filter(None, [node.module])])
            for alias in node.names:
                submodule = f"{base}.{alias.name}"
                yield (submodule if submodule in modules else base), node.lineno


def part_of(module: str) -> str | None:
    """Return the package or top-level module that a module belongs to; None for the root."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def cycle_in(imports: Imports) -> list[str]:
    """Return the modules of one import cycle, or an empty list."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def upward_imports(imports: Imports) -> list[str]:
    """Return a sentence for every import that does not run downwards."""
    sentences = []
    for module, imported in imports.items():
        for name, line in imported.items():
            above, below = part_of(module), part_of(name)
            if above is None or below is None or above == below:
                continue
            if LEVEL[above] <= LEVEL[below]:
                sentences.append(
                    f"{module} (line {line}) imports {name}: {above} lies below or beside {below}"
                )
    return sentences


IMPORTS = imports_of(Path(fink_t2.__file__).parent)


def test_every_package_has_its_layer() -> None:
    assert {part_of(module) for module in IMPORTS} - {None} == set(LEVEL)


def test_no_module_imports_itself_through_others() -> None:
    assert cycle_in(IMPORTS) == []


def test_imports_run_downwards() -> None:
    assert upward_imports(IMPORTS) == []


def test_only_the_simulation_imports_its_optional_packages() -> None:
    """Stream and ``fink-t2 classify`` work without astropy, which is slow to import.

    Functions may import it: the readers of astronomical tables do.
    """
    folder = Path(fink_t2.__file__).parent
    optional = re.compile(r"^(from|import) (astropy|dust_extinction)\b", re.MULTILINE)
    importing = {
        path.relative_to(folder).parts[0]
        for path in folder.rglob("*.py")
        if optional.search(path.read_text())
    }
    assert importing == {"simulation"}


def test_an_import_in_a_function_is_seen(tmp_path: Path) -> None:
    package = tmp_path / "fink_t2"
    for name, text in {
        "__init__.py": "",
        "errors.py": "",
        "science/__init__.py": "from . import cuts\n",
        "science/cuts.py": "def cut():\n    from ..stream import job\n",
        "stream/__init__.py": "",
        "stream/job.py": "import fink_t2.science.cuts\nfrom fink_t2.errors import FinkT2Error\n",
    }.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    imports = imports_of(package)
    assert imports["fink_t2.science"] == {"fink_t2.science.cuts": 1}
    assert imports["fink_t2.stream.job"] == {"fink_t2.science.cuts": 1, "fink_t2.errors": 2}
    assert set(cycle_in(imports)) == {"fink_t2.science.cuts", "fink_t2.stream.job"}
    assert upward_imports(imports) == [
        "fink_t2.science.cuts (line 2) imports fink_t2.stream.job: science lies below or beside"
        " stream"
    ]
