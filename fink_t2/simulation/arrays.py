"""Types of arrays in the signatures of the simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: Floating-point array of any shape.
Array = npt.NDArray[np.float64]
#: Integer array of any shape, such as positions of objects or indices of passbands.
Indices = npt.NDArray[np.integer[Any]]
#: Parameters of n sources by name, each an array of shape (n,).
Parameters = dict[str, Any]
