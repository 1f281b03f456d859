"""Spark expressions for the fields that a survey declares, over the struct column ``alert``.

They take the same values as `fink_t2.surveys.reading` takes from decoded records. Where a field
of the alert is absent, its value is null.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StructType

from fink_t2.surveys.fields import AlertField, Meaning, PointSource
from fink_t2.surveys.survey import Survey
from fink_t2.surveys.values import NEGATIVE_SIGNS

#: The types of `AlertField.type` as Spark calls them.
SPARK_TYPES = {
    "boolean": "boolean",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
    "string": "string",
}


def type_of(alert: StructType, name: str) -> DataType | None:
    """Return the type of a dotted field, None where the alert has no such field."""
    kind: DataType = alert
    for part in name.split("."):
        if not isinstance(kind, StructType) or part not in kind.names:
            return None
        kind = kind[part].dataType
    return kind


def value_of(alert: StructType, field: AlertField, prefix: str = "alert.") -> Column:
    """Return the value of a field as it stands in the alert, in the declared type.

    Parameters
    ----------
    alert : StructType
        Type of the column ``alert``.
    field : AlertField
        The field; the first of its names whose value is not null counts.
    prefix : str
        What stands before the names of the fields; "" where they are columns themselves.
    """
    return _coalesce(_values(alert, field, prefix), field)


def set_value_of(alert: StructType, field: AlertField, prefix: str = "alert.") -> Column:
    """Return the first value under a field's names that is neither null nor 0; see `value_of`."""
    values = [F.when(_is_set(one, field), one) for one in _values(alert, field, prefix)]
    return _coalesce(values, field)


def column_of(survey: Survey, alert: StructType, field: AlertField) -> Column:
    """Return a field of the alert as `fink_t2.surveys.reading.read_columns` takes it."""
    if field.meaning is Meaning.IS_SET:
        values = [_is_set(value, field) for value in _values(alert, field)]
        return F.greatest(F.lit(False), F.lit(False), *values)
    return _with_meaning(survey, field, value_of(alert, field))


def points_of(
    survey: Survey, alert: StructType, sources: Sequence[PointSource], field: AlertField
) -> Column:
    """Return one field of all measurements of an alert, an array.

    Parameters
    ----------
    survey : Survey
        Whose alert it is.
    alert : StructType
        Type of the column ``alert``.
    sources : sequence of PointSource
        Parts of the alert that hold measurements; a part that the alert lacks has none.
    field : AlertField
        Field of a measurement; a part whose records lack it has nulls.
    """
    arrays = [
        array for source in sources if (array := _array(alert, source, field)) is not None
    ]  # fmt: skip
    if not arrays:
        return F.array().cast(f"array<{SPARK_TYPES[field.type]}>")
    points = F.concat(*arrays) if len(arrays) > 1 else arrays[0]
    if field.type != "string" or field.meaning is Meaning.VALUE:
        return points
    return F.transform(points, lambda value: _with_meaning(survey, field, value))


def _with_meaning(survey: Survey, field: AlertField, value: Column) -> Column:
    """Translate text here: as text it would take many times longer to reach Python.

    Signs become booleans, True for positive, and passbands their indices. Numbers are translated
    in Python (`fink_t2.surveys.values`).
    """
    if field.type != "string":
        return value
    if field.meaning is Meaning.NEGATIVE_SIGN:
        return F.coalesce(~value.isin(*NEGATIVE_SIGNS), F.lit(True))
    if field.meaning is Meaning.PASSBAND:
        index: Column | None = None
        code = F.lower(F.trim(value))
        for text, name in survey.passband_codes.items():
            chosen = F.lit(survey.passbands.index(name)).cast("tinyint")
            index = (F if index is None else index).when(code == text, chosen)
        assert index is not None
        return index.otherwise(F.lit(-1).cast("tinyint"))
    return value


def _values(alert: StructType, field: AlertField, prefix: str = "alert.") -> list[Column]:
    return [
        _cast(F.col(prefix + name), kind, field)
        for name in field.all_names
        if (kind := type_of(alert, name)) is not None
    ]


def _cast(value: Column, kind: DataType, field: AlertField) -> Column:
    """Return a value in the declared type, null where it can't be converted."""
    wanted = SPARK_TYPES[field.type]
    return value if kind.simpleString() == wanted else value.try_cast(wanted)


def _coalesce(values: list[Column], field: AlertField) -> Column:
    if not values:
        return F.lit(None).cast(SPARK_TYPES[field.type])
    return F.coalesce(*values) if len(values) > 1 else values[0]


def _is_set(value: Column, field: AlertField) -> Column:
    """Tell whether a value is neither null, NaN nor 0; see `fink_t2.surveys.values.is_set`."""
    if field.type == "string":
        is_set = ~value.isin("", "0")
    elif field.type in ("float", "double"):
        is_set = ~F.isnan(value) & (value != 0)
    else:
        is_set = value != 0
    return F.coalesce(is_set, F.lit(False))


def _array(alert: StructType, source: PointSource, field: AlertField) -> Column | None:
    """Return one field of the records of one source; None where the alert has no such part."""
    kind = type_of(alert, source.name)
    record = kind.elementType if source.is_array and isinstance(kind, ArrayType) else kind
    if not isinstance(record, StructType):
        return None
    wanted = SPARK_TYPES[field.type]
    present = [name for name in field.all_names if type_of(record, name) is not None]
    if not source.is_array:
        inner = AlertField(tuple(f"{source.name}.{name}" for name in present), field.type)
        return F.array(_coalesce(_values(alert, inner), field))
    records = F.col(f"alert.{source.name}")
    if not present:
        lengths = F.coalesce(F.size(records), F.lit(0))
        return F.array_repeat(F.lit(None).cast(wanted), F.greatest(lengths, F.lit(0)))
    if len(present) == 1:
        (name,) = present
        values = F.col(f"alert.{source.name}.{name}")
        if type_of(record, name).simpleString() != wanted:  # type: ignore[union-attr]
            values = values.try_cast(f"array<{wanted}>")
    else:
        values = F.transform(
            records, lambda one: F.coalesce(*(one[name].try_cast(wanted) for name in present))
        )
    return F.coalesce(values, F.array().cast(f"array<{wanted}>"))
