"""The science modules that classify now, each with the model that serves it now."""

from __future__ import annotations

from pyspark.sql import SparkSession

from fink_t2.config import StreamConfig
from fink_t2.errors import ModuleError
from fink_t2.modules.configured import configured_modules
from fink_t2.modules.registry import make_module
from fink_t2.modules.science_module import ModuleSettings, ScienceModule
from fink_t2.science.model_store import ModelReference
from fink_t2.stream.model_in_service import ModelInService
from fink_t2.surveys import get_survey


class ModulesInService:
    """The configured modules; each follows ``models/<name>/current`` of its own model.

    Parameters
    ----------
    spark : SparkSession
        Brings the models' files to the workers.
    config : StreamConfig
        Survey, modules, models and their folder.

    Raises
    ------
    ModuleError
        If a module is not known, refuses its settings, or has a column that another has.
    ModelError
        If a model can't serve: the job does not start then.
    """

    def __init__(self, spark: SparkSession, config: StreamConfig) -> None:
        self._survey = get_survey(config.survey)
        self._configs = configured_modules(config)
        self._models: dict[tuple[str, str], ModelInService] = {}
        for module in self._configs:
            if module.model:
                key = (module.folder, module.model)
                if key not in self._models:
                    self._models[key] = ModelInService(spark, config.survey, *key)
        self._references = self._current_references()
        self._modules = self._made()

    def current(self) -> tuple[ScienceModule, ...]:
        """Return the modules for the next micro-batch, the same ones while no model has changed.

        Of a newly promoted model that can't serve see `ModelInService.current`.
        """
        references = self._current_references()
        if references != self._references:
            self._references = references
            self._modules = self._made()
        return self._modules

    @property
    def labels(self) -> dict[str, str]:
        """Name and version of the model in service of every module that has one."""
        pairs = zip(self._modules, self._references, strict=True)
        return {module.name: model.label for module, model in pairs if model is not None}

    @property
    def refusals(self) -> int:
        """How many models were refused at a swap."""
        return sum(model.refusals for model in self._models.values())

    def _current_references(self) -> list[ModelReference | None]:
        current = {key: model.current() for key, model in self._models.items()}
        return [current.get((module.folder, module.model)) for module in self._configs]

    def _made(self) -> tuple[ScienceModule, ...]:
        pairs = zip(self._configs, self._references, strict=True)
        modules = tuple(
            make_module(config.name, ModuleSettings(self._survey, reference, config.options))
            for config, reference in pairs
        )
        owners: dict[str, str] = {}
        for config, module in zip(self._configs, modules, strict=True):
            for column in module.columns:
                if column.name in owners:
                    raise ModuleError(
                        f"the modules {owners[column.name]!r} and {config.name!r} both have a "
                        f"column {column.name!r}"
                    )
                owners[column.name] = config.name
        return modules
