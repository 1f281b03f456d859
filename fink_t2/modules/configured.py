"""The science modules that a user names, with their defaults filled in."""

from __future__ import annotations

from fink_t2.classifier import find_model
from fink_t2.config import ModuleConfig, StreamConfig
from fink_t2.modules.registry import default_model, make_module, module_factory
from fink_t2.modules.science_module import ModuleSettings, ScienceModule
from fink_t2.surveys import Survey, get_survey

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


def module_with_model(name: str, survey: Survey, model: str | None = None) -> ScienceModule:
    """Return a module that runs a model of the user's choice.

    Parameters
    ----------
    name : str
        As for `fink_t2.modules.registry.module_factory`.
    survey : Survey
        The survey whose alerts it will get.
    model : str, optional
        As for `fink_t2.classifier.find_model`; default: the module's own default.

    Raises
    ------
    ModuleError
        If there is no such module, or it has no model for the survey.
    ModelError
        If the model can't be found or does not fit.
    """
    wanted = model or default_model(module_factory(name), survey)
    reference = find_model(wanted, survey.name) if wanted else None
    return make_module(name, ModuleSettings(survey, reference))


def model_column(config: StreamConfig) -> str:
    """Return the column that names the model of the first module, where that module has one.

    It is the header ``model`` of every message, by which ``fink-t2 audit`` tells repeats.
    """
    first = configured_modules(config)[0].name
    return f"{getattr(module_factory(first), 'name', first)}_model"
