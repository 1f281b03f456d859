"""Time t2 networks of several shapes, beside the published one.

The networks are not trained: an untrained network is as fast as a trained one. They run on one
thread and take turns in small blocks, so that the ratios hold on a machine whose speed varies.

Examples:
  fink-t2 tradeoff
  fink-t2 tradeoff --published ../shared/reference/t2_published_gr.tflite --rounds 50
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fink_t2.commands._arguments import PUBLISHED_NETWORK
from fink_t2.commands._keras import import_keras

GROUP = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 tradeoff``."""
    parser.add_argument(
        "--published",
        type=Path,
        default=PUBLISHED_NETWORK,
        metavar="FILE",
        help="the published network, left out if it is not there (default: %(default)s)",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=15,
        help="how many times each network has its turn (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Measure, and print the table."""
    import_keras()
    from fink_t2.science.features import feature_names
    from fink_t2.surveys import ZTF
    from fink_t2.training.evaluation.markdown import markdown_table
    from fink_t2.training.studies.trade_off import candidates, measure

    n_features = sum(not name.startswith("photoz") for name in feature_names(ZTF.passbands.names))
    published = args.published if args.published.is_file() else None
    timings = measure(candidates(n_features), published, args.rounds)
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
