"""Run several modules over one batch; an alert on which one fails costs no other alert."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fink_t2.errors import ModelError, ModuleError
from fink_t2.modules.alert_batch import AlertBatch
from fink_t2.modules.science_module import ScienceModule

LOG = logging.getLogger(__name__)

#: The status of an alert on which a module has raised an error.
FAILED: Final = "failed"
#: A module that has failed on so many single alerts of a batch, and classified none, is not called
#: again for the rest of it: it would be called twice for every alert, to no purpose.
MOST_FAILURES_AT_FIRST: Final = 16
#: So many errors of one batch are logged one by one.
MOST_LOGGED: Final = 3

Values = dict[str, npt.NDArray[Any]]


def evaluate(modules: Sequence[ScienceModule], batch: AlertBatch) -> Values:
    """Return the columns of all modules for a batch of alerts.

    Parameters
    ----------
    modules : sequence of ScienceModule
        The modules.
    batch : AlertBatch
        N alerts.

    Returns
    -------
    dict of str to ndarray
        N values, or (N, K) for a map of K keys, for every column that is no constant, in the
        order in which the modules declare them.

    Raises
    ------
    ModelError
        If a module's model can't be used.
    """
    values: Values = {}
    for module in modules:
        values |= _Evaluation(module).of(batch)
    return values


def requested_fields(modules: Sequence[ScienceModule]) -> tuple[str, ...]:
    """Return the fields of the alert that modules ask for, each once."""
    return tuple(dict.fromkeys(name for module in modules for name in module.required_fields))


def requested_cutouts(modules: Sequence[ScienceModule]) -> tuple[str, ...]:
    """Return the cutouts that modules ask for, each once."""
    return tuple(dict.fromkeys(name for module in modules for name in module.cutouts))


class _Evaluation:
    """One module's answers to one batch, and the count of the alerts on which it fails."""

    def __init__(self, module: ScienceModule) -> None:
        self._module = module
        self._has_classified = False
        self._failures = 0

    def of(self, batch: AlertBatch) -> Values:
        """Return the module's values for a batch."""
        values = self._divided(batch)
        if self._failures > MOST_LOGGED:
            LOG.error(
                "the module %r has failed on %d of %d alerts",
                self._module.name,
                self._failures,
                len(batch),
            )
        return values

    def _divided(self, batch: AlertBatch) -> Values:
        """Return the module's values, dividing the batch where the module fails on it."""
        if self._failures >= MOST_FAILURES_AT_FIRST and not self._has_classified:
            self._failures += len(batch)
            return self._failed(batch)
        try:
            values = self._classified(batch)
        except ModelError:
            raise
        except Exception:
            if len(batch) <= 1:
                self._failures += len(batch)
                if self._failures <= MOST_LOGGED:
                    LOG.exception(
                        "the module %r has failed on the alert %s",
                        self._module.name,
                        ", ".join(map(str, batch.identifiers)),
                    )
                return self._failed(batch)
        else:
            self._has_classified = True
            return values
        middle = len(batch) // 2
        first = self._divided(batch.select(np.arange(middle)))
        second = self._divided(batch.select(np.arange(middle, len(batch))))
        return {name: _joined(first[name], second[name]) for name in first}

    def _classified(self, batch: AlertBatch) -> Values:
        returned = self._module.classify(batch)
        columns = [column for column in self._module.columns if column.constant is None]
        missing = [column.name for column in columns if column.name not in returned]
        if missing:
            raise ModuleError(f"the module {self._module.name!r} has not returned {missing}")
        return {
            column.name: column.checked(returned[column.name], len(batch)) for column in columns
        }

    def _failed(self, batch: AlertBatch) -> Values:
        values = {
            column.name: column.empty_values(len(batch))
            for column in self._module.columns
            if column.constant is None
        }
        values[f"{self._module.name}_status"] = np.full(len(batch), FAILED, dtype=object)
        return values


def _joined(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Concatenate; as objects where one part has nulls, of which the other's type has none."""
    if first.dtype != second.dtype:
        first, second = first.astype(object), second.astype(object)
    return np.concatenate([first, second])
