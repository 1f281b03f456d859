"""How a survey declares the fields of its alerts: under which names, of which type and meaning.

The declaration is data. `fink_t2.surveys.reading` reads it to take values from decoded alerts,
and `fink_t2.stream.columns` to make Spark expressions that take the same values in the JVM.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Meaning(Enum):
    """What is made of the values of a field before a survey's own code sees them."""

    #: The value itself. Numbers become float64, with NaN for null.
    VALUE = "value"
    #: Index of a passband, int8; -1 for a passband that the survey does not classify from.
    PASSBAND = "passband"
    #: Whether the value says that the subtraction is negative, bool; see
    #: `fink_t2.surveys.values.NEGATIVE_SIGNS`.
    NEGATIVE_SIGN = "negative_sign"
    #: Whether the value is neither null nor NaN nor 0, bool. Of several names any one counts.
    IS_SET = "is_set"


@dataclass(frozen=True)
class AlertField:
    """A field of an alert, or of one of the records in it.

    Attributes
    ----------
    names : tuple of str
        Where its value stands, with a dot before each field of an inner record. Of several the
        first that is not null counts.
    type : str
        "boolean", "int", "long", "float", "double" or "string": type in the survey's schema.
    meaning : Meaning
        What its values mean.
    older_names : tuple of str
        Further names of the same field, in older schemas and in simulations.
    """

    names: tuple[str, ...]
    type: str
    meaning: Meaning = Meaning.VALUE
    older_names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The first name."""
        return self.names[0]

    @property
    def all_names(self) -> tuple[str, ...]:
        """All names, in the order in which they are looked at."""
        return self.names + self.older_names


@dataclass(frozen=True)
class PointSource:
    """A part of an alert whose records are measurements.

    Attributes
    ----------
    name : str
        Name of the field in the alert.
    is_array : bool
        Whether it is an array of records; otherwise it is one record.
    is_forced : bool
        Whether these are measurements by forced photometry, which are used on request only.
    """

    name: str
    is_array: bool = True
    is_forced: bool = False
