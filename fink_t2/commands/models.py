"""List, show, promote and roll back the models of a folder.

list                     every model and version; * marks the version in service
show NAME[/VERSION]      a version's metadata, its size, and the gate's decision
promote NAME/VERSION     put a version into service, whatever the gate decided
rollback NAME            put the version that was in service before back into service

A running stream takes up a new version between two micro-batches. Switching is atomic.

Examples:
  fink-t2 models list
  fink-t2 models show t2-ztf
  fink-t2 models promote t2-ztf/0.3.0
  fink-t2 models rollback t2-ztf
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fink_t2.errors import FinkT2Error, ModelError

if TYPE_CHECKING:
    from fink_t2.science.model_store import ModelStore

GROUP = "operate"

GATE_FILE = "gate.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 models``."""
    parser.add_argument("action", choices=("list", "show", "promote", "rollback"), help="see above")
    parser.add_argument("model", nargs="?", metavar="MODEL", help="NAME or NAME/VERSION")
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FOLDER",
        help="folder of the models (default: $FINK_T2_MODELS, or models/)",
    )


def run(args: argparse.Namespace) -> int:
    """Run the chosen action."""
    from fink_t2.science.model_store import ModelStore
    from fink_t2.surveys import passbands_of

    store = ModelStore(args.models, passbands_of=passbands_of)
    if not store.folder.is_dir():
        raise ModelError(f"{store.folder}: no such folder of models")
    if args.action == "list":
        _list(store)
        return 0
    if args.model is None:
        raise FinkT2Error(f"'{args.action}' needs the name of a model, such as t2-ztf")
    name, _, version = args.model.partition("/")
    if name not in store.names():
        raise ModelError(f"no model {name} in {store.folder}; it has {', '.join(store.names())}")
    if args.action == "show":
        _show(store, name, version or store.current_version(name))
    elif args.action == "rollback":
        before = store.current_version(name)
        print(f"{name}: {store.rollback(name)} serves instead of {before}")
    else:
        _promote(store, name, version)
    return 0


def _list(store: ModelStore) -> None:
    from fink_t2.science.model_store import MODEL_FILE

    names = store.names()
    if not names:
        print(f"{store.folder} has no models")
    for name in names:
        try:
            current = store.current_version(name)
        except ModelError:
            current = ""
        for version in store.versions(name):
            size = _size(store.folder / name / version / MODEL_FILE)
            decision = _read_json(store.folder / name / version / GATE_FILE)
            note = "" if decision is None or decision["promoted"] else "kept back by the gate"
            mark = "*" if version == current else " "
            print(f"{mark} {name + '/' + version:24} {size:>8}  {note}".rstrip())
        if not current:
            print(f"  {name}: no version serves")


def _show(store: ModelStore, name: str, version: str) -> None:
    from fink_t2.science.model_store import METADATA_FILE

    folder = store.folder / name / version
    metadata = _read_json(folder / METADATA_FILE)
    if metadata is None:
        raise ModelError(f"{folder}: no such version; {name} has {', '.join(store.versions(name))}")
    try:
        store.get(name, version)
        fitness = "fits this code"
    except ModelError as error:
        fitness = f"can't serve: {error}"
    print(f"{name}/{version} ({folder})")
    print(f"  {fitness}")
    for key, value in metadata.items():
        if isinstance(value, str | int | float):
            print(f"  {key}: {value}")
        elif key in ("passbands", "features"):
            print(f"  {key}: {', '.join(value)}")
    print(f"  files: {', '.join(f'{p.name} {_size(p)}' for p in sorted(folder.iterdir()))}")
    decision = _read_json(folder / GATE_FILE)
    if decision is not None:
        verdict = "promoted" if decision["promoted"] else "not promoted"
        against = decision["serving"] or "no model in service"
        print(f"  gate, {decision['decided_at']}, against {against}: {verdict}")
        for check in decision["checks"]:
            result = "pass" if check["passed"] else "FAIL"
            print(f"    {result}  {check['name']}: {check['reason']}")
    history = store.history(name)
    print(f"  served before: {', '.join(history) if history else 'none'}")


def _promote(store: ModelStore, name: str, version: str) -> None:
    if not version:
        raise FinkT2Error(
            f"'promote' needs a version, as {name}/VERSION; "
            f"{name} has {', '.join(store.versions(name))}"
        )
    before = store.promote(name, version)
    instead = f" instead of {before}" if before not in (None, version) else ""
    print(f"{name}: {version} serves{instead}")


def _read_json(path: Path) -> dict[str, Any] | None:
    """Return the object of a JSON file, None if there is no file or no object in it."""
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise ModelError(f"{path}: not valid JSON ({error})") from None
    return content if isinstance(content, dict) else None


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1000:.1f} kB" if path.is_file() else "-"
