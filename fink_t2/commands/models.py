"""List, show, promote and roll back the models of a folder.

Actions:
  list                     every model and version; * serves
  show NAME[/VERSION]      what a version is, how good it was, what the gate decided
  promote NAME/VERSION     put a version into service, whatever the gate decided
  rollback NAME            put the version that served before into service again

A running stream takes a new version up between two micro-batches. Switching is atomic.

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
from typing import Any

from fink_t2.errors import FinkT2Error, ModelError
from fink_t2.science.model_store import METADATA_FILE, MODEL_FILE, ModelStore
from fink_t2.surveys import passbands_of

ACTIONS = ("list", "show", "promote", "rollback")
GATE_FILE = "gate.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("action", choices=ACTIONS, metavar="ACTION", help=", ".join(ACTIONS))
    parser.add_argument("model", nargs="?", help="NAME or NAME/VERSION")
    parser.add_argument(
        "--models", type=Path, metavar="FOLDER", help="default: $FINK_T2_MODELS, or models/"
    )


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    store = ModelStore(args.models, passbands_of=passbands_of)
    if not store.folder.is_dir():
        raise ModelError(f"{store.folder}: no such folder of models")
    if args.action == "list":
        return _list(store)
    if args.model is None:
        raise FinkT2Error(f"'{args.action}' needs the name of a model, such as t2-ztf")
    name, _, version = args.model.partition("/")
    if name not in store.names():
        raise ModelError(f"no model {name} in {store.folder}; it has {', '.join(store.names())}")
    if args.action == "show":
        return _show(store, name, version or store.current_version(name))
    if args.action == "rollback":
        before = store.current_version(name)
        print(f"{name}: {store.rollback(name)} serves instead of {before}")
        return 0
    if not version:
        raise FinkT2Error(f"which version? {name} has {', '.join(store.versions(name))}")
    before_or_none = store.promote(name, version)
    instead = f" instead of {before_or_none}" if before_or_none not in (None, version) else ""
    print(f"{name}: {version} serves{instead}")
    return 0


def _list(store: ModelStore) -> int:
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
            decision = _read(store.folder / name / version / GATE_FILE)
            note = "" if decision is None or decision["promoted"] else "kept back by the gate"
            mark = "*" if version == current else " "
            print(f"{mark} {name + '/' + version:24} {size:>8}  {note}".rstrip())
        if not current:
            print(f"  {name}: no version serves")
    return 0


def _show(store: ModelStore, name: str, version: str) -> int:
    folder = store.folder / name / version
    metadata = _read(folder / METADATA_FILE)
    if metadata is None:
        raise ModelError(f"{folder}: no such version; {name} has {', '.join(store.versions(name))}")
    try:
        store.get(name, version)
        fits = "fits this code"
    except ModelError as error:
        fits = f"can't serve: {error}"
    print(f"{name}/{version} ({folder})")
    print(f"  {fits}")
    for key, value in metadata.items():
        if isinstance(value, str | int | float):
            print(f"  {key}: {value}")
        elif key in ("passbands", "features"):
            print(f"  {key}: {', '.join(value)}")
    print(f"  files: {', '.join(f'{p.name} {_size(p)}' for p in sorted(folder.iterdir()))}")
    decision = _read(folder / GATE_FILE)
    if decision is not None:
        verdict = "promoted" if decision["promoted"] else "not promoted"
        against = decision["serving"] or "nothing in service"
        print(f"  gate, {decision['decided_at']}, against {against}: {verdict}")
        for check in decision["checks"]:
            print(
                f"    {'pass' if check['passed'] else 'FAIL'}  {check['name']}: {check['reason']}"
            )
    history = store.history(name)
    print(f"  served before: {', '.join(history) if history else 'none'}")
    return 0


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise ModelError(f"{path}: not valid JSON ({error})") from None
    return found if isinstance(found, dict) else None


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1000:.1f} kB" if path.is_file() else "-"
