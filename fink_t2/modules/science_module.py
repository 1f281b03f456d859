"""What a science module is: the protocol, and the settings with which one is made."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from fink_t2.errors import ModuleError
from fink_t2.modules.alert_batch import AlertBatch
from fink_t2.modules.output_column import OutputColumn
from fink_t2.science.model_store import ModelReference
from fink_t2.surveys import Survey


@dataclass(frozen=True)
class ModuleSettings:
    """With what a science module is made.

    Attributes
    ----------
    survey : Survey
        The survey whose alerts it will get.
    model : ModelReference, optional
        The model that the configuration names, or else the module's default; None where
        neither does.
    options : mapping of str to value
        The module's own options: the table ``[module.options]`` of the configuration.
    """

    survey: Survey
    model: ModelReference | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def check_options(self, module: str, *known: str) -> None:
        """Refuse options that a module does not have.

        Parameters
        ----------
        module : str
            Name of the module.
        *known : str
            Names of its options.

        Raises
        ------
        ModuleError
            Naming the unknown option and those that are known.
        """
        for name in self.options:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = (
                    f"did you mean {near[0]!r}?"
                    if near
                    else "known: " + (", ".join(known) or "none")
                )
                raise ModuleError(f"the module {module!r} has no option {name!r}; {hint}")


@runtime_checkable
class ScienceModule(Protocol):
    """Adds columns to every alert of a batch.

    An instance travels to Spark's Python workers: it must be small and allow pickling. What is
    large, such as a network, is loaded at the first `classify` and kept in a cache of the process
    (see `fink_t2.classifier.load_classifier`).

    Attributes
    ----------
    name : str
        Name of the module. The names of its columns are this name, or begin with it and an
        underscore.
    columns : tuple of OutputColumn
        What it adds. The column ``<name>_status``, a string, must be among them: "failed" is
        written there when `classify` raises an error.
    required_fields : tuple of str
        Fields of the alert beside the light curve that the module needs, by their dotted names in
        the survey's schema ("candidate.drb"). The job does not start where the schema lacks one.
        In a single alert a field may still be null.
    cutouts : tuple of str
        Which cutouts it needs, of "science", "template" and "difference". Cutouts that no
        module needs are never handed to Python.
    """

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> tuple[OutputColumn, ...]: ...

    @property
    def required_fields(self) -> tuple[str, ...]: ...

    @property
    def cutouts(self) -> tuple[str, ...]: ...

    def classify(self, batch: AlertBatch) -> Mapping[str, Any]:
        """Return the columns' values for every alert of a batch.

        Parameters
        ----------
        batch : AlertBatch
            N alerts.

        Returns
        -------
        mapping of str to array_like
            N values for each of `columns` that has no ``constant``, in the order of the alerts;
            for a map of K keys, an array of shape (N, K) in the order of its ``keys``. Times are
            UTC.

        Raises
        ------
        ModelError
            If the module can't work at all, whatever the alert: the micro-batch fails, and
            Spark runs it again. After any other error the batch is divided until the alerts that
            cause it are alone; only they are written as "failed".
        """
        ...
