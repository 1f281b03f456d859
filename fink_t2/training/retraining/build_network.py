"""Construction of the network that a configuration describes."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from fink_t2.surveys import passbands_of
from fink_t2.training.examples.examples import Examples
from fink_t2.training.networks.atx import build_atx
from fink_t2.training.networks.lstm import build_lstm
from fink_t2.training.networks.t2 import build_t2
from fink_t2.training.retraining.settings import RetrainSettings

#: Added to the variance of the features, so that a nearly constant feature is not amplified.
SMALLEST_VARIANCE = 1e-3


def build_network(
    settings: RetrainSettings, train: Examples, columns: Sequence[int] | None = None
) -> keras.Model:
    """Build an untrained network that standardises its features.

    Parameters
    ----------
    settings : RetrainSettings
        The configuration.
    train : Examples
        Training examples, from which mean and variance of the features are taken.
    columns : sequence of int, optional
        Columns of the features that the network uses; by default those of the configuration.

    Returns
    -------
    keras.Model
    """
    columns = settings.feature_columns() if columns is None else columns
    statistics = None
    if len(columns):
        chosen = train.features[:, list(columns)]
        variance = np.asarray(chosen.var(axis=0)) + SMALLEST_VARIANCE
        statistics = (np.asarray(chosen.mean(axis=0)), variance)
    keras.utils.set_random_seed(settings.pretrain.seed + settings.seed)
    n_passbands = len(passbands_of(settings.survey))
    if settings.network == "atx":
        return build_atx(settings.atx, settings.grid_length, n_passbands, len(columns), statistics)
    if settings.network == "lstm":
        return build_lstm(
            settings.lstm, settings.grid_length, n_passbands, len(columns), statistics
        )
    return build_t2(settings.t2, settings.grid_length, n_passbands, len(columns), statistics)
