"""Classify an alert stream: the program that spark-submit runs.

Examples
--------
  fink-t2 stream --config ztf.toml
  spark-submit bin/stream_classify.py --config conf/ztf.toml
  spark-submit --master spark://head:7077 bin/stream_classify.py --config conf/ztf.toml
  spark-submit bin/stream_classify.py --config conf/ztf.toml --once \\
      --set source.topics='["ztf_20260801_programid1"]' --set output.path=/data/t2
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__" and Path(sys.path[0]).resolve() == Path(__file__).resolve().parent:
    # Python puts the folder of the program first on its path. It is that of a package here, whose
    # modules must not be taken for top-level ones of the same names.
    del sys.path[0]

from fink_t2.errors import FinkT2Error


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the job."""
    parser.add_argument("--config", required=True, metavar="FILE", help="TOML configuration")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="override a value of the configuration; may be repeated",
    )
    parser.add_argument("--once", action="store_true", help="catch up with what is there, then end")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name; default ``sys.argv[1:]``.

    Returns
    -------
    int
        The exit code: 0 when it has caught up or was stopped, 1 when it failed. Wrong usage ends
        the process with 2.
    """
    # Imported here, so that 'fink-t2 stream --help' does not wait for Spark.
    from fink_t2.config import load_config
    from fink_t2.stream.job import run

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    args = parser.parse_args(arguments)
    settings = [*args.set, *(["trigger.once=true"] if args.once else [])]
    try:
        run(load_config(args.config, settings))
    except FinkT2Error as error:
        print(f"stream_classify: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
