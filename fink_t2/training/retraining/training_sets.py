"""Make the sets of examples of one retraining run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fink_t2.science.cuts import CutSettings, Status, apply_cuts
from fink_t2.simulation import simulate_objects
from fink_t2.simulation.models.registry import FAMILIES
from fink_t2.surveys import passbands_of
from fink_t2.training.augmentation.alert_cutting import cut_at_random_alerts
from fink_t2.training.augmentation.augment import AugmentationSettings, augment
from fink_t2.training.data_sets.eventless import EVENTLESS_TYPES, eventless_light_curves
from fink_t2.training.data_sets.registry import DATA_SETS, Content
from fink_t2.training.data_sets.simulated import simulated_alerts, simulated_light_curves
from fink_t2.training.examples.examples import Examples, join_examples, make_examples
from fink_t2.training.examples.labelled import Labelled, concatenate, label_mask_of
from fink_t2.training.examples.splits import split_numbers, stratified_folds
from fink_t2.training.optimisation.flat_log_loss import class_weights
from fink_t2.training.retraining.settings import RetrainSettings

#: Simulated light curves vary already; only points are lost and things forgotten.
LIGHT_AUGMENTATION = AugmentationSettings(
    largest_loss=0.3, brightness=0.15, stretch=0.02, colour=0.02, noise=0.3
)
#: Alerts cut from one whole light curve.
CUTS_PER_CURVE = 8
#: Days that plain curves span: alerts, young alerts, whole light curves.
EVENTLESS_SPANS_DAYS = (30.0, 6.0, 100.0)


@dataclass(frozen=True)
class RealData:
    """Real (or others' simulated) labelled light curves, by what is done with them.

    Attributes
    ----------
    whole, alerts, contaminants : list of Labelled
        Whole light curves, alerts, alerts of what is no transient; all pass the cuts.
    missing : tuple of str
        Paths that the configuration names and that do not exist.
    """

    whole: list[Labelled]
    alerts: list[Labelled]
    contaminants: list[Labelled]
    missing: tuple[str, ...]

    def all(self) -> list[Labelled]:
        """Return every part."""
        return [*self.whole, *self.alerts, *self.contaminants]

    def select(self, chooses: Callable[[Labelled], npt.NDArray[np.bool_]]) -> RealData:
        """Return the examples that a function of each part chooses."""

        def chosen(parts: list[Labelled]) -> list[Labelled]:
            return [part.select(chooses(part)) for part in parts]

        return RealData(
            chosen(self.whole), chosen(self.alerts), chosen(self.contaminants), self.missing
        )


def simulated_set(settings: RetrainSettings, progress: bool = False) -> Labelled:
    """Simulate alerts and whole light curves, and curves in which nothing happens."""
    simulation = settings.simulation
    shares = {name: simulation.shares.get(name, 1.0) for name in FAMILIES}
    objects = simulate_objects(
        simulation.objects, settings.survey, settings.seed, shares, progress=progress
    )
    parts = [
        simulated_alerts(objects, simulation.alerts_per_object, settings.seed),
        simulated_light_curves(objects),
    ]
    if simulation.eventless_curves:
        parts.append(
            eventless_set(settings, simulation.eventless_curves, seed=1000 * settings.seed)
        )
    generator = np.random.default_rng([settings.seed, 3])
    return augment(concatenate(parts), LIGHT_AUGMENTATION, generator)


def eventless_set(settings: RetrainSettings, n: int, seed: int) -> Labelled:
    """Make flat, noise-only and single-outlier curves, n of each: to be called variables."""
    parts = []
    each = -(-n // len(EVENTLESS_SPANS_DAYS))
    for kind in EVENTLESS_TYPES:
        for place, span in enumerate(EVENTLESS_SPANS_DAYS):
            curves = eventless_light_curves(
                kind, each, passbands_of(settings.survey), seed + place + 1, span
            )
            parts.append(
                Labelled(
                    curves,
                    label_mask_of(["other"] * each),
                    np.array([f"{kind}-{span:g}-{number}" for number in range(each)]),
                    np.full(each, "eventless"),
                    np.full(each, span <= EVENTLESS_SPANS_DAYS[0]),
                )
            )
    return concatenate(parts)


def real_data(settings: RetrainSettings) -> RealData:
    """Read the labelled light curves that the configuration names."""
    parts: dict[Content, list[Labelled]] = {content: [] for content in Content}
    missing = []
    for name, data_set in DATA_SETS.items():
        path = settings.real.path_of(name)
        if not path:
            continue
        if not Path(path).exists():
            missing.append(path)
            continue
        paths = [path]
        if data_set.second_file:
            paths.append(settings.real.path_of(data_set.second_file))
        labelled = data_set.read(*paths)
        passes = apply_cuts(labelled.light_curves, CutSettings()) == Status.OK
        parts[data_set.content].append(labelled.select(passes))
    return RealData(
        parts[Content.LIGHT_CURVES],
        parts[Content.ALERTS],
        parts[Content.CONTAMINANTS],
        tuple(missing),
    )


def held_out_objects(data: RealData, share: float, seed: int) -> frozenset[str]:
    """Choose the objects that nothing is learnt from: a share of every class.

    Parameters
    ----------
    data : RealData
        All real examples.
    share : float
        Between 0 (none) and 1.
    seed : int
        Another seed chooses others.
    """
    parts = data.all()
    if not parts or share <= 0:
        return frozenset()
    ids = np.concatenate([part.object_id for part in parts])
    labels = np.concatenate([part.labels() for part in parts])
    folds = stratified_folds(ids, labels, max(2, round(1.0 / share)), seed)
    return frozenset(ids[folds == 0].tolist())


def is_among(objects: frozenset[str]) -> Callable[[Labelled], npt.NDArray[np.bool_]]:
    """Return a function that tells which examples show one of the objects."""
    return lambda part: np.array([name in objects for name in part.object_id], dtype=bool)


def fine_tuning_set(
    data: RealData, simulated: Examples, settings: RetrainSettings, number: int = 0
) -> Examples:
    """Vary the real examples, and mix simulated ones in.

    Parameters
    ----------
    data : RealData
        Real examples to learn from.
    simulated : Examples
        Simulated training examples.
    settings : RetrainSettings
        How many versions, and the weights.
    number : int
        Another number varies the examples otherwise.
    """
    real = settings.real
    generator = np.random.default_rng([settings.seed, 5, number])
    whole_variation = settings.augmentation
    gentle = dataclasses.replace(
        whole_variation, largest_loss=min(whole_variation.largest_loss, 0.2)
    )
    parts: list[tuple[Labelled, float]] = []
    for whole in data.whole:
        parts.append(
            (augment(_repeat(whole, real.light_curve_versions), whole_variation, generator), 1.0)
        )
        if real.cut_versions:
            cut = cut_at_random_alerts(
                _repeat(whole, real.cut_versions),
                CUTS_PER_CURVE,
                generator,
                early_share=real.early_share,
            )
            parts.append((augment(cut, gentle, generator), 1.0))
    for alerts in data.alerts:
        varied = augment(_repeat(alerts, real.alert_versions), gentle, generator)
        parts.append((varied, real.alert_weight))
    for stars in data.contaminants:
        varied = augment(_repeat(stars, real.contaminant_versions), gentle, generator)
        parts.append((varied, 1.0))
    if settings.simulation.eventless_curves:
        # Others than those that a model is tested on, and than those of the simulated set.
        plain = eventless_set(
            settings, settings.simulation.eventless_curves // 2, 1000 * settings.seed + 500
        )
        parts.append((plain, real.eventless_weight))
    examples = join_examples(
        [make_examples(part, settings.grid_length, weight) for part, weight in parts]
    )
    weight = class_weights(examples.label_mask, real.class_power) * examples.weight
    examples = dataclasses.replace(examples, weight=(weight / weight.mean()).astype(np.float32))
    chosen = generator.permutation(len(simulated))[: real.simulated_examples]
    reminder = simulated.select(chosen)
    weight = class_weights(reminder.label_mask) * real.simulated_weight
    return join_examples(
        [examples, dataclasses.replace(reminder, weight=weight.astype(np.float32))]
    )


def split_simulated(
    simulated: Labelled, settings: RetrainSettings
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which examples are for training, validation and test, by object."""
    number = split_numbers(simulated.object_id, settings.seed)
    is_test = number < settings.test
    is_validation = ~is_test & (number < settings.test + settings.validation)
    return ~is_test & ~is_validation, is_validation, is_test


def _repeat(labelled: Labelled, times: int) -> Labelled:
    return labelled.select(np.tile(np.arange(len(labelled)), times))
