"""The array types that the simulation's signatures speak of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: Floating-point array, any shape.
Array = npt.NDArray[np.float64]
#: Integer array: positions of objects, passbands.
Indices = npt.NDArray[np.integer[Any]]
#: Parameters of a batch of sources by name, each of shape (n,).
Parameters = dict[str, Any]
