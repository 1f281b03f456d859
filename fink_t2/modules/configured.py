"""The science modules that a configuration names, with their defaults filled in."""

from __future__ import annotations

from fink_t2.config import ModuleConfig, StreamConfig
from fink_t2.modules.registry import default_model, module_factory
from fink_t2.surveys import get_survey

#: What runs unless the configuration names modules.
DEFAULT_MODULE = "t2"


def configured_modules(config: StreamConfig) -> tuple[ModuleConfig, ...]:
    """Return the modules that a job runs, each with its model and the folder of models.

    ``[model]`` names the model of the module t2 unless the module itself names one, and the folder
    of all models. Without any ``[[module]]`` the job runs t2.

    Parameters
    ----------
    config : StreamConfig
        Configuration of the job.

    Raises
    ------
    ModuleError
        If a module is not known.
    """
    modules = []
    for module in config.module or (ModuleConfig(DEFAULT_MODULE),):
        factory = module_factory(module.name)
        model = module.model or (config.model.name if module.name == DEFAULT_MODULE else "")
        modules.append(
            ModuleConfig(
                name=module.name,
                model=model or default_model(factory, get_survey(config.survey)) or "",
                folder=module.folder or config.model.folder,
                options=module.options,
            )
        )
    return tuple(modules)


def model_column(config: StreamConfig) -> str:
    """Return the column that names the model of the first module, where that module has one.

    It is the header ``model`` of every message, by which ``fink-t2 audit`` tells repeats.
    """
    first = configured_modules(config)[0].name
    return f"{getattr(module_factory(first), 'name', first)}_model"
