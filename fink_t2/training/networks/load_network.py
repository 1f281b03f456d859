"""Load Keras networks of this project."""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path

import keras

from fink_t2.errors import ModelError
from fink_t2.training import networks
from fink_t2.training.optimisation import flat_log_loss


def load_network(path: str | os.PathLike[str]) -> keras.Model:
    """Load a Keras network.

    Parameters
    ----------
    path : path
        The file, or the folder of a version of a model, which contains ``model.keras``.

    Returns
    -------
    keras.Model
        The network, not compiled.

    Raises
    ------
    ModelError
        If the file is missing or can't be read.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "model.keras"
    if not path.is_file():
        raise ModelError(f"{path}: no Keras model")
    # Keras knows the layers, losses and metrics of this project once their modules are imported.
    for module in pkgutil.iter_modules(networks.__path__):
        importlib.import_module(f"{networks.__name__}.{module.name}")
    importlib.import_module(flat_log_loss.__name__)
    try:
        return keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: can't be read as a Keras model ({error})") from None
