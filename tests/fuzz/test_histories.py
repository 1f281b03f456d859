"""Hostile histories get a status, sound ones probabilities, whatever else is in the batch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fink_t2.processor import classify_ztf_alerts
from fink_t2.science.cuts import CutSettings
from fink_t2.science.light_curves import LightCurves, from_fluxes
from fink_t2.science.model_store import ModelReference
from fink_t2.surveys import LSST
from fink_t2.surveys.ztf import from_ztf
from tests.fuzz.checks import check_classification

SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)
ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)


def arrays(count: int) -> st.SearchStrategy[np.ndarray]:
    """Any floats, often the same one again."""
    usual = st.sampled_from([0.0, -1.0, 0.1, 18.5, 60000.0, 2460000.5])
    return hnp.arrays(np.float64, count, elements=ANY_FLOAT | usual, fill=st.nothing())


def check_light_curves(curves: LightCurves, n_curves: int) -> None:
    """Sorted, finite, one point per exposure."""
    assert len(curves) == n_curves
    assert (np.diff(curves.starts) >= 0).all()
    assert curves.starts[-1] == len(curves.time)
    for values in (curves.time, curves.flux, curves.flux_error):
        assert np.isfinite(values).all()
    assert (curves.flux_error > 0).all()
    for begin, end in zip(curves.starts[:-1], curves.starts[1:], strict=True):
        assert (np.diff(curves.time[begin:end]) >= 0).all()


@SLOW
@given(st.integers(0, 30), st.data())
def test_any_ztf_history(count: int, data: st.DataObject) -> None:
    jd, magnitude, error = (data.draw(arrays(count)) for _ in range(3))
    fid = data.draw(hnp.arrays(np.int64, count, elements=st.integers(-(1 << 40), 1 << 40)))
    sign = data.draw(hnp.arrays(np.bool_, count))
    cut = data.draw(st.integers(0, count))
    curves = from_ztf([0, cut, count], jd, fid, magnitude, error, sign)
    check_light_curves(curves, 2)


@SLOW
@given(st.integers(0, 30), st.data())
def test_any_lsst_history(count: int, data: st.DataObject) -> None:
    mjd, flux, error = (data.draw(arrays(count)) for _ in range(3))
    band = data.draw(hnp.arrays(np.int8, count))
    for unit in ("nJy", "fluxcal"):
        check_light_curves(
            from_fluxes(LSST.passbands, [0, count], mjd, band, flux, error, unit=unit), 1
        )


@pytest.mark.parametrize("seed", range(20))
def test_hostile_batches(ztf_model: ModelReference, seed: int) -> None:
    check_classification(ztf_model, np.random.default_rng(seed), 100)


def history(points: int, **changes: object) -> dict[str, object]:
    """Return a plain rising history of two passbands, changed."""
    time = 2460000.5 + np.linspace(0, 20, points)
    plain: dict[str, object] = {
        "jd": time,
        "fid": 1 + np.arange(points) % 2,
        "magpsf": 20.0 - np.linspace(0, 2, points),
        "sigmapsf": np.full(points, 0.1),
        "isdiffpos": np.ones(points, dtype=bool),
    }
    return {**plain, **changes}


def columns(histories: list[dict[str, object]]) -> dict[str, pd.Series]:
    return {name: pd.Series([h[name] for h in histories], dtype=object) for name in histories[0]}


def test_a_sound_alert_is_classified_alike_among_hostile_ones(ztf_model: ModelReference) -> None:
    sound = history(10)
    nan = np.full(10, np.nan)
    hostile = [
        history(10, magpsf=nan),
        history(10, sigmapsf=-np.ones(10)),
        history(10, jd=np.full(10, np.inf)),
        history(10, magpsf=np.full(3, 18.0)),
        history(100_000),
    ]
    alone = classify_ztf_alerts(ztf_model, CutSettings(), **columns([sound]))
    among = classify_ztf_alerts(
        ztf_model, CutSettings(), **columns([*hostile[:2], sound, *hostile[2:]])
    )
    assert alone.status_texts() == ["ok"]
    assert among.status_texts()[2] == "ok"
    np.testing.assert_allclose(among.probabilities[2], alone.probabilities[0], atol=1e-5)
    # Without a magnitude a point is a non-detection; with a negative error a bad measurement.
    assert among.status_texts()[:2] == ["too_few_points", "bad_photometry"]
    assert among.status_texts()[3:5] == ["bad_photometry"] * 2


def test_the_order_of_a_history_and_repeats_in_it_do_not_matter(
    ztf_model: ModelReference,
) -> None:
    plain = history(12)
    order = np.random.default_rng(5).permutation(np.repeat(np.arange(12), 3))
    shuffled = {name: np.asarray(values)[order] for name, values in plain.items()}
    found = classify_ztf_alerts(ztf_model, CutSettings(), **columns([plain, shuffled]))
    assert found.status_texts() == ["ok", "ok"]
    np.testing.assert_allclose(found.probabilities[0], found.probabilities[1], atol=1e-5)
