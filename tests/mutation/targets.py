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
FEATURES = f"{TESTS}/features"

#: Leaves out light curves of many points, which take seconds without a compiler.
SHORT = (
    "not 100 and not 159 and not 160 and not hostile and not raise_or_give and not never_worse "
    "and not order_in_the_batch"
)

#: Files to whose tests that applies.
LONG_TESTS = ("gaussian_process/likelihood", "gaussian_process/interpolation")

#: Files whose tests need no compiler, and the tests.
_WITHOUT_COMPILER = {
    "classes": ("test_classes_and_passbands",),
    "passbands": ("test_classes_and_passbands",),
    "photometry": ("test_scaling_of_grids", "test_photometry"),
    "preprocessing": ("test_scaling_of_grids", "test_preprocessing"),
    "light_curves": ("test_light_curve_limits", "test_light_curves"),
    "cuts": ("test_cut_limits", "test_cuts"),
    "inference": ("test_inference", "test_inference_checks"),
    "model_store": ("test_model_store",),
    "worker": ("test_worker",),
    "gaussian_process/kernel": ("gaussian_process/test_kernel",),
    "gaussian_process/cholesky": ("gaussian_process/test_cholesky",),
    "gaussian_process/likelihood": ("gaussian_process/test_likelihood",),
    "gaussian_process/maximum": (
        "gaussian_process/test_ascent_step",
        "gaussian_process/test_climb",
        "gaussian_process/test_maximum",
    ),
    "gaussian_process/points": ("gaussian_process/test_points",),
    "gaussian_process/binning": ("gaussian_process/test_merging",),
    "gaussian_process/prediction": ("gaussian_process/test_prediction",),
    "gaussian_process/workspace": ("gaussian_process/test_workspace",),
    "gaussian_process/interpolation": (
        "gaussian_process/test_interpolation",
        "gaussian_process/test_interpolation_checks",
    ),
    **{
        f"features/{name}": ("features",)
        for name in (
            "brightness", "colour", "compute", "context", "curve_shape", "duration",
            "mean_curve", "passband_shape", "registry", "variability",
        )
    },
}  # fmt: skip

TARGETS: dict[str, Target] = {
    f"{SCIENCE}/{file}.py": Target(
        tuple(f"{TESTS}/{test}" if test == "features" else f"{TESTS}/{test}.py" for test in tests),
        expression=SHORT if file in LONG_TESTS else "",
    )
    for file, tests in _WITHOUT_COMPILER.items()
}
TARGETS |= {
    f"{SCIENCE}/compilation.py": Target(
        compiled_tests=(f"{TESTS}/test_source_digest.py",), compiled_scopes=("*",)
    ),
    f"{SCIENCE}/features/batch.py": Target(
        (FEATURES,), (f"{FEATURES}/test_feature_batches.py",), ("_SIGNATURE", "_read_only")
    ),
    f"{SCIENCE}/gaussian_process/batch.py": Target(
        (
            f"{GAUSSIAN_PROCESS}/test_interpolation.py",
            f"{GAUSSIAN_PROCESS}/test_interpolation_checks.py",
        ),
        (f"{GAUSSIAN_PROCESS}/test_interpolation_checks.py",),
        ("_INPUTS", "_RESULTS", "_SIGNATURE", "_read_only"),
        SHORT,
    ),
    f"{SCIENCE}/gaussian_process/lanes.py": Target(
        compiled_tests=(f"{GAUSSIAN_PROCESS}/test_lanes.py",), compiled_scopes=("*",)
    ),
}
