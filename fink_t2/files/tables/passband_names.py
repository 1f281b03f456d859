"""Names and numbers under which surveys, brokers and challenges write a passband."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from fink_t2.errors import LightCurveError
from fink_t2.surveys import get_survey

#: ZTF's filter numbers (``fid`` of the ZTF alert schema).
ZTF_FILTER_NUMBERS: Final = {"1": "g", "2": "r", "3": "i"}
#: Passband numbers of PLAsTiCC (Kessler et al. 2019, table 3).
PLASTICC_NUMBERS: Final = {"0": "u", "1": "g", "2": "r", "3": "i", "4": "z", "5": "y"}

#: What surveys and brokers put before or behind the letter: ``ztfg``, ``ZTF_g``, ``zg`` (IRSA and
#: ZTF's light-curve service), ``lsstg``, ``LSST-g``, ``g-ztf``, ``sdssg``, ``ps1::g``.
AFFIX: Final = re.compile(r"(ztf|lsst|sdss|ps1|panstarrs|des|decam)", re.IGNORECASE)
PUNCTUATION: Final = re.compile(r"[\s_:.\-'\"/()]+")
LETTERS: Final = frozenset("ugrizy")
#: Passbands that are known and belong to no survey of this package.
FOREIGN: Final = frozenset({"c", "o", "w", "cyan", "orange", "clear"})


def passband_letters(texts: Iterable[str | None], column: str, survey: str) -> dict[str, str]:
    """Translate the different texts of a passband column into letters.

    Parameters
    ----------
    texts : iterable of str or None
        Names or numbers as they stand in the column, of one table.
    column : str
        Name of the column, for messages. In ``fid`` and ``cfid`` numbers are ZTF's, in
        ``passband`` they are PLAsTiCC's; elsewhere they are those of the survey.
    survey : str
        Name of the survey whose numbers are meant where the column does not tell.

    Returns
    -------
    dict of str to str
        One of the letters u, g, r, i, z, y, or a foreign name, for every text.

    Raises
    ------
    LightCurveError
        If a name is not known; the message lists those that are.
    """
    different = sorted({text for text in texts if text is not None and text.strip()})
    numbers = _numbers_of(column, survey, different)
    letters: dict[str, str] = {}
    unknown = []
    for text in different:
        letter = _letter(text, numbers)
        if letter is None:
            unknown.append(text)
        else:
            letters[text] = letter
    if unknown:
        shown = ", ".join(repr(text[:40]) for text in unknown[:10])
        raise LightCurveError(
            f"column {column!r} has unknown passbands: {shown}; known are the letters u, g, r, i, "
            f"z, y with a survey's name (ztfg, ZTF_g, zg, lsst_g), ZTF's numbers "
            f"{_listed(ZTF_FILTER_NUMBERS)} and PLAsTiCC's {_listed(PLASTICC_NUMBERS)}"
        )
    return letters


def _numbers_of(column: str, survey: str, texts: list[str]) -> dict[str, str]:
    if column in ("fid", "cfid", "ztf_fid"):
        return ZTF_FILTER_NUMBERS
    if column == "passband" or {"0", "4", "5"} & set(texts):
        return PLASTICC_NUMBERS
    has_filter_numbers = set(get_survey(survey).passband_codes) <= set(ZTF_FILTER_NUMBERS)
    return ZTF_FILTER_NUMBERS if has_filter_numbers else PLASTICC_NUMBERS


def _letter(text: str, numbers: dict[str, str]) -> str | None:
    text = text.strip()
    number = text.removesuffix(".0")
    if number in numbers:
        return numbers[number]
    name = PUNCTUATION.sub("", AFFIX.sub("", text))
    lower = name.lower()
    if len(lower) == 2 and lower[0] == "z" and lower[1] in "gri":
        lower = lower[1]  # IRSA's zg, zr, zi
    if lower in LETTERS:
        return lower
    return lower if lower in FOREIGN else None


def _listed(numbers: dict[str, str]) -> str:
    return ", ".join(f"{number} ({letter})" for number, letter in numbers.items())
