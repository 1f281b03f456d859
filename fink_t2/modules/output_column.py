"""One column of a science module's output: what it is called, holds and means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fink_t2.errors import ModuleError

FLOAT_MAP: Final = "map<string,float>"

#: The types that a column may have, as Spark writes them, and what a module returns for each.
TYPES: Final[dict[str, npt.DTypeLike]] = {
    "boolean": np.bool_,
    "int": np.int32,
    "bigint": np.int64,
    "float": np.float32,
    "double": np.float64,
    "string": np.object_,
    "timestamp": "datetime64[us]",
    FLOAT_MAP: np.float32,
}


@dataclass(frozen=True)
class OutputColumn:
    """One column that a science module adds to every alert.

    The stream's tables and topics, the files of ``fink-t2 classify`` and the documentation take
    all that they know of the column from here.

    Attributes
    ----------
    name : str
        Name in the output: the module's name, or one that begins with it and an underscore.
    type : str
        One of `TYPES`.
    documentation : str
        What it means, in a sentence or two with the unit. It becomes the ``doc`` of the field in
        the Avro schema of the Kafka topic and the comment of the column in the Parquet tables.
    not_classified : scalar, optional
        What stands for an alert on which the module has failed; default: null. A module
        should write the same where it does not classify an alert. Of a map: every value.
    keys : tuple of str
        The keys of a map, in the order in which the module returns their values.
    categories : tuple of str
        All values that a column of strings can have, where there are few of them. The stream
        counts the alerts that have each of them.
    constant : scalar, optional
        The value of every alert, where it is known beforehand, such as the name of a model. The
        module then does not return the column.
    is_reproducible : bool
        Whether the same alert always has the same value. Columns that are not, such as the time of
        the classification, are left out of the files that ``fink-t2 classify`` writes.

    Raises
    ------
    ModuleError
        If name, type and keys are not those of a column.
    """

    name: str
    type: str
    documentation: str
    not_classified: Any = None
    keys: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    constant: Any = None
    is_reproducible: bool = True

    def __post_init__(self) -> None:
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", self.name):
            raise ModuleError(
                f"{self.name!r} is not a name for a column: Avro allows letters, digits and "
                "underscores, and no digit in front"
            )
        if self.type not in TYPES:
            raise ModuleError(
                f"the column {self.name!r} has the type {self.type!r}; the types are "
                + ", ".join(map(repr, TYPES))
            )
        if (self.type == FLOAT_MAP) != bool(self.keys):
            raise ModuleError(f"the column {self.name!r}: a map has 'keys', and nothing else has")

    def empty_values(self, length: int) -> npt.NDArray[Any]:
        """Return what is written for alerts on which the module has failed.

        Parameters
        ----------
        length : int
            N, the number of alerts.

        Returns
        -------
        ndarray, shape (N,), or (N, K) for a map of K keys
            Objects where `not_classified` is null, for of most types NumPy has none.
        """
        shape = (length, len(self.keys)) if self.keys else (length,)
        dtype = np.object_ if self.not_classified is None else TYPES[self.type]
        return np.full(shape, self.not_classified, dtype=dtype)

    def checked(self, values: Any, length: int) -> npt.NDArray[Any]:
        """Return the values that a module has returned for this column, of the declared type.

        Parameters
        ----------
        values : array_like, shape (N,), or (N, K) for a map of K keys
        length : int
            N, the number of alerts.

        Raises
        ------
        ModuleError
            If there are more or fewer of them, or they can't be converted.
        """
        shape = (length, len(self.keys)) if self.keys else (length,)
        try:
            array = np.asarray(values)
            # Nulls: an array of objects stays one.
            if array.dtype != np.object_:
                array = array.astype(TYPES[self.type], copy=False)
        except (ValueError, TypeError) as error:
            raise ModuleError(f"the column {self.name!r}: {error}") from None
        if array.shape != shape:
            raise ModuleError(
                f"the column {self.name!r} has values of shape {array.shape}, not {shape}"
            )
        return array
