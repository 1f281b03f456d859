"""The sub-packages of training import one another in one direction only."""

import ast
from pathlib import Path

import fink_t2.training

#: Each may import itself and those before it.
ORDER = (
    "examples",
    "augmentation",
    "data_sets",
    "evaluation",
    "optimisation",
    "networks",
    "calibration",
    "export",
    "compression",
    "retraining",
    "studies",
)


def imported_modules(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_sub_package_imports_a_later_one():
    folder = Path(fink_t2.training.__file__).parent
    packages = {path.name for path in folder.iterdir() if (path / "__init__.py").is_file()}
    assert packages == set(ORDER)
    upward = []
    for path in sorted(folder.rglob("*.py")):
        relative = path.relative_to(folder)
        if len(relative.parts) == 1:
            assert relative.name == "__init__.py", f"{relative} belongs into a sub-package"
            continue
        allowed = set(ORDER[: ORDER.index(relative.parts[0]) + 1])
        for module in imported_modules(path):
            parts = module.split(".")
            if parts[:2] == ["fink_t2", "training"] and not set(parts[2:3]) <= allowed:
                upward.append(f"{relative} imports {module}")
    assert not upward
