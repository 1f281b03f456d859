"""Speed and accuracy of each part on this machine, beside the published way of computing."""

import os
from typing import Final

# Figures are per core, and george's small matrices only suffer from threads: it took ten
# times as long with two. The variables must be set before numpy and scipy load their libraries.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

#: LSST's mean rate in alerts per second: 10,000 alerts per exposure of 37 s.
LSST_RATE: Final = 270.0
