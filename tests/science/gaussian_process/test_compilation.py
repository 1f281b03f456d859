"""Compiled code is kept on disk, found again, and made for the processor at hand."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fink_t2
from fink_t2.science.compilation import source_digest
from fink_t2.science.gaussian_process import batch, interpolate, lanes
from fink_t2.surveys import LSST

CHECKOUT = Path(fink_t2.__file__).resolve().parent.parent

SCRIPT = """
import json, sys
import numpy as np
from fink_t2.science.gaussian_process import batch, interpolate, lanes
from fink_t2.surveys import LSST
generator = np.random.default_rng(0)
n = 30
time = np.sort(generator.uniform(0, 50, n))
flux = np.sin(time / 9) + generator.normal(0, 0.1, n)
passband = generator.integers(0, 6, n).astype(np.int8)
grid = interpolate(
    [0, n], time, flux, np.full(n, 0.1), passband, LSST.passbands.wavelength_array(), 7
).flux
hits = sum(batch.compiled_batch().stats.cache_hits.values())
print(json.dumps({"grid": grid.tolist(), "hits": hits, "width": lanes.WIDTH}))
"""


def run(**environment: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout) | {"log": done.stderr}


def expected_grid() -> np.ndarray:
    generator = np.random.default_rng(0)
    n = 30
    time = np.sort(generator.uniform(0, 50, n))
    flux = np.sin(time / 9) + generator.normal(0, 0.1, n)
    passband = generator.integers(0, 6, n).astype(np.int8)
    return interpolate(
        [0, n], time, flux, np.full(n, 0.1), passband, LSST.passbands.wavelength_array(), 7
    ).flux


@pytest.mark.slow
def test_a_second_process_loads_what_the_first_compiled(tmp_path):
    first = run(NUMBA_CACHE_DIR=str(tmp_path))
    second = run(NUMBA_CACHE_DIR=str(tmp_path))
    assert (first["hits"], second["hits"]) == (0, 1)
    assert first["grid"] == second["grid"]


@pytest.mark.slow
def test_without_any_place_to_keep_it_the_code_is_still_compiled():
    # A locator for zip files only finds no place for this checkout.
    found = run(NUMBA_CACHE_LOCATOR_CLASSES="ZipCacheLocator", NUMBA_OPT="0")
    assert "NUMBA_CACHE_DIR" in found["log"]
    np.testing.assert_allclose(found["grid"], expected_grid(), rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.skipif(lanes.WIDTH != 8, reason="this processor has registers of 256 bits only")
def test_narrower_registers_give_the_same_result(tmp_path):
    found = run(
        NUMBA_CACHE_DIR=str(tmp_path),
        NUMBA_CPU_NAME="haswell",
        NUMBA_CPU_FEATURES="+avx2,+avx,+fma,+sse4.2,+bmi,+bmi2,+popcnt,+lzcnt",
    )
    assert found["width"] == 4
    np.testing.assert_allclose(found["grid"], expected_grid(), rtol=1e-7, atol=1e-9)


def test_the_digest_covers_the_sources():
    digest = source_digest("fink_t2.science.gaussian_process")
    assert batch.compiled_batch().py_func.__closure__[0].cell_contents == digest
