"""Install fink_t2; without extras, just what the stream needs."""

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
VERSION = next(
    line.split('"')[1]
    for line in (HERE / "fink_t2" / "__init__.py").read_text().splitlines()
    if line.startswith("__version__")
)

SIMULATION = ["astropy>=6", "dust_extinction>=1.5"]
TRAIN = [
    *SIMULATION,
    "tensorflow>=2.20",
    "keras>=3.9",
    "optuna>=4",
    "scikit-learn>=1.5",
    "matplotlib>=3.9",
    "george>=0.4.4",
]
DOCS = [
    "mkdocs-material>=9.5",
    "mkdocstrings[python]>=0.27",
    "ipykernel>=6",
    "nbclient>=0.10",
    "nbformat>=5",
]
# What serving a model and 'fink-t2 models' read of a version.
MODEL_FILES = ("model.tflite", "metrics.json", "gate.json", "card.md")


def shipped_files() -> Iterator[Path]:
    """Yield the files outside the package that the wheel has in it, relative to this folder.

    The configurations, and of each model the version in service; `fink_t2.resources` finds them.
    """
    yield from (path for path in Path("conf").rglob("*") if path.is_file())
    for current in Path("models").glob("*/current"):
        yield current
        version = current.parent / current.read_text().strip()
        yield from (path for name in MODEL_FILES if (path := version / name).is_file())


class BuildWithShippedFiles(build_py):
    """Put the shipped files into the package, except in an editable installation."""

    def run(self) -> None:
        """Build from nothing, then copy."""
        if self.editable_mode:
            super().run()
            return
        # What an earlier build has left, such as a module that has moved, is not for this wheel.
        rmtree(Path(self.build_lib, "fink_t2"), ignore_errors=True)
        super().run()
        for source, target in self._shipped().items():
            self.mkpath(str(target.parent))
            self.copy_file(str(source), str(target))

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return what is built, the shipped files included."""
        shipped = [] if self.editable_mode else map(str, self._shipped().values())
        return [*super().get_outputs(include_bytecode), *shipped]

    def get_source_files(self) -> list[str]:
        """Return what a source distribution needs, the shipped files included."""
        return [*super().get_source_files(), *map(str, shipped_files())]

    def _shipped(self) -> dict[Path, Path]:
        folder = Path(self.build_lib, "fink_t2", "_shipped")
        return {path: folder / path for path in shipped_files()}


setup(
    name="fink_t2",
    version=VERSION,
    description="Real-time classification of astronomical transients for alert brokers",
    long_description=(HERE / "README.md").read_text() if (HERE / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["fink_t2", "fink_t2.*"]),
    package_data={
        "fink_t2": [
            "**/*.json",
            "**/*.avsc",
            "**/*.toml",
            "**/*.csv",
            "**/*.properties",
            "**/*.template",
            "py.typed",
        ]
    },
    install_requires=[
        "pyspark>=3.5,<5",
        "confluent-kafka>=2.6",
        "fastavro>=1.10",
        "pyarrow>=18",
        "numpy>=1.26",
        "pandas>=1.5",
        "numba>=0.61",
        "ai-edge-litert>=1.3",
        "cramjam>=2.8",
        "prometheus-client>=0.21",
        "psutil>=6",
        "annotated-types>=0.6",
        "pydantic>=2.9",
        "tqdm>=4.66",
        "backports.zstd>=1",
    ],
    extras_require={
        "simulation": SIMULATION,
        "tables": ["astropy>=6"],
        "train": TRAIN,
        "gpu": ["tensorflow[and-cuda]>=2.20", *TRAIN],
        "lsst": ["lsst-alert-packet"],
        "docs": DOCS,
        "dev": [
            *TRAIN,
            *DOCS,
            "fink-client>=9",
            "hypothesis>=6.100",
            "jsonschema>=4",
            "lsst-alert-packet>=11",
            "mypy>=1.13",
            "pandas-stubs",
            "pre-commit>=4",
            "pytest>=8",
            "pytest-timeout>=2.3",
            "ruff>=0.8",
            "types-psutil",
        ],
    },
    cmdclass={"build_py": BuildWithShippedFiles},
    entry_points={"console_scripts": ["fink-t2 = fink_t2.cli:main"]},
)
