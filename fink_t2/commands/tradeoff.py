"""Time t2 networks of several shapes in LiteRT, beside the published file.

Untrained networks are as fast as trained ones. One thread; the networks take turns in small
blocks, so that the ratios hold on a machine that changes its speed.

Examples:
  fink-t2 tradeoff
  fink-t2 tradeoff --published ../shared/reference/t2_published_gr.tflite --rounds 50
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from fink_t2.science.features import feature_names
from fink_t2.surveys import ZTF

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PUBLISHED = CHECKOUT.parent / "shared" / "reference" / "t2_published_gr.tflite"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--published", type=Path, default=PUBLISHED, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=15, help="(default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print the table."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from fink_t2.training.evaluation.markdown import markdown_table
    from fink_t2.training.studies.trade_off import candidates, measure

    n_features = sum(not name.startswith("photoz") for name in feature_names(ZTF.passbands.names))
    published = arguments.published if arguments.published.is_file() else None
    timings = measure(candidates(n_features), published, arguments.rounds)
    rows = [
        [
            timing.label,
            timing.parameters or None,
            f"{timing.kilobytes:.0f}",
            f"{timing.milliseconds:.4f}",
            "" if timing.ratio != timing.ratio else f"{timing.ratio:.3f}",
        ]
        for timing in timings
    ]
    header = ["network", "parameters", "kB", "ms per light curve", "ratio to published"]
    print(markdown_table(header, rows))
    return 0
