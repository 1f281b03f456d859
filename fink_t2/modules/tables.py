"""The answers of science modules as columns of a table, for files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fink_t2.modules.alert_batch import AlertBatch
from fink_t2.modules.evaluation import evaluate
from fink_t2.modules.science_module import ScienceModule


def table_columns(
    modules: Sequence[ScienceModule], batch: AlertBatch
) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of a table with the answers to a batch of alerts.

    A table has no maps: a map becomes one column for each of its keys. Those of the first map have
    the names of the keys, those of later ones the name of the map and an underscore in front.
    Columns that are not reproducible (`OutputColumn.is_reproducible`) are left out, so that the
    same input gives the same file.

    Parameters
    ----------
    modules : sequence of ScienceModule
        The modules.
    batch : AlertBatch
        N alerts.

    Returns
    -------
    dict of str to ndarray, shape (N,)
        In the order in which the modules declare the columns.
    """
    values = evaluate(modules, batch)
    table: dict[str, npt.NDArray[Any]] = {}
    prefix = ""
    for column in (column for module in modules for column in module.columns):
        if not column.is_reproducible:
            continue
        if column.keys:
            for number, key in enumerate(column.keys):
                table[f"{prefix.format(column.name)}{key}"] = values[column.name][:, number]
            prefix = "{}_"
        elif column.constant is not None:
            table[column.name] = np.full(len(batch), column.constant, dtype=object)
        else:
            table[column.name] = values[column.name]
    return table
