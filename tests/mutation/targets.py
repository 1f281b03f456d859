"""The tests that are to kill the mutants of each file."""

from __future__ import annotations

from dataclasses import dataclass

SCIENCE = "fink_t2/science"
TESTS = "tests/science"


@dataclass(frozen=True)
class Target:
    """A file and its tests.

    Attributes
    ----------
    tests : tuple of str
        Files or node ids of tests that run without a compiler.
    compiled_tests : tuple of str
        Those that run with numba's compiler.
    compiled_scopes : tuple of str
        Functions and variables of the file that have an effect in compiled code only;
        ("*",) stands for all of them.
    """

    tests: tuple[str, ...] = ()
    compiled_tests: tuple[str, ...] = ()
    compiled_scopes: tuple[str, ...] = ()

    def is_compiled(self, scope: str) -> bool:
        """Tell whether a function or variable has an effect in compiled code only."""
        return self.compiled_scopes == ("*",) or scope.split(".")[0] in self.compiled_scopes


FEATURES = (f"{TESTS}/features",)

TARGETS: dict[str, Target] = {
    f"{SCIENCE}/features/{name}.py": Target(FEATURES)
    for name in (
        "batch", "brightness", "colour", "compute", "context", "curve_shape", "duration",
        "mean_curve", "passband_shape", "registry", "variability",
    )
}  # fmt: skip
