"""Coverage-guided fuzzing of the decoders with atheris, which is not among the locked packages.

Examples:
  pip install atheris
  python -m tests.fuzz.atheris_decode -runs=1000000 -max_len=65536
  python -m tests.fuzz.atheris_decode crash-0123abcd        # one input again
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random

import atheris

import fink_t2.processor  # noqa: F401 - with its compiled functions, which can't be instrumented

with atheris.instrument_imports(include=["fink_t2", "fastavro"]):
    from tests.fuzz.checks import check_decoding
    from tests.fuzz.messages import MAKERS
    from tests.fuzz.seeds import packets

#: Real packets are large and mostly cutouts, which nothing looks at.
LONGEST_SEED = 20_000


def one_input(data: bytes) -> None:
    """Decode what atheris has made up."""
    check_decoding(data, "ztf")


def write_seeds(folder: Path) -> None:
    """Write sound and hostile messages for atheris to begin with."""
    messages = [*packets(), *(maker(Random(seed)) for maker in MAKERS for seed in range(5))]
    for number, message in enumerate(messages):
        if len(message) <= LONGEST_SEED:
            (folder / f"{number:04d}").write_bytes(message)


def main() -> None:
    """Run until -runs, or for ever."""
    with tempfile.TemporaryDirectory(prefix="fink_t2-fuzz-") as folder:
        write_seeds(Path(folder))
        named = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
        atheris.Setup(sys.argv if named else [*sys.argv, folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
