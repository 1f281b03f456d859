"""Arguments that several commands share, and the types that argparse converts them to."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Final

from fink_t2.resources import checkout

#: As `fink_t2.surveys.DEFAULT_SURVEY`, which takes long to import.
DEFAULT_SURVEY: Final = "ztf"
#: The checkout that this code runs from; the current folder for an installed package.
CHECKOUT: Final = checkout() or Path.cwd()
#: Reference data beside the checkout: real alerts, labelled light curves, the published network.
SHARED: Final = CHECKOUT.parent / "shared"
PUBLISHED_NETWORK: Final = SHARED / "reference" / "t2_published_gr.tflite"

_SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}


def add_job_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that name the configuration of a streaming job."""
    parser.add_argument(
        "--config", required=True, metavar="FILE", help="TOML configuration of the streaming job"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="override a value of the configuration; may be repeated",
    )


def survey_name(text: str) -> str:
    """Check that a survey of this name is registered; for argparse's ``type``."""
    from fink_t2.surveys import survey_names

    if text not in survey_names():
        raise argparse.ArgumentTypeError(
            f"no survey {text!r}; the surveys are {', '.join(survey_names())}"
        )
    return text


def name_value(text: str) -> tuple[str, str]:
    """Split ``NAME=VALUE`` at the first equals sign; for argparse's ``type``."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def duration(text: str) -> float:
    """Return a duration such as ``90s``, ``30m`` or ``8h`` in seconds; for argparse's ``type``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh])", text.strip())
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 90s, 30m or 8h")
    return float(match[1]) * _SECONDS[match[2]]
