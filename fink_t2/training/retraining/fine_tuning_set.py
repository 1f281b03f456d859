"""The examples for fine-tuning: variations of labelled light curves, and simulated examples."""

from __future__ import annotations

import dataclasses

import numpy as np

from fink_t2.training.augmentation.alert_cutting import cut_at_random_alerts
from fink_t2.training.augmentation.augment import augment
from fink_t2.training.examples.examples import Examples, join_examples, make_examples
from fink_t2.training.examples.labelled import Labelled
from fink_t2.training.optimisation.flat_log_loss import class_weights
from fink_t2.training.retraining.real_data import RealData
from fink_t2.training.retraining.settings import RetrainSettings
from fink_t2.training.retraining.simulated_set import eventless_set

#: Largest number of alerts that are cut from one whole light curve.
CUTS_PER_CURVE = 8
#: Largest fraction of the points of an alert that is removed, because alerts have few points.
LARGEST_LOSS_OF_ALERTS = 0.2


def fine_tuning_set(
    data: RealData, simulated: Examples, settings: RetrainSettings, number: int = 0
) -> Examples:
    """Return variations of labelled light curves together with simulated examples.

    Parameters
    ----------
    data : RealData
        Labelled light curves for training.
    simulated : Examples
        Simulated training examples, of which some are included.
    settings : RetrainSettings
        The configuration, which has the numbers of variations and the weights.
    number : int
        Number of the network copy; each has other variations.

    Returns
    -------
    Examples
    """
    generator = np.random.default_rng([settings.seed, 5, number])
    parts = _variations(data, settings, generator)
    if settings.simulation.eventless_curves:
        # The seed differs from those of the simulated set and of the evaluation.
        eventless = eventless_set(
            settings, settings.simulation.eventless_curves // 2, 1000 * settings.seed + 500
        )
        parts.append((eventless, settings.real.eventless_weight))
    examples = join_examples(
        [make_examples(part, settings.grid_length, weight) for part, weight in parts]
    )
    weight = class_weights(examples.label_mask, settings.real.class_power) * examples.weight
    examples = dataclasses.replace(examples, weight=(weight / weight.mean()).astype(np.float32))
    chosen = generator.permutation(len(simulated))[: settings.real.simulated_examples]
    included = simulated.select(chosen)
    weight = class_weights(included.label_mask) * settings.real.simulated_weight
    return join_examples(
        [examples, dataclasses.replace(included, weight=weight.astype(np.float32))]
    )


def _variations(
    data: RealData, settings: RetrainSettings, generator: np.random.Generator
) -> list[tuple[Labelled, float]]:
    """Return variations of all labelled light curves, with their weights."""
    real, variation = settings.real, settings.augmentation
    variation_of_alerts = dataclasses.replace(
        variation, largest_loss=min(variation.largest_loss, LARGEST_LOSS_OF_ALERTS)
    )
    parts: list[tuple[Labelled, float]] = []
    for whole in data.whole:
        varied = augment(_repeat(whole, real.light_curve_versions), variation, generator)
        parts.append((varied, 1.0))
        if real.cut_versions:
            cut = cut_at_random_alerts(
                _repeat(whole, real.cut_versions),
                CUTS_PER_CURVE,
                generator,
                early_share=real.early_share,
            )
            parts.append((augment(cut, variation_of_alerts, generator), 1.0))
    for alerts in data.alerts:
        varied = augment(_repeat(alerts, real.alert_versions), variation_of_alerts, generator)
        parts.append((varied, real.alert_weight))
    for contaminants in data.contaminants:
        varied = augment(
            _repeat(contaminants, real.contaminant_versions), variation_of_alerts, generator
        )
        parts.append((varied, 1.0))
    return parts


def _repeat(labelled: Labelled, times: int) -> Labelled:
    return labelled.select(np.tile(np.arange(len(labelled)), times))
