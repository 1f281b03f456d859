"""After the warm-up a new process compiles nothing."""

import os
import subprocess
import sys

import pytest

# Put before a script: notes what numba compiles and keeps.
COUNT = """
import numba.core.caching as caching

compiled = []
save = caching.Cache.save_overload

def note(self, signature, data):
    compiled.append(f"{self._name} {signature}")
    return save(self, signature, data)

caching.Cache.save_overload = note
"""

CLASSIFY = """
import numpy as np
import pandas as pd
from fink_t2.classifier import find_model
from fink_t2.science.cuts import CutSettings
from fink_t2.processor import classify_ztf_alerts

def series(*values):
    return pd.Series(list(values))

# Read-only arrays of Arrow's types, as Spark hands them over.
def column(values, kind):
    array = np.array(values, dtype=kind)
    array.flags.writeable = False
    return series(array)

classified = classify_ztf_alerts(
    find_model("t2-ztf"),
    CutSettings(),
    column([2459000.5 + k for k in range(4)], np.float64),
    column([1, 2, 1, 2], np.int32),
    column([19.0, 19.1, 18.9, 18.8], np.float32),
    column([0.1] * 4, np.float32),
    column([True] * 4, bool),
    series(0), series("Unknown"), series(2459000.0),
)
assert classified.status_texts() == ["ok"]
print(len(compiled))
"""


@pytest.mark.slow
def test_what_is_warm_is_not_compiled_again(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}

    def run(script):
        return subprocess.run(
            [sys.executable, "-c", COUNT + script],
            env=environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    assert (
        int(run("from fink_t2.install.warm_up import warm_up\nwarm_up()\nprint(len(compiled))")) > 2
    )
    assert run(CLASSIFY).strip() == "0"
