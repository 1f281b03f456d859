"""The one command-line entry, ``fink-t2``: finds the subcommand and runs it."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys

from fink_t2 import __version__, commands
from fink_t2.errors import FinkT2Error


def command_names() -> list[str]:
    """Return the names of the subcommands, as they are typed."""
    return sorted(
        module.name.replace("_", "-")
        for module in pkgutil.iter_modules(commands.__path__)
        if not module.name.startswith("_")
    )


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand.

    Parameters
    ----------
    arguments : list of str, optional
        The command line without the program's name; default ``sys.argv[1:]``.

    Returns
    -------
    int
        The exit code: 0 done, 1 failed, 2 wrong usage.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    names = command_names()
    parser = argparse.ArgumentParser(
        prog="fink-t2",
        description="Real-time classification of transients in alert streams.",
        epilog="'fink-t2 COMMAND --help' describes a command, with examples.",
    )
    parser.add_argument("--version", action="version", version=f"fink-t2 {__version__}")
    parser.add_argument("command", choices=names, metavar="COMMAND", help=", ".join(names))
    chosen = parser.parse_args(arguments[:1]).command

    module = importlib.import_module(f"{commands.__name__}.{chosen.replace('-', '_')}")
    command_parser = argparse.ArgumentParser(
        prog=f"fink-t2 {chosen}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(command_parser)
    try:
        return int(module.run(command_parser.parse_args(arguments[1:])) or 0)
    except FinkT2Error as error:
        print(f"fink-t2 {chosen}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"fink-t2 {chosen}: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
