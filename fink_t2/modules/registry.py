"""Which science modules there are, and how one is made by its name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, Final

from fink_t2.errors import ModuleError
from fink_t2.modules.output_column import OutputColumn
from fink_t2.modules.science_module import ModuleSettings, ScienceModule
from fink_t2.surveys import Survey

#: The modules of this package, by name. Each is a callable that makes a module from its settings;
#: it is imported only when it is asked for.
OWN_MODULES: Final = {
    "t2": "fink_t2.modules.t2:T2",
    "atx": "fink_t2.modules.atx:Atx",
}
#: The group of entry points under which other packages register their modules.
ENTRY_POINT_GROUP: Final = "fink_t2.modules"

ModuleFactory = Callable[[ModuleSettings], ScienceModule]


def known_modules() -> list[str]:
    """Return the names of the modules of this package and of those that others have registered."""
    registered = entry_points(group=ENTRY_POINT_GROUP)
    return [*OWN_MODULES, *sorted({point.name for point in registered} - OWN_MODULES.keys())]


def module_factory(name: str) -> ModuleFactory:
    """Return what makes a module.

    Parameters
    ----------
    name : str
        One of `known_modules`, or an import path ``package.module:Class``.

    Raises
    ------
    ModuleError
        If there is no such module; the message lists those that are known.
    """
    path = OWN_MODULES.get(name)
    if path is None:
        registered = entry_points(group=ENTRY_POINT_GROUP, name=name)
        path = next((point.value for point in registered), name)
    package, colon, attribute = path.partition(":")
    if not colon:
        raise ModuleError(
            f"there is no science module {name!r}; known: {', '.join(known_modules())}, or "
            "'package.module:Class' for a class of another package"
        )
    try:
        factory: Any = importlib.import_module(package)
        for part in attribute.split("."):
            factory = getattr(factory, part)
    except (ImportError, AttributeError) as error:
        raise ModuleError(
            f"the science module {name!r} can't be imported ({error}); known: "
            f"{', '.join(known_modules())}"
        ) from None
    if not callable(factory):
        raise ModuleError(f"the science module {name!r} is no class but {factory!r}")
    made: ModuleFactory = factory
    return made


def default_model(factory: ModuleFactory, survey: Survey) -> str | None:
    """Return the name of the model that a module uses unless another is configured.

    Parameters
    ----------
    factory : callable
        From `module_factory`. A module that uses a model of ``models/<name>/`` has a class
        method ``default_model(survey)``; one without it has no model.
    survey : Survey
        The survey.
    """
    choose = getattr(factory, "default_model", None)
    return None if choose is None else choose(survey)


def make_module(name: str, settings: ModuleSettings) -> ScienceModule:
    """Return a module made from its settings, checked against the protocol.

    Parameters
    ----------
    name : str
        As for `module_factory`.
    settings : ModuleSettings
        Survey, model and options.

    Raises
    ------
    ModuleError
        If there is no such module, it refuses its settings, or it lacks what the protocol asks
        for.
    """
    module = module_factory(name)(settings)
    if not isinstance(module, ScienceModule):
        raise ModuleError(
            f"the science module {name!r} lacks one of name, columns, required_fields, cutouts, "
            "classify"
        )
    names = [column.name for column in module.columns]
    for column in names:
        if column != module.name and not column.startswith(f"{module.name}_"):
            raise ModuleError(
                f"the science module {name!r} has a column {column!r}; its name must be "
                f"{module.name!r} or begin with '{module.name}_'"
            )
        if names.count(column) > 1:
            raise ModuleError(f"the science module {name!r} has two columns {column!r}")
    status = status_column(module)
    if status is None or status.type != "string":
        raise ModuleError(
            f"the science module {name!r} has no column '{module.name}_status' of type 'string', "
            "in which is written that the module has failed"
        )
    return module


def status_column(module: ScienceModule) -> OutputColumn | None:
    """Return the column that says whether a module has classified an alert."""
    wanted = f"{module.name}_status"
    return next((column for column in module.columns if column.name == wanted), None)
