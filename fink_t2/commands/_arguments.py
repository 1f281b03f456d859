"""``NAME=VALUE``, as command lines take settings of other programs."""

from __future__ import annotations

import argparse


def name_value(text: str) -> tuple[str, str]:
    """Split ``name=value`` at the first equals sign; for argparse's ``type``."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
