"""The LSTM's aggregates against NumPy, one light curve at a time."""

import numpy as np
import pytest
from scipy.stats import skew

from fink_t2.science.light_curves import from_fluxes
from fink_t2.surveys import ZTF
from fink_t2.training.networks.lstm_aggregates import AGGREGATES, aggregate_features


def scaled(value):
    return np.sign(value) * np.log10(1 + np.abs(value))


def test_aggregates_are_those_of_each_light_curve():
    generator = np.random.default_rng(0)
    lengths = np.array([5, 1, 9, 0, 4])
    starts = np.concatenate(([0], np.cumsum(lengths)))
    n = starts[-1]
    flux, error = generator.normal(0, 300, n), generator.uniform(1, 30, n)
    band = generator.integers(0, 2, n)
    curves = from_fluxes(ZTF.passbands, starts, 59000.0 + np.arange(n), band, flux, error)
    features = aggregate_features(curves)
    assert features.shape == (5, len(AGGREGATES))
    assert np.isfinite(features).all()
    for curve in (0, 2, 4):
        part = slice(starts[curve], starts[curve + 1])
        f, e = flux[part], error[part]
        ratio = (f / e) ** 2
        expected = {
            "flux_max": f.max(),
            "flux_median": np.median(f),
            "flux_std": f.std(ddof=1),
            "flux_error_mean": e.mean(),
            "flux_skew": skew(f, bias=False),
            "ratio_squared_sum": ratio.sum(),
            "flux_ratio_squared_skew": skew(f * ratio, bias=False),
            "points": len(f),
            "passbands": len(set(band[part])),
        }
        for name, value in expected.items():
            got = features[curve, AGGREGATES.index(name)]
            assert got == pytest.approx(scaled(value), rel=1e-4), name
    assert features[1, AGGREGATES.index("flux_std")] == 0.0
    assert features[1, AGGREGATES.index("points")] == pytest.approx(np.log10(2))
    assert (features[3] == 0).all()
