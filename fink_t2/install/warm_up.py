"""Compile the numerical code once, at set-up, so that no worker has to when it starts.

numba keeps compiled code beside the sources, or in ``$NUMBA_CACHE_DIR``; compiling all of it takes
ten seconds and more memory than a worker needs for its work. ``fink-t2 install warm-up`` does this
where the package is installed, as the user whose workers will run.
"""

from __future__ import annotations

import numpy as np

from fink_t2.science.cuts import CutSettings, apply_cuts
from fink_t2.science.light_curves import from_fluxes
from fink_t2.science.preprocessing import preprocess
from fink_t2.surveys import LSST
from fink_t2.surveys.ztf import from_ztf


def warm_up() -> None:
    """Compile by taking one light curve of each survey through cuts and preprocessing."""
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
