"""The simulator's contract: counts, shapes, seeds; what each class must look like is elsewhere."""

import dataclasses

import numpy as np
import pytest

from fink_t2.errors import FinkT2Error
from fink_t2.science.classes import CLASSES
from fink_t2.simulation import SimulatedObjects, simulate_objects


def assert_same(one: SimulatedObjects, other: SimulatedObjects) -> None:
    for field in dataclasses.fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_flat_fractions_give_every_class_alike(survey: str) -> None:
    objects = simulate_objects(14 * 6, survey, seed=1, workers=1)
    assert np.bincount(objects.object_class, minlength=len(CLASSES)).tolist() == [6] * 14
    assert len(np.unique(objects.object_id)) == 14 * 6


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_columns_are_consistent(survey: str) -> None:
    objects = simulate_objects(14 * 6, survey, seed=2, workers=1)
    assert objects.starts[0] == 0
    assert objects.starts[-1] == len(objects.mjd)
    for name in ("passband", "flux", "flux_error", "detected", "limiting_magnitude"):
        assert len(getattr(objects, name)) == len(objects.mjd)
    for i in range(len(objects)):
        part = slice(objects.starts[i], objects.starts[i + 1])
        assert (np.diff(objects.mjd[part]) >= 0).all()
        assert objects.detected[part].sum() >= 2
    assert np.isfinite(objects.flux).all()
    assert (objects.flux_error > 0).all()
    assert objects.passband.min() >= 0
    assert objects.passband.max() == len(objects.passbands) - 1


def test_same_seed_same_objects_whatever_the_workers() -> None:
    fractions = {"SNIa": 1.0, "AGN": 1.0, "M-dwarf": 1.0}
    one = simulate_objects(900, "ztf", seed=5, class_fractions=fractions, workers=1)
    two = simulate_objects(900, "ztf", seed=5, class_fractions=fractions, workers=2)
    assert_same(one, two)
    other = simulate_objects(900, "ztf", seed=6, class_fractions=fractions, workers=1)
    assert not np.array_equal(one.flux[:50], other.flux[:50])


def test_fractions_are_kept() -> None:
    objects = simulate_objects(
        50, "ztf", seed=1, class_fractions={"SNIa": 0.8, "SNII": 0.2}, workers=1
    )
    names = objects.class_names()
    assert (names == "SNIa").sum() == 40
    assert (names == "SNII").sum() == 10


def test_unknown_class_is_named() -> None:
    with pytest.raises(FinkT2Error, match="SNIz"):
        simulate_objects(10, class_fractions={"SNIz": 1.0})


def test_unknown_fractions_word_is_refused() -> None:
    with pytest.raises(FinkT2Error, match="flat"):
        simulate_objects(10, class_fractions="even")


def test_photometric_redshift_only_outside_the_galaxy() -> None:
    objects = simulate_objects(140, "lsst", seed=3, workers=1)
    galactic = objects.redshift == 0
    assert np.isnan(objects.photoz[galactic]).all()
    outside = np.isfinite(objects.photoz) & ~galactic
    assert outside.sum() > 0.8 * (~galactic).sum()
    error = (objects.photoz - objects.redshift)[outside] / (1 + objects.redshift[outside])
    assert np.median(np.abs(error)) < 0.05
