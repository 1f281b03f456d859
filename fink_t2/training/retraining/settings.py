"""The configuration of a retraining run: a TOML file as typed dataclasses."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fink_t2.config import parse_toml, settings_of_table
from fink_t2.errors import ConfigError
from fink_t2.science.classes import CLASSES
from fink_t2.science.features import feature_names
from fink_t2.surveys import DEFAULT_SURVEY, get_survey, passbands_of, survey_names
from fink_t2.training.augmentation.augment import AugmentationSettings
from fink_t2.training.data_sets.registry import data_set_names
from fink_t2.training.networks.atx import AtxSettings
from fink_t2.training.networks.lstm import LstmSettings
from fink_t2.training.networks.t2 import T2Settings
from fink_t2.training.optimisation.fit import FitSettings

#: Value of ``features`` that stands for all features of the survey. The redshift features are
#: left out where the survey's alerts hold no redshift.
ALL_FEATURES = "all"
NETWORKS = ("t2", "atx", "lstm")

#: Former names of keys, by section, and the names that replaced them. Both are accepted.
RENAMED_KEYS = {
    "simulation": {"plain_curves": "eventless_curves"},
    "real": {"plain_weight": "eventless_weight"},
}


@dataclass(frozen=True)
class SimulationSettings:
    """The simulated training data: section ``[simulation]``.

    Attributes
    ----------
    objects : int
        Number of simulated objects.
    alerts_per_object : int
        Largest number of alerts taken from each object. The whole light curve of each object
        is an example as well.
    shares : dict of str to float
        Relative frequencies of the classes, by class name, where they differ from 1. The name
        "other" stands for variable objects outside the 14 classes.
    eventless_curves : int
        Number of light curves without an event (flat, noise only, single outlier), of each
        type. They are labelled as variable objects. Former name: ``plain_curves``.
    """

    objects: int = 26000
    alerts_per_object: int = 3
    shares: dict[str, float] = field(default_factory=dict)
    eventless_curves: int = 1300


@dataclass(frozen=True)
class RealSettings:
    """Labelled light curves for fine-tuning: section ``[real]``.

    Without any of them the network is trained on simulated light curves only. A file that
    does not exist is skipped with a message.

    Attributes
    ----------
    light_curves, alerts, contaminants : str
        Parquet tables for `fink_t2.training.data_sets.ztf_labelled`: whole light curves of
        typed objects, alerts of typed objects, and alerts of catalogued stars and galactic
        nuclei (ZTF).
    elasticc, spcc, plasticc, plasticc_metadata : str
        Tables for `fink_t2.training.data_sets.lsst_labelled` (LSST).
    archive, archive_types : str
        Parquet tables that the stream wrote, and a table with the types of their objects
        (ZTF).
    data_sets : dict of str to str
        Paths of further data sets, by their names in
        `fink_t2.training.data_sets.registry.DATA_SETS`.
    held_out : float
        Fraction of the objects of each class that is kept out of training and calibration.
        These objects are the real part of the frozen validation set. With 0, all objects are
        used for training.
    folds : int
        Number of folds, by object, in which the fine-tuning is cross-validated. The model
        card reports the result. With 0 there is no cross-validation.
    averaged : int
        Number of copies of the network that are fine-tuned, each on other variations of the
        examples, and whose weights are then averaged (Wortsman et al. 2022,
        arXiv:2203.05482).
    tuned_from : str
        Name of the first layer that is fine-tuned; the layers before it keep their
        pretrained weights. An empty string stands for all layers.
    light_curve_versions, cut_versions, alert_versions, contaminant_versions : int
        Numbers of variations: of every whole light curve; of every set of alerts (at most
        eight) that is cut from a whole light curve; of every alert; of every contaminant.
    early_share : float
        Fraction of the cut alerts that lie in the first 15 days of a light curve.
    alert_weight : float
        Weight of real alerts in the loss, relative to the other real examples.
    eventless_weight : float
        Weight of light curves without an event in the loss, relative to the real examples.
        Former name: ``plain_weight``.
    class_power : float
        A class with N examples has a weight proportional to N to the power of minus
        `class_power`: 1 gives all classes the same total weight, 0 all examples.
    simulated_examples : int
        Number of simulated examples among the fine-tuning examples. They keep the network
        from losing the classes of which there are no real examples.
    simulated_weight : float
        Weight of these in the loss, relative to the mean weight of the real examples.
    """

    light_curves: str = ""
    alerts: str = ""
    contaminants: str = ""
    elasticc: str = ""
    spcc: str = ""
    plasticc: str = ""
    plasticc_metadata: str = ""
    archive: str = ""
    archive_types: str = ""
    data_sets: dict[str, str] = field(default_factory=dict)
    held_out: float = 0.2
    folds: int = 0
    averaged: int = 1
    tuned_from: str = ""
    light_curve_versions: int = 12
    cut_versions: int = 3
    alert_versions: int = 20
    contaminant_versions: int = 40
    early_share: float = 0.7
    alert_weight: float = 2.0
    eventless_weight: float = 3.0
    class_power: float = 0.5
    simulated_examples: int = 12000
    simulated_weight: float = 0.5

    def path_of(self, name: str) -> str:
        """Return the path of a data set, or of its second file; "" if none is given."""
        return str(self.data_sets.get(name) or getattr(self, name, ""))


@dataclass(frozen=True)
class PreparedSettings:
    """Examples of PLAsTiCC from ``fink-t2 prepare``: section ``[prepared]``.

    They are added to the simulated examples.

    Attributes
    ----------
    folder : str
        The folder that ``fink-t2 prepare`` wrote. An empty string stands for none.
    per_class : int
        Largest number of training examples of each class, and of test examples.
    """

    folder: str = ""
    per_class: int = 20000


@dataclass(frozen=True)
class ExportSettings:
    """Calibration, compression and export: section ``[export]``.

    Attributes
    ----------
    clusters : int
        Number of distinct weights (centroids) of the last layer's kernel. With 0 the weights
        are not clustered.
    examples : int
        Number of examples on which the centroids are trained.
    class_power : float
        In the calibration on real light curves, a class with N examples has a weight
        proportional to N to the power of minus `class_power`: 0 calibrates for the class mix
        of these light curves, 1 for a flat class mix.
    class_shifts : bool
        Whether the calibration fits a shift for each class in addition to the temperature.
        False is appropriate if the labelled light curves hold only a few of the 14 classes.
    factor_groups : tuple of tuple of str
        Groups of classes whose probabilities are multiplied by a common factor. The factors
        are chosen on the cross-validated light curves
        (`fink_t2.training.calibration.class_factors`) and replace the shifts that the
        calibration fits. Requires `RealSettings.folds`.
    weights : str
        Storage of the weights, one of `fink_t2.training.compression.quantization.METHODS`.
    batch_size : int
        Number of light curves that the exported network classifies at a time.
    """

    clusters: int = 16
    examples: int = 20000
    class_power: float = 0.0
    class_shifts: bool = True
    factor_groups: tuple[tuple[str, ...], ...] = ()
    weights: str = "float16"
    batch_size: int = 8


@dataclass(frozen=True)
class GateSettings:
    """Limits that a candidate must meet to be promoted: section ``[gate]``.

    Attributes
    ----------
    largest_recall_loss : float
        Largest decrease of the recall of any class with respect to the model in service.
    largest_disagreement : float
        Largest absolute difference of a probability between the Keras network and the
        TensorFlow Lite file.
    largest_latency : float
        Longest inference time in milliseconds per light curve, on one core.
    """

    largest_recall_loss: float = 0.05
    largest_disagreement: float = 0.05
    largest_latency: float = 0.35


@dataclass(frozen=True)
class RetrainSettings:
    """The whole configuration of a retraining run.

    Attributes
    ----------
    name : str
        Name of the model in the model store.
    survey : str
        Name of the survey.
    network : str
        Network architecture: "t2", "atx" or "lstm".
    grid_length : int
        Number of times L at which light curves are interpolated.
    features : tuple of str
        Names of the auxiliary features; ("all",) stands for all that the survey has.
    seed : int
        Seed of the simulation, the splits, the variations and the initial weights.
    validation, test : float
        Fractions of the simulated objects that are kept for validation and for the frozen
        validation set.
    warm_start : bool
        Whether training starts with the weights of the model in service, provided that its
        network has the same shape.
    simulation : SimulationSettings
        The simulated training data.
    prepared : PreparedSettings
        Examples of PLAsTiCC that Spark has prepared.
    real : RealSettings
        Labelled light curves for fine-tuning.
    augmentation : AugmentationSettings
        Variations of the labelled light curves.
    t2, atx, lstm : T2Settings, AtxSettings, LstmSettings
        Hyperparameters of the architectures; those of `network` are used.
    pretrain, fine_tune : FitSettings
        Optimisation on simulated light curves, and on real ones.
    export : ExportSettings
        Calibration, compression and export.
    gate : GateSettings
        Conditions of promotion.
    """

    name: str = "t2-ztf"
    survey: str = DEFAULT_SURVEY
    network: str = "t2"
    grid_length: int = 50
    features: tuple[str, ...] = (ALL_FEATURES,)
    seed: int = 1
    validation: float = 0.1
    test: float = 0.1
    warm_start: bool = False
    simulation: SimulationSettings = field(default_factory=SimulationSettings)
    prepared: PreparedSettings = field(default_factory=PreparedSettings)
    real: RealSettings = field(default_factory=RealSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    t2: T2Settings = field(default_factory=T2Settings)
    atx: AtxSettings = field(default_factory=AtxSettings)
    lstm: LstmSettings = field(default_factory=LstmSettings)
    pretrain: FitSettings = field(default_factory=FitSettings)
    fine_tune: FitSettings = field(default_factory=FitSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
    gate: GateSettings = field(default_factory=GateSettings)

    def feature_tuple(self) -> tuple[str, ...]:
        """Return the names of the auxiliary features that the network uses."""
        if self.features != (ALL_FEATURES,):
            return self.features
        survey = get_survey(self.survey)
        return tuple(
            name
            for name in feature_names(survey.passbands.names)
            if survey.has_photometric_redshifts or not name.startswith("photoz")
        )

    def feature_columns(self) -> list[int]:
        """Return the columns of these features among all features of the survey."""
        names = feature_names(passbands_of(self.survey).names)
        return [names.index(name) for name in self.feature_tuple()]


def print_to_stderr(message: str) -> None:
    """Print a message to the standard error stream."""
    print(message, file=sys.stderr)


def load_retrain_settings(
    path: str | os.PathLike[str], warn: Callable[[str], None] = print_to_stderr
) -> RetrainSettings:
    """Read and check a configuration file.

    Parameters
    ----------
    path : path
        The TOML file.
    warn : callable
        Called with one line of text for each key that is given by its former name.

    Returns
    -------
    RetrainSettings

    Raises
    ------
    ConfigError
        If the file can't be read, or a key or value is wrong; the message names the file and
        the key.
    """
    return parse_retrain_settings(read_configuration(path), str(path), warn)


def read_configuration(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a configuration file.

    Raises
    ------
    ConfigError
        If the file can't be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror})") from None


def parse_retrain_settings(
    content: bytes, file: str, warn: Callable[[str], None] = print_to_stderr
) -> RetrainSettings:
    """Check the content of a configuration file.

    Parameters
    ----------
    content : bytes
        The content of the TOML file.
    file : str
        Name of the file, for messages.
    warn : callable
        Called with one line of text for each key that is given by its former name.

    Returns
    -------
    RetrainSettings

    Raises
    ------
    ConfigError
        If a key or value is wrong; the message names the file and the key.
    """
    document = parse_toml(content, file)
    for message in _rename_keys(document, file):
        warn(message)
    settings = settings_of_table(RetrainSettings, document, file)
    _check(settings, file)
    return settings


def _rename_keys(document: dict[str, Any], file: str) -> list[str]:
    """Replace former names of keys in place; return a message for each of them."""
    messages = []
    for section, renamed in RENAMED_KEYS.items():
        table = document.get(section)
        if not isinstance(table, dict):
            continue
        for former, present in renamed.items():
            if former not in table:
                continue
            if present in table:
                raise ConfigError(
                    f"{file}: {section}.{former} is the former name of {section}.{present}; "
                    "give only one of them"
                )
            table[present] = table.pop(former)
            messages.append(
                f"{file}: {section}.{former} is deprecated; its new name is {section}.{present}"
            )
    return messages


def _check(settings: RetrainSettings, file: str) -> None:
    """Check what the types of single keys can't express."""
    if settings.survey not in survey_names():
        raise ConfigError(f"{file}: survey must be one of {', '.join(survey_names())}")
    if settings.network not in NETWORKS:
        raise ConfigError(f"{file}: network must be one of {', '.join(NETWORKS)}")
    data_sets = data_set_names()
    for key in settings.real.data_sets:
        if key not in data_sets:
            raise ConfigError(
                f"{file}: real.data_sets.{key}: no such data set; there are {', '.join(data_sets)}"
            )
        if getattr(settings.real, key, ""):
            raise ConfigError(f"{file}: give only one of real.{key} and real.data_sets.{key}")
    groups = settings.export.factor_groups
    if groups and not settings.real.folds:
        raise ConfigError(
            f"{file}: export.factor_groups are chosen by cross-validation: set real.folds"
        )
    unknown_classes = {name for group in groups for name in group} - set(CLASSES)
    if unknown_classes:
        names = ", ".join(sorted(unknown_classes))
        raise ConfigError(f"{file}: export.factor_groups: unknown classes: {names}")
    known = feature_names(passbands_of(settings.survey).names)
    unknown = [name for name in settings.feature_tuple() if name not in known]
    if unknown:
        raise ConfigError(
            f"{file}: features: unknown {', '.join(unknown)}; known: {', '.join(known)}"
        )
