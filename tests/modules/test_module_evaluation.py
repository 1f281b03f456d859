"""Modules share one batch, and an alert on which one fails costs no other alert."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from fink_t2.classifier import find_model, load_classifier
from fink_t2.errors import ModelError
from fink_t2.modules import alert_batch
from fink_t2.modules.alert_batch import AlertBatch
from fink_t2.modules.evaluation import (
    FAILED,
    MOST_FAILURES_AT_FIRST,
    evaluate,
    requested_cutouts,
    requested_fields,
)
from fink_t2.modules.registry import make_module
from fink_t2.modules.science_module import ModuleSettings, ScienceModule
from fink_t2.science.cuts import CutSettings, apply_cuts
from fink_t2.science.light_curves import LightCurves, from_fluxes
from fink_t2.surveys import ZTF
from tests.modules.example_modules import Counter, MeanDifference


def light_curves(lengths: list[int]) -> LightCurves:
    """Rising light curves of the given numbers of points, in g and r by turns."""
    number = np.concatenate([np.arange(length) for length in lengths])
    return from_fluxes(
        ZTF.passbands,
        np.concatenate(([0], np.cumsum(lengths))),
        59000.0 + number,
        number.astype(int) % 2,
        100.0 + 20.0 * number,
        np.full(number.size, 10.0),
    )


def batch_of(lengths: list[int]) -> AlertBatch:
    curves = light_curves(lengths)
    identifiers = np.arange(len(lengths)) + 1000
    return AlertBatch(curves, apply_cuts(curves, CutSettings()), identifiers=identifiers)


def modules(*names: str) -> list[ScienceModule]:
    found = {"t2": find_model("t2-ztf"), "atx": find_model("atx-ztf")}
    return [make_module(name, ModuleSettings(ZTF, found[name])) for name in names]


def test_two_networks_answer_as_each_does_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    preprocess = alert_batch.preprocess
    monkeypatch.setattr(
        alert_batch, "preprocess", lambda *args: calls.append(args) or preprocess(*args)
    )
    batch = batch_of([6, 1, 8, 12])
    values = evaluate(modules("t2", "atx"), batch)
    assert len(calls) == 1, "the Gaussian process is fitted once for both"
    for name in ("t2", "atx"):
        alone = load_classifier(find_model(f"{name}-ztf")).classify(batch.light_curves)
        np.testing.assert_array_equal(values[name], alone.probabilities)
        assert values[f"{name}_class"].tolist() == alone.class_names()
        np.testing.assert_array_equal(values[f"{name}_prob"], alone.class_probabilities())
        np.testing.assert_array_equal(values[f"{name}_unknown"], alone.unknown_scores())
        assert values[f"{name}_status"].tolist() == ["ok", "too_few_points", "ok", "ok"]
        assert values[f"{name}_n_g"].tolist() == [3, 1, 4, 6]
        assert values[f"{name}_n_r"].tolist() == [3, 0, 4, 6]
    assert not np.array_equal(values["t2"], values["atx"])


def test_values_come_in_the_order_and_with_the_types_of_the_declared_columns() -> None:
    (module,) = modules("t2")
    values = evaluate([module], batch_of([6, 8]))
    declared = [column for column in module.columns if column.constant is None]
    assert list(values) == [column.name for column in declared]
    for column in declared:
        assert len(values[column.name]) == 2
        assert column.checked(values[column.name], 2).dtype == values[column.name].dtype


@pytest.mark.parametrize("lengths", [[6], [6, 7], [7, 7], [2, 7, 3, 7, 7, 4, 5, 9, 7]])
def test_only_the_alerts_on_which_a_module_fails_are_failed(
    lengths: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("fink_t2").propagate = True
    module = Counter(ModuleSettings(ZTF, options={"fails_on": [7]}))
    batch = batch_of(lengths)
    values = evaluate([module, *modules("t2")], batch)
    failed = [length == 7 for length in lengths]
    assert values["counter"].tolist() == [
        None if f else n for f, n in zip(failed, lengths, strict=True)
    ]
    assert values["counter_half"][:, 0].tolist() == [
        -1.0 if f else n / 2 for f, n in zip(failed, lengths, strict=True)
    ]
    assert values["counter_status"].tolist() == [FAILED if f else "ok" for f in failed]
    assert [when is None for when in values["counter_when"].tolist()] == failed
    # The other module has answered all alerts.
    alone = load_classifier(find_model("t2-ztf")).classify(batch.light_curves, batch.status)
    np.testing.assert_array_equal(values["t2"], alone.probabilities)
    logged = "\n".join(caplog.messages)
    for number in np.flatnonzero(failed)[:3]:
        assert f"the module 'counter' has failed on the alert {1000 + number}" in logged
    assert ("has failed on 4 of 9 alerts" in logged) == (sum(failed) == 4)


def test_a_module_that_fails_on_every_alert_is_not_called_for_each() -> None:
    module = Counter(ModuleSettings(ZTF, options={"fails_on": [4]}))
    values = evaluate([module], batch_of([4] * 1024))
    assert values["counter_status"].tolist() == [FAILED] * 1024
    assert module.calls < 4 * MOST_FAILURES_AT_FIRST


def test_a_module_that_fails_on_most_alerts_still_answers_the_others() -> None:
    module = Counter(ModuleSettings(ZTF, options={"fails_on": [4]}))
    lengths = [5, *[4] * 100, 6]
    values = evaluate([module], batch_of(lengths))
    assert values["counter_status"].tolist() == ["ok", *[FAILED] * 100, "ok"]


def test_a_model_that_cannot_be_used_ends_the_batch() -> None:
    class Broken(Counter):
        def classify(self, batch: AlertBatch) -> Mapping[str, Any]:
            raise ModelError("model.tflite: gone")

    with pytest.raises(ModelError, match="gone"):
        evaluate([Broken(ModuleSettings(ZTF))], batch_of([3, 4]))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda values: values.pop("counter"),
        lambda values: values.update(counter=[1, 2, 3]),
        lambda values: values.update(counter=np.array(["many", "more"])),
        lambda values: values.update(counter_half=np.zeros((2, 3))),
    ],
)
def test_what_does_not_fit_the_declared_columns_is_a_failure(spoil: Any) -> None:
    class Spoilt(Counter):
        def classify(self, batch: AlertBatch) -> Mapping[str, Any]:
            values = dict(super().classify(batch))
            spoil(values)
            return values

    values = evaluate([Spoilt(ModuleSettings(ZTF))], batch_of([3, 4]))
    assert values["counter_status"].tolist() == [FAILED, FAILED]


def test_a_batch_without_alerts_gives_columns_without_values() -> None:
    values = evaluate(modules("t2", "atx"), batch_of([3]).select(np.arange(0)))
    assert all(len(column) == 0 for column in values.values())


def test_selected_alerts_keep_what_is_computed_of_them() -> None:
    batch = batch_of([6, 1, 8, 12])
    whole = batch.network_input(50)
    part = batch.select(np.array([3, 1, 0]))
    assert part.identifiers.tolist() == [1003, 1001, 1000]
    np.testing.assert_array_equal(part.network_input(50).grid, whole.grid[[2, 0]])
    np.testing.assert_array_equal(part.network_input(50).features, whole.features[[2, 0]])


def test_fields_and_cutouts_are_asked_for_once() -> None:
    stamp = MeanDifference(ModuleSettings(ZTF))
    chosen = [stamp, *modules("t2"), stamp]
    assert requested_fields(chosen) == MeanDifference.required_fields
    assert requested_cutouts(chosen) == ("difference",)
    assert requested_cutouts(modules("t2", "atx")) == ()
