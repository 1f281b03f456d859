"""Compile the numeric code once, at set-up, so that no worker has to at its start.

numba keeps what it has compiled beside the sources, or in ``$NUMBA_CACHE_DIR``; compiling all
of it takes ten seconds and more memory than a worker needs for its work. Run it where the
package is installed, as the user whose workers will run, and for an image while it is built::

    python -m fink_t2.install.warm_up
"""

from __future__ import annotations

import time

import numpy as np

from fink_t2.science.cuts import CutSettings, apply_cuts
from fink_t2.science.light_curves import from_fluxes
from fink_t2.science.preprocessing import preprocess
from fink_t2.surveys import LSST
from fink_t2.surveys.ztf import from_ztf


def warm_up() -> None:
    """Take one light curve of each survey to what the network sees."""
    days = np.arange(6.0)
    starts = [0, 6]
    ztf = from_ztf(
        starts,
        2459000.5 + days,
        np.array([1, 2] * 3),
        19.0 - 0.1 * days,
        np.full(6, 0.1),
        np.ones(6, dtype=bool),
        np.array([2459000.0]),
    )
    lsst = from_fluxes(
        LSST.passbands,
        starts,
        59000.0 + days,
        np.arange(6),
        1000.0 + 100.0 * days,
        np.full(6, 50.0),
        unit="nJy",
    )
    for light_curves in (ztf, lsst):
        apply_cuts(light_curves, CutSettings())
        preprocess(light_curves)


if __name__ == "__main__":
    begin = time.perf_counter()
    warm_up()
    print(f"numeric code is compiled ({time.perf_counter() - begin:.1f} s)")
