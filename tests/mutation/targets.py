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
    expression : str
        Expression of ``pytest -k`` that selects among the tests, to leave out long ones.
    """

    tests: tuple[str, ...] = ()
    compiled_tests: tuple[str, ...] = ()
    compiled_scopes: tuple[str, ...] = ()
    expression: str = ""

    def is_compiled(self, scope: str) -> bool:
        """Tell whether a function or variable has an effect in compiled code only."""
        return self.compiled_scopes == ("*",) or scope.split(".")[0] in self.compiled_scopes


GAUSSIAN_PROCESS = f"{TESTS}/gaussian_process"

#: Light curves of many points, which take seconds without a compiler.
SHORT = (
    "not 100 and not 159 and not 160 and not hostile and not raise_or_give and not never_worse "
    "and not order_in_the_batch"
)

FEATURES = (f"{TESTS}/features",)


def _gaussian_process(*names: str) -> tuple[str, ...]:
    return tuple(f"{GAUSSIAN_PROCESS}/test_{name}.py" for name in names)


TARGETS: dict[str, Target] = {
    f"{SCIENCE}/features/{name}.py": Target(FEATURES)
    for name in (
        "brightness", "colour", "compute", "context", "curve_shape", "duration",
        "mean_curve", "passband_shape", "registry", "variability",
    )
}  # fmt: skip
TARGETS[f"{SCIENCE}/features/batch.py"] = Target(
    FEATURES, (f"{TESTS}/features/test_feature_batches.py",), ("_SIGNATURE", "_read_only")
)
TARGETS |= {
    f"{SCIENCE}/gaussian_process/{name}.py": Target(_gaussian_process(*tests), expression=SHORT)
    for name, tests in {
        "kernel": ("kernel",),
        "cholesky": ("cholesky", "likelihood"),
        "likelihood": ("likelihood",),
        "maximum": ("ascent_step", "climb", "maximum"),
        "points": ("points",),
        "prediction": ("prediction",),
        "workspace": ("workspace",),
        "batch": ("interpolation",),
        "interpolation": ("interpolation",),
    }.items()
}
TARGETS[f"{SCIENCE}/gaussian_process/lanes.py"] = Target(
    compiled_tests=_gaussian_process("lanes"), compiled_scopes=("*",)
)
