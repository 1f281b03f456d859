"""What is known of a layout: which columns hold times, passbands and photometry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TimeScale = Literal["jd", "mjd"]
#: "zero_point": counts on the AB zero point that stands in another column; "unknown": to be
#: asked for.
Unit = Literal["mag", "fluxcal", "nJy", "uJy", "zero_point", "unknown"]


@dataclass(frozen=True)
class TimeColumn:
    """A column of observing times.

    Attributes
    ----------
    name : str
        Column name.
    scale : {"jd", "mjd"}
        Julian Date or Modified Julian Date, in days.
    """

    name: str
    scale: TimeScale


@dataclass(frozen=True)
class Photometry:
    """A pair of columns with measurements and their errors.

    Attributes
    ----------
    value, error : str
        Column names.
    unit : str
        See `Unit`; the error has the same unit.
    zero_point : str
        Column of the AB zero point, for the unit "zero_point".
    signs : tuple of str
        Columns, most particular first, that tell a negative subtraction from a positive one;
        for magnitudes, which have no sign of their own.
    limit : str
        Column of the limiting magnitude; a row that has one and no magnitude is a non-detection.
    """

    value: str
    error: str
    unit: Unit
    zero_point: str = ""
    signs: tuple[str, ...] = ()
    limit: str = ""

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns that a table must have."""
        return tuple(filter(None, (self.value, self.error, self.zero_point)))


@dataclass(frozen=True)
class Layout:
    """A way in which a survey, broker or challenge writes light curves.

    Attributes
    ----------
    name : str
        As it is printed, for instance "ALeRCE light curve".
    source : str
        Where the layout is described.
    survey : str
        Whose photometry it is; "" if the layout does not tell.
    objects : tuple of str
        Columns that identify the object, most particular first.
    alerts : tuple of str
        Columns that identify the alert, in tables with one row per alert.
    times : tuple of TimeColumn
        Columns of observing times, most particular first.
    passbands : tuple of str
        Columns of passband names or codes, most particular first.
    photometry : tuple of Photometry
        Pairs of columns, most particular first.
    has_numbers : bool
        Whether passbands must be numbers for the layout to be recognised.
    is_one_object : bool
        Whether a table without a column of objects holds the light curve of one object.
    """

    name: str
    source: str
    survey: str
    objects: tuple[str, ...]
    alerts: tuple[str, ...]
    times: tuple[TimeColumn, ...]
    passbands: tuple[str, ...]
    photometry: tuple[Photometry, ...]
    has_numbers: bool = False
    is_one_object: bool = False
