"""Install fink_t2; without extras, just what the stream needs."""

from pathlib import Path

from setuptools import find_packages, setup

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
        "fink_t2": ["**/*.json", "**/*.avsc", "**/*.toml", "**/*.csv", "**/*.template", "py.typed"]
    },
    install_requires=[
        "pyspark>=3.5,<5",
        "confluent-kafka>=2.6",
        "fastavro>=1.10",
        "pyarrow>=18",
        "numpy>=2",
        "pandas>=2.2",
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
        "train": TRAIN,
        "gpu": ["tensorflow[and-cuda]>=2.20", *TRAIN[1:]],
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
    entry_points={"console_scripts": ["fink-t2 = fink_t2.cli:main"]},
)
