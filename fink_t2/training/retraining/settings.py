"""The configuration of a retraining run: TOML into typed dataclasses."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from fink_t2.config import read_toml, settings_of_table
from fink_t2.errors import ConfigError
from fink_t2.science.classes import CLASSES
from fink_t2.science.features import feature_names
from fink_t2.science.passbands import SURVEYS
from fink_t2.training.augmentation.augment import AugmentationSettings
from fink_t2.training.networks.atx import AtxSettings
from fink_t2.training.networks.lstm import LstmSettings
from fink_t2.training.networks.t2 import T2Settings
from fink_t2.training.optimisation.fit import FitSettings

#: Features that an LSST or ZTF network takes unless the configuration lists others: all but
#: the redshift where the survey's alerts have none.
ALL_FEATURES = "all"
NETWORKS = ("t2", "atx", "lstm")


@dataclass(frozen=True)
class SimulationSettings:
    """Simulated training data.

    Attributes
    ----------
    objects : int
        Number of objects.
    alerts_per_object : int
        Alerts cut from each, at most.
    shares : dict of str to float
        Shares of classes that differ from 1, by class name; "other" stands for variables
        outside the 14 classes. Their whole light curves are used as well.
    plain_curves : int
        Flat, noise-only and single-outlier curves of each kind, to be called variables.
    """

    objects: int = 26000
    alerts_per_object: int = 3
    shares: dict[str, float] = field(default_factory=dict)
    plain_curves: int = 1300


@dataclass(frozen=True)
class RealSettings:
    """Real labelled light curves for fine-tuning; without any, the simulator alone trains.

    A path that does not exist is skipped, and the run says so.

    Attributes
    ----------
    light_curves, alerts, contaminants : str
        Parquet tables as `fink_t2.training.data_sets.ztf_labelled` reads them (ZTF).
    elasticc, spcc, plasticc, plasticc_metadata : str
        Tables as `fink_t2.training.data_sets.lsst_labelled` reads them (LSST).
    archive, archive_types : str
        What the stream wrote, and a table of types (ZTF).
    held_out : float
        Share of the objects, of each class, that nothing is learnt from: the real part of
        the frozen validation set. 0 trains on all.
    folds : int
        Folds of a cross-validation of the fine-tuning, by object: what the card says of
        real data when nothing is held out. 0: none.
    averaged : int
        Fine-tuned networks, each on its own varied examples, whose weights are averaged
        (Wortsman et al. 2022): networks tuned from one network lie near each other.
    tuned_from : str
        The first layer that is fine-tuned, those before it staying as pretrained; "": all
        layers are.
    light_curve_versions, cut_versions, alert_versions, contaminant_versions : int
        Varied versions of every example: of whole light curves, of alerts cut from them
        (times 8 alerts), of alerts, of contaminants.
    early_share : float
        Share of cut alerts drawn from the first 15 days.
    alert_weight : float
        Weight of real alerts, relative to the others.
    plain_weight : float
        Weight of flat, noise-only and single-outlier curves, relative to the others.
    class_power : float
        Weight of a class goes with its number of examples to minus this power: 1 is flat.
    simulated_examples : int
        Simulated examples mixed in, so that no class is forgotten.
    simulated_weight : float
        Weight of these, relative to the real ones.
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
    plain_weight: float = 3.0
    class_power: float = 0.5
    simulated_examples: int = 12000
    simulated_weight: float = 0.5


@dataclass(frozen=True)
class PreparedSettings:
    """Examples that 'fink-t2 prepare' made of PLAsTiCC, joining the simulated ones.

    Attributes
    ----------
    folder : str
        What it wrote; "": none.
    per_class : int
        At most so many examples of a class to train on, and as many to test.
    """

    folder: str = ""
    per_class: int = 20000


@dataclass(frozen=True)
class ExportSettings:
    """How the network is compressed and exported.

    Attributes
    ----------
    clusters : int
        Shared values of the last layer's weights; 0: no clustering.
    examples : int
        Examples on which the shared values are trained.
    class_power : float
        The calibration on real light curves weighs a class by its number of them to minus
        this power: 0 is their own class mix, 1 is flat.
    class_shifts : bool
        Whether that calibration shifts classes to their mix. False where the labelled light
        curves hold few of the 14 classes: then only the temperature is fitted.
    factor_groups : tuple of tuple of str
        Groups of classes whose probabilities are multiplied by a common factor. The factors
        are chosen on the cross-validated light curves
        (`fink_t2.training.calibration.class_factors`) and replace the shifts that the
        calibration fits. Requires `RealSettings.folds`.
    weights : str
        How weights are stored, a method of `fink_t2.training.compression.quantization`.
    batch_size : int
        Light curves per call of the interpreter.
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
    """When a candidate replaces the model in service.

    Attributes
    ----------
    largest_recall_loss : float
        No class's recall may fall by more than this.
    largest_disagreement : float
        Largest difference of a probability between Keras and TFLite.
    largest_latency : float
        Milliseconds per light curve.
    """

    largest_recall_loss: float = 0.05
    largest_disagreement: float = 0.05
    largest_latency: float = 0.35


@dataclass(frozen=True)
class RetrainSettings:
    """One retraining run.

    Attributes
    ----------
    name : str
        The model's name in the store.
    survey : str
        "ztf" or "lsst".
    network : str
        "t2", "atx" or "lstm".
    grid_length : int
        L.
    features : tuple of str
        Auxiliary features; ("all",) for all that the survey has.
    seed : int
        Seed of everything.
    validation, test : float
        Shares of simulated objects kept apart.
    warm_start : bool
        Begin with the weights of the model in service, if its network is the same.
    simulation, prepared, real, augmentation, t2, atx, lstm, pretrain, fine_tune, export, gate
        See the classes.
    """

    name: str = "t2-ztf"
    survey: str = "ztf"
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
        """Return the names of the auxiliary features that the network takes."""
        if self.features != (ALL_FEATURES,):
            return self.features
        # ZTF's alerts carry no redshift.
        return tuple(
            name
            for name in feature_names(SURVEYS[self.survey].names)
            if self.survey == "lsst" or not name.startswith("photoz")
        )

    def feature_columns(self) -> list[int]:
        """Return the columns of these features among all of the survey."""
        known = feature_names(SURVEYS[self.survey].names)
        return [known.index(name) for name in self.feature_tuple()]


def load_retrain_settings(path: str | os.PathLike[str]) -> RetrainSettings:
    """Read and check a retraining configuration.

    Raises
    ------
    ConfigError
        Naming file and key.
    """
    settings = settings_of_table(RetrainSettings, read_toml(path), str(path))
    if settings.survey not in SURVEYS:
        raise ConfigError(f"{path}: survey is one of {', '.join(SURVEYS)}")
    if settings.network not in NETWORKS:
        raise ConfigError(f"{path}: network is one of {', '.join(NETWORKS)}")
    known = feature_names(SURVEYS[settings.survey].names)
    groups = settings.export.factor_groups
    if groups and not settings.real.folds:
        raise ConfigError(f"{path}: export.factor_groups are chosen on folds: set real.folds")
    strange = {name for group in groups for name in group} - set(CLASSES)
    if strange:
        raise ConfigError(f"{path}: export.factor_groups: no such class: {', '.join(strange)}")
    unknown = [name for name in settings.feature_tuple() if name not in known]
    if unknown:
        raise ConfigError(f"{path}: features: unknown {', '.join(unknown)}; known: {known}")
    return settings
