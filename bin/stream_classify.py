#!/usr/bin/env python3
"""Classify an alert stream: what spark-submit runs.

Examples
--------
  spark-submit bin/stream_classify.py --config conf/ztf.toml
  spark-submit --master spark://head:7077 bin/stream_classify.py --config conf/ztf.toml
  spark-submit bin/stream_classify.py --config conf/ztf.toml --once \\
      --set source.topics='["ztf_20260801_programid1"]' --set output.path=/data/t2
"""

import argparse
import sys

from fink_t2.config import load_config
from fink_t2.errors import FinkT2Error
from fink_t2.stream.job import run


def main() -> int:
    """Parse the command line and run the job; 0 done or stopped, 1 failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", required=True, metavar="FILE", help="TOML configuration")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="override a value of the configuration; may be repeated",
    )
    parser.add_argument("--once", action="store_true", help="catch up with what is there, then end")
    args = parser.parse_args()
    settings = [*args.set, *(["trigger.once=true"] if args.once else [])]
    try:
        run(load_config(args.config, settings))
    except FinkT2Error as error:
        print(f"stream_classify: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
