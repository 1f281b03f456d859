"""The simulated light curves of a retraining run, and their split by object."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fink_t2.simulation import simulate_objects
from fink_t2.simulation.models.registry import FAMILIES
from fink_t2.surveys import passbands_of
from fink_t2.training.augmentation.augment import AugmentationSettings, augment
from fink_t2.training.data_sets.eventless import EVENTLESS_TYPES, eventless_light_curves
from fink_t2.training.data_sets.simulated import simulated_alerts, simulated_light_curves
from fink_t2.training.examples.labelled import Labelled, concatenate, label_mask_of
from fink_t2.training.examples.splits import split_numbers
from fink_t2.training.retraining.settings import RetrainSettings

#: Variation of simulated light curves, which are diverse already: mainly points and metadata are
#: removed.
LIGHT_AUGMENTATION = AugmentationSettings(
    largest_loss=0.3, brightness=0.15, stretch=0.02, colour=0.02, noise=0.3
)
#: Time spans in days of light curves without an event: alerts, young alerts, whole light curves.
EVENTLESS_SPANS_DAYS = (30.0, 6.0, 100.0)


def simulated_set(settings: RetrainSettings, progress: bool = False) -> Labelled:
    """Simulate alerts, whole light curves, and light curves without an event.

    Parameters
    ----------
    settings : RetrainSettings
        The configuration.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    Labelled
        Light curves that pass the cuts.
    """
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
    """Simulate light curves without an event, labelled as variable objects.

    Parameters
    ----------
    settings : RetrainSettings
        The configuration, which names the survey.
    n : int
        Number of light curves of each type, rounded up to a multiple of the number of time spans.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    Labelled
    """
    parts = []
    each = -(-n // len(EVENTLESS_SPANS_DAYS))
    for curve_type in EVENTLESS_TYPES:
        for number, span in enumerate(EVENTLESS_SPANS_DAYS, start=1):
            curves = eventless_light_curves(
                curve_type, each, passbands_of(settings.survey), seed + number, span
            )
            parts.append(
                Labelled(
                    curves,
                    label_mask_of(["other"] * each),
                    np.array([f"{curve_type}-{span:g}-{index}" for index in range(each)]),
                    np.full(each, "eventless"),
                    np.full(each, span <= EVENTLESS_SPANS_DAYS[0]),
                )
            )
    return concatenate(parts)


def split_simulated(
    simulated: Labelled, settings: RetrainSettings
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Split examples by object into those for training, validation and test.

    Parameters
    ----------
    simulated : Labelled
        N examples.
    settings : RetrainSettings
        The configuration, which has the fractions and the seed.

    Returns
    -------
    is_training, is_validation, is_test : ndarray of bool, shape (N,)
        Masks of the examples; each example is in exactly one of them.
    """
    number = split_numbers(simulated.object_id, settings.seed)
    is_test = number < settings.test
    is_validation = ~is_test & (number < settings.test + settings.validation)
    return ~is_test & ~is_validation, is_validation, is_test
