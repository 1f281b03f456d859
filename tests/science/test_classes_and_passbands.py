"""The published classes, and sets of passbands."""

import numpy as np
import pytest

from fink_t2.science.classes import (
    CLASSES,
    CORE_COLLAPSE_CLASSES,
    PLASTICC_CODES,
    SUPERNOVA_CLASSES,
)
from fink_t2.science.passbands import PassbandSet


def test_classes_are_in_the_published_order_with_their_codes():
    assert list(PLASTICC_CODES.items()) == [
        ("mu-Lens-Single", 6),
        ("TDE", 15),
        ("EB", 16),
        ("SNII", 42),
        ("SNIax", 52),
        ("Mira", 53),
        ("SNIbc", 62),
        ("KN", 64),
        ("M-dwarf", 65),
        ("SNIa-91bg", 67),
        ("AGN", 88),
        ("SNIa", 90),
        ("RRL", 92),
        ("SLSN-I", 95),
    ]
    assert list(CLASSES) == list(PLASTICC_CODES)


def test_supernovae():
    assert SUPERNOVA_CLASSES == ("SNII", "SNIax", "SNIbc", "SNIa-91bg", "SNIa", "SLSN-I")
    assert CORE_COLLAPSE_CLASSES == ("SNII", "SNIbc")


def test_passbands_have_an_index_and_wavelengths():
    passbands = PassbandSet("test", ("g", "r", "i"), (4800.0, 6400.0, 7900.0))
    assert len(passbands) == 3
    assert [passbands.index(name) for name in ("g", "r", "i")] == [0, 1, 2]
    np.testing.assert_array_equal(passbands.wavelength_array(), [4800.0, 6400.0, 7900.0])
    assert PassbandSet("test", ("g",), (4800,)).wavelength_array().dtype == np.float64
    with pytest.raises(ValueError, match="test has no passband 'z'; it has g, r, i"):
        passbands.index("z")
