"""The one command-line entry, ``fink-t2``: find a command, run it, and report its errors."""

from __future__ import annotations

import argparse
import os
import select
import sys
import traceback

from fink_t2 import __version__
from fink_t2.commands import GROUPS, Command, command_names, load_command, summary
from fink_t2.errors import FinkT2Error
from fink_t2.extras import missing_package

DONE, FAILED, WRONG_USAGE = 0, 1, 2
#: As shells report a program that a signal has ended: 128 and the signal's number.
INTERRUPTED, PIPE_CLOSED = 130, 141


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : list of str, optional
        The command line without the program's name; default ``sys.argv[1:]``.

    Returns
    -------
    int
        The exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 141 if the reader of the
        output has closed it.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    # TensorFlow reads this when it is imported, in child processes too.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        try:
            return _main(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes standard output once more at its end, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED


def command_list() -> str:
    """Return the commands by group, one line each."""
    commands = {name: load_command(name) for name in command_names()}
    width = max(map(len, commands))
    lines = []
    for group, title in GROUPS.items():
        lines += ["", f"{group}: {title}"]
        for name, command in commands.items():
            if group == command.GROUP:
                lines.append(f"  {name:{width}}  {summary(command)}")
    return "\n".join(lines[1:])


def _main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="fink-t2",
        usage="fink-t2 [-h] [--version] [--debug] COMMAND ...",
        description="Real-time classification of transients in alert streams.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"fink-t2 {__version__}")
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of the error that stops a command"
    )
    parser.add_argument(
        "command", choices=command_names(), metavar="COMMAND", help="one of the commands below"
    )
    # What follows the command's name is for the command's own parser.
    n_own = next((k for k, word in enumerate(arguments, 1) if word[:1] != "-"), len(arguments))
    own, others = arguments[:n_own], arguments[n_own:]
    if not own or {"-h", "--help"} & set(own):
        parser.epilog = f"{command_list()}\n\n'fink-t2 COMMAND --help' describes a command."
    if not own:
        parser.print_help(sys.stderr)
        return WRONG_USAGE
    args = parser.parse_args(own)
    return _run(args.command, others, debug=args.debug)


def _run(name: str, arguments: list[str], *, debug: bool) -> int:
    """Run a command; turn the errors that a user can meet into one line each."""
    try:
        command = load_command(name)
        return int(command.run(_command_parser(name, command).parse_args(arguments)) or DONE)
    except KeyboardInterrupt:
        return _stopped(name, "interrupted", INTERRUPTED, debug=debug)
    except FinkT2Error as error:
        return _stopped(name, str(error), debug=debug)
    except OSError as error:
        if isinstance(error, BrokenPipeError) and _output_is_closed():
            raise
        if error.errno is None:  # not from the operating system, but from a library's own check
            return _stopped(name, _defect(error), debug=debug)
        file = f"{error.filename}: " if error.filename is not None else ""
        return _stopped(name, f"{file}{error.strerror}", debug=debug)
    except ModuleNotFoundError as error:
        missing = missing_package(error)
        return _stopped(name, _defect(error) if missing is None else str(missing), debug=debug)
    except Exception as error:
        return _stopped(name, _defect(error), debug=debug)


def _command_parser(name: str, command: Command) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"fink-t2 {name}",
        description=command.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    return parser


def _output_is_closed() -> bool:
    """Tell whether a broken pipe is that of standard output, and not one of the command's own."""
    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), select.POLLOUT)
    except OSError:  # standard output is no file, for instance in a notebook
        return False
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _defect(error: Exception) -> str:
    """Return the message for an error that no part of the code expects."""
    return (
        f"unexpected error: {type(error).__name__}: {error}\n"
        "This is a defect of fink_t2. Please report it with the command and, if possible, its "
        "input; 'fink-t2 --debug COMMAND ...' shows the traceback to include."
    )


def _stopped(name: str, message: str, code: int = FAILED, *, debug: bool) -> int:
    """Say on standard error what has stopped the command; return the exit code."""
    if debug:
        traceback.print_exc()
    print(f"fink-t2 {name}: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
