"""List science modules and the columns that they add to alerts.

Without a NAME every known module is listed; with names, their columns. The columns of a network
are those of the model in service, or of the model after "=".

Examples:
  fink-t2 modules
  fink-t2 modules t2
  fink-t2 modules t2 atx=atx-ztf/0.1.0 --markdown
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from fink_t2.commands._arguments import DEFAULT_SURVEY, survey_name

if TYPE_CHECKING:
    from fink_t2.modules.output_column import OutputColumn

GROUP = "operate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 modules``."""
    parser.add_argument(
        "modules", nargs="*", metavar="NAME[=MODEL]", help="module whose columns are listed"
    )
    parser.add_argument(
        "--survey",
        type=survey_name,
        metavar="NAME",
        default=DEFAULT_SURVEY,
        help="survey of the alerts (default: %(default)s)",
    )
    parser.add_argument(
        "--markdown", action="store_true", help="print the columns as a table in Markdown"
    )


def run(args: argparse.Namespace) -> int:
    """List modules or columns."""
    from fink_t2.modules.configured import module_with_model
    from fink_t2.modules.registry import default_model, known_modules, module_factory
    from fink_t2.surveys import get_survey

    survey = get_survey(args.survey)
    if not args.modules:
        for name in known_modules():
            factory = module_factory(name)
            summary = (factory.__doc__ or "").strip().partition("\n")[0]
            model = default_model(factory, survey) or f"no model for {survey.name}"
            print(f"{name:<12} {summary} ({model})")
        return 0
    columns: list[OutputColumn] = []
    for text in args.modules:
        name, _, model = text.partition("=")
        columns += module_with_model(name, survey, model or None).columns
    print(markdown_table(columns) if args.markdown else text_table(columns))
    return 0


def markdown_table(columns: list[OutputColumn]) -> str:
    """Return columns, their types and documentation as a table in Markdown."""
    rows = [f"| `{one.name}` | {one.type} | {one.documentation} |" for one in columns]
    return "\n".join(["| column | type | |", "|---|---|---|", *rows])


def text_table(columns: list[OutputColumn]) -> str:
    """Return columns, their types and documentation as lines of text."""
    width = max(len(column.name) for column in columns)
    type_width = max(len(column.type) for column in columns)
    return "\n".join(
        f"{column.name:<{width}}  {column.type:<{type_width}}  {column.documentation}"
        for column in columns
    )
