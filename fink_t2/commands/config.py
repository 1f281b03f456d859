"""Print, check or describe the configuration of the streaming job.

Actions:
  example NAME  print a configuration to start from: ztf or lsst for the streaming job, retrain,
                retrain-lsst, retrain-atx or retrain-quick for a retraining
  check FILE    check a file, and name every key that is wrong
  schema        print the JSON Schema of the configuration, for editors and other tools
  reference     print all settings with their types, defaults and descriptions as Markdown

Examples:
  fink-t2 config example ztf > ztf.toml
  fink-t2 config check conf/ztf.toml
  fink-t2 config check conf/ztf.toml --set source.topics='["ztf_20260801_programid1"]'
  fink-t2 config schema > stream.schema.json
"""

from __future__ import annotations

import argparse
import json

from fink_t2.errors import ConfigError
from fink_t2.resources import shipped_folder

GROUP = "operate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    example = actions.add_parser("example", help="print a configuration to start from")
    example.add_argument("name", help="for instance ztf, lsst or retrain")
    check = actions.add_parser("check", help="check a file, and name every key that is wrong")
    check.add_argument("file", help="TOML file")
    check.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="override a value of the file; may be repeated",
    )
    actions.add_parser("schema", help="print the JSON Schema of the configuration")
    actions.add_parser("reference", help="print all settings as Markdown")


def run(args: argparse.Namespace) -> int:
    """Carry out the action.

    Raises
    ------
    ConfigError
        If the file to check is not a valid configuration, or there is no such example.
    """
    if args.action == "example":
        print(_example(args.name), end="")
        return 0
    # Pydantic is imported here, so that 'fink-t2 --help' does not wait for it.
    from fink_t2.config import load_config
    from fink_t2.config.reference import json_schema, markdown

    if args.action == "check":
        config = load_config(args.file, args.set)
        print(f"{args.file}: a valid configuration for {config.survey} alerts")
    elif args.action == "schema":
        print(json.dumps(json_schema(), indent=2))
    else:
        print(markdown(), end="")
    return 0


def _example(name: str) -> str:
    examples = {path.stem: path for path in sorted(shipped_folder("conf").glob("*.toml"))}
    if name not in examples:
        raise ConfigError(f"there is no example {name!r}, but {', '.join(examples)}")
    return examples[name].read_text()
