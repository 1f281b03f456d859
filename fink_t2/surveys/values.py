"""Turn the values of an alert's fields, of whatever type a producer wrote, into arrays.

This is the one place that says which spellings of ``isdiffpos`` are negative, which codes are a
passband and what is not set. The expressions of `fink_t2.stream.columns` are made from the same
constants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fink_t2.science.passbands import PassbandSet
from fink_t2.surveys.fields import AlertField, Meaning
from fink_t2.surveys.survey import Survey

FloatArray = npt.NDArray[np.float64]

_NEGATIVE_WORDS = ("f", "false", "n", "no")
#: Text that says that a subtraction is negative, the science image fainter than the reference.
#: ZTF writes "t" or "1" and "f" or "0" (alert schema, field ``isdiffpos``), ALeRCE 1 and -1, and
#: other brokers booleans, which become text in CSV files. All other text, and null, which
#: non-detections have, is positive. Numbers are negative where they are not above 0.
NEGATIVE_SIGNS: Final = (
    *(form for word in _NEGATIVE_WORDS for form in (word, word.capitalize(), word.upper())),
    "0",
    "0.0",
    "-1",
    "-1.0",
)
_NEGATIVE_SIGNS: Final = frozenset(NEGATIVE_SIGNS)


def values_of_field(survey: Survey, field: AlertField, values: Any) -> npt.NDArray[Any]:
    """Return the values of a field as the survey's own code takes them.

    Parameters
    ----------
    survey : Survey
        Whose field it is.
    field : AlertField
        The field.
    values : array_like, shape (N,)
        Values as they were written, with nulls.

    Returns
    -------
    ndarray, shape (N,)
        What `fink_t2.surveys.fields.Meaning` says: float64, int8, bool, or objects for text.
    """
    if field.meaning is Meaning.PASSBAND:
        is_index = field.type == "string"  # numbers stand for no name: they are indices already
        return passband_indices(values, survey.passbands, survey.passband_codes, is_index)
    if field.meaning is Meaning.NEGATIVE_SIGN:
        return negative_signs(values)
    if field.meaning is Meaning.IS_SET:
        return are_set(values)
    return np.asarray(values, dtype=object) if field.type == "string" else numbers(values)


def numbers(values: Any) -> FloatArray:
    """Return values as float64, NaN where one is null or is not a number."""
    array = np.asarray(values)
    if array.dtype != object and array.dtype.kind not in "US":
        return array.astype(np.float64)
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError):
        return pd.to_numeric(pd.Series(array, dtype=object), errors="coerce").to_numpy(np.float64)


def negative_signs(values: Any) -> npt.NDArray[np.bool_]:
    """Tell which subtractions are negative.

    Parameters
    ----------
    values : array_like, shape (N,)
        ``isdiffpos`` in any spelling, also mixed: text, numbers, booleans where True is positive,
        and nulls.

    Returns
    -------
    ndarray of bool, shape (N,)
        True for a negative subtraction; see `NEGATIVE_SIGNS`.
    """
    array = np.asarray(values)
    if array.dtype == bool:
        return ~array
    if array.dtype.kind in "iuf":
        return np.asarray(array <= 0)
    return np.array([_is_negative(value) for value in array.tolist()], dtype=bool)


def _is_negative(value: Any) -> bool:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value in _NEGATIVE_SIGNS
    return value is not None and bool(value <= 0)


def passband_indices(
    values: Any, passbands: PassbandSet, codes: Mapping[str, str], is_index: bool = False
) -> npt.NDArray[np.int8]:
    """Translate passband codes into indices.

    Parameters
    ----------
    values : array_like, shape (N,)
        Codes as numbers or text; case and surrounding blanks do not matter.
    passbands : PassbandSet
        The survey's passbands.
    codes : mapping of str to str
        See `fink_t2.surveys.Survey.passband_codes`.
    is_index : bool
        Whether integers are indices already.

    Returns
    -------
    ndarray of int8, shape (N,)
        Indices; -1 for a code that is null or not in ``codes``.
    """
    array = np.asarray(values)
    if is_index and array.dtype.kind == "i":
        return array.astype(np.int8)
    indices = {code: passbands.index(name) for code, name in codes.items()}
    if array.dtype.kind in "iuf":
        result = np.full(array.shape, -1, dtype=np.int8)
        for code, index in indices.items():
            if code.isdigit():
                result[array == int(code)] = index
        return result
    positions, different = pd.factorize(pd.Series(array, dtype=object))
    found = np.array([indices.get(_code(code), -1) for code in different] + [-1], dtype=np.int8)
    return found[positions]  # position -1 stands for null


def _code(value: Any) -> str:
    """Return a passband code in the form that `Survey.passband_codes` has."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().lower()


def are_set(values: Any) -> npt.NDArray[np.bool_]:
    """Tell which values are neither null, NaN nor 0: identifiers that identify something."""
    array = np.asarray(values)
    if array.dtype.kind in "biuf":
        return np.asarray((array != 0) & (array == array))
    return np.array([is_set(value) for value in array.tolist()], dtype=bool)


def is_set(value: Any) -> bool:
    """Tell whether a value is neither null, NaN nor 0, as a number or as text."""
    return value is not None and value == value and value not in (0, "", "0")


def first_value(record: Mapping[str, Any] | None, names: Iterable[str]) -> Any:
    """Return the first value of a decoded record under one of its names that is not null.

    Parameters
    ----------
    record : mapping or None
        A decoded record.
    names : iterable of str
        Names; a dot leads into an inner record.
    """
    for name in names:
        value: Any = record
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def first_set_value(record: Mapping[str, Any] | None, names: Sequence[str]) -> Any:
    """Return the first value under one of the names that `is_set`, or None."""
    return next((value for n in names if is_set(value := first_value(record, (n,)))), None)
