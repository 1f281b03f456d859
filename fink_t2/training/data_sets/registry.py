"""The labelled data sets on which a network can be fine-tuned, by name.

A new data set requires a reader in a module of this folder and an entry here. A retraining
configuration gives the paths of data sets by their names: ``[real.data_sets] name = "path"``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from fink_t2.training.data_sets.archive import archived_ztf_alerts
from fink_t2.training.data_sets.lsst_labelled import (
    elasticc_alerts,
    plasticc_light_curves,
    spcc_light_curves,
)
from fink_t2.training.data_sets.ztf_labelled import (
    contaminants,
    typed_alerts,
    typed_light_curves,
)
from fink_t2.training.examples.labelled import Labelled, concatenate


class Content(Enum):
    """Content of a data set, which decides on the variations and weights of its light curves."""

    LIGHT_CURVES = "whole light curves of transients, from which alerts are cut as well"
    ALERTS = "histories of alerts of transients"
    CONTAMINANTS = "histories of alerts of catalogued variable stars and active galaxies"


@dataclass(frozen=True)
class DataSet:
    """A labelled data set.

    Attributes
    ----------
    title : str
        Description in the model card.
    content : Content
        Content of the data set.
    read : callable
        Function of the path, and of the path of the second file if there is one, that returns
        `Labelled`.
    second_file : str
        Name under which the configuration gives the path of a second file, such as a table of
        types; "" if there is none.
    """

    title: str
    content: Content
    read: Callable[..., Labelled]
    second_file: str = ""


def _plasticc(path: str, metadata: str) -> Labelled:
    return concatenate(list(plasticc_light_curves(path, metadata or None)))


def _variables(path: str) -> Labelled:
    return contaminants(path, transients=False)


DATA_SETS: Final[dict[str, DataSet]] = {
    "light_curves": DataSet("typed ZTF light curves", Content.LIGHT_CURVES, typed_light_curves),
    "spcc": DataSet("SPCC light curves (simulated)", Content.LIGHT_CURVES, spcc_light_curves),
    "plasticc": DataSet(
        "PLAsTiCC light curves (simulated)", Content.LIGHT_CURVES, _plasticc, "plasticc_metadata"
    ),
    "alerts": DataSet("typed ZTF alerts", Content.ALERTS, typed_alerts),
    "elasticc": DataSet("ELAsTiCC alerts (simulated)", Content.ALERTS, elasticc_alerts),
    "archive": DataSet(
        "archived alerts of the stream", Content.ALERTS, archived_ztf_alerts, "archive_types"
    ),
    "contaminants": DataSet(
        "alerts of catalogued stars and galaxies", Content.CONTAMINANTS, _variables
    ),
}


def data_set_names() -> list[str]:
    """Return the names under which a configuration can give a path, second files included."""
    second_files = [data_set.second_file for data_set in DATA_SETS.values()]
    return sorted([*DATA_SETS, *filter(None, second_files)])
