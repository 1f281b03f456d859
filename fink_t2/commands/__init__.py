"""The commands of ``fink-t2``, one module each, and the groups in which they are listed.

A command module has

* a docstring: its first line is the command's line in ``fink-t2 --help``, the whole text its
  own help, which ends with examples;
* ``GROUP``, one of `GROUPS`;
* ``add_arguments(parser)``, which declares the arguments;
* ``run(args) -> int``, which does the work and returns the exit code.

``fink-t2 --help`` imports every command module, so they import quickly loaded modules only;
``run`` imports what the work needs, and so ``fink-t2 classify`` never pays for TensorFlow.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from typing import Final, Protocol, cast

#: The groups of ``fink-t2 --help`` in the order in which they are listed, each with its title.
GROUPS: Final = {
    "operate": "run a stream, watch it, and account for every alert",
    "classify": "classify files of alerts or light curves, and judge the result",
    "train": "make, compare and release models",
    "develop": "set up, measure and test this software",
}


class Command(Protocol):
    """What a command module offers."""

    __doc__: str | None
    GROUP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work, and return the exit code: 0 done, 1 failed, 2 wrong usage."""


def command_names() -> list[str]:
    """Return the names of the commands as they are typed, in alphabetical order."""
    return sorted(
        module.name.replace("_", "-")
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    )


def load_command(name: str) -> Command:
    """Import the module of a command.

    Parameters
    ----------
    name : str
        One of `command_names`.
    """
    return cast(Command, importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))


def summary(command: Command) -> str:
    """Return the command's line in ``fink-t2 --help``: the first of its docstring."""
    return (command.__doc__ or "").partition("\n")[0].removesuffix(".")
