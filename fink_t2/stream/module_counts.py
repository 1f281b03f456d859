"""How many alerts have each status and class, counted while a batch is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from fink_t2.modules.evaluation import FAILED
from fink_t2.modules.output_column import OutputColumn
from fink_t2.modules.science_module import ScienceModule


def counted(modules: Sequence[ScienceModule], is_alert: Column) -> dict[str, Column]:
    """Return what to observe: the number of alerts with each value of the counted columns.

    Parameters
    ----------
    modules : sequence of ScienceModule
        The modules; columns with ``categories`` are counted.
    is_alert : Column
        True in the rows that hold an alert.

    Returns
    -------
    dict of str to Column
        The names have a column, a space, and a value.
    """
    counts = {}
    for module in modules:
        for column in module.columns:
            for value in _values(module, column):
                has_value = F.col(f"classification.{column.name}") == value
                counts[f"{column.name} {value}"] = F.count_if(is_alert & has_value)
    return counts


def module_counts(
    modules: Sequence[ScienceModule], labels: Mapping[str, str], observed: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields of the batch line that say what the modules have answered.

    Parameters
    ----------
    modules : sequence of ScienceModule
        The modules.
    labels : mapping of str to str
        The models of those that have one.
    observed : mapping of str to int
        What `counted` has given.

    Returns
    -------
    dict
        Of the first module ``by_status``, ``by_class`` and the like, for every counted column,
        and ``model``; of the others the same under ``modules`` and the module's name. Numbers
        that are zero are left out.
    """
    first, *others = (
        {**_of_module(module, observed), "model": labels.get(module.name, "")} for module in modules
    )
    if not others:
        return first
    names = [module.name for module in modules[1:]]
    return {**first, "modules": dict(zip(names, others, strict=True))}


def _of_module(module: ScienceModule, observed: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    return {
        f"by_{column.name.removeprefix(module.name).removeprefix('_')}": {
            value: observed[f"{column.name} {value}"]
            for value in _values(module, column)
            if observed[f"{column.name} {value}"]
        }
        for column in module.columns
        if _values(module, column)
    }


def _values(module: ScienceModule, column: OutputColumn) -> tuple[str, ...]:
    """Return the values that are counted; that a module has failed is counted in any case."""
    if column.name != f"{module.name}_status":
        return column.categories
    return tuple(dict.fromkeys([*column.categories, FAILED]))
