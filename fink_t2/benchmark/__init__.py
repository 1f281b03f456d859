"""How fast each part is, on this machine, beside the published way of doing it."""

import os

# Figures are per core, and george's small matrices only suffer from threads: it took ten
# times as long with two. This must stand before numpy and scipy load their libraries.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
