"""The fields and cutouts of an alert that science modules ask for, as columns for Python."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType, DataType, StructType

from fink_t2.alerts.cutouts import CUTOUT_FIELDS
from fink_t2.errors import ModuleError
from fink_t2.stream.columns.alert_struct import value_of
from fink_t2.surveys import Survey


def field_columns(alert: StructType, names: Sequence[str]) -> dict[str, tuple[str, Column]]:
    """Return the Spark type and the column of every field that is asked for.

    Parameters
    ----------
    alert : StructType
        Type of the column ``alert``.
    names : sequence of str
        Dotted names of fields.

    Returns
    -------
    dict of str to (str, Column)
        By name. A "bigint" is a column of text, see `fink_t2.processor.alert_classification`.

    Raises
    ------
    ModuleError
        If the alerts have no such field.
    """
    columns = {}
    for name in names:
        spark_type = _type_of(alert, name)
        if spark_type is None:
            raise ModuleError(
                f"a science module needs the field {name!r}, which these alerts do not have; "
                "'alerts.extra_fields' declares fields that a broker has added"
            )
        column = F.col(f"alert.{name}")
        type_name = spark_type.simpleString()
        columns[name] = (type_name, column.cast("string") if type_name == "bigint" else column)
    return columns


def cutout_columns(alert: StructType, names: Sequence[str]) -> list[Column]:
    """Return the contents of the cutouts that are asked for, as binary columns.

    Parameters
    ----------
    alert : StructType
        Type of the column ``alert``.
    names : sequence of str
        Of `fink_t2.alerts.cutouts.CUTOUT_FIELDS`.

    Raises
    ------
    ModuleError
        If there are no such cutouts.
    """
    columns = []
    for name in names:
        if name not in CUTOUT_FIELDS:
            raise ModuleError(
                f"a science module needs the cutout {name!r}; there are {', '.join(CUTOUT_FIELDS)}"
            )
        field = CUTOUT_FIELDS[name]
        # A record with the name of the file in ZTF's alerts, the file alone in Rubin's.
        paths = (field, f"{field}.stampData")
        path = next((path for path in paths if _type_of(alert, path) == BinaryType()), None)
        if path is None:
            raise ModuleError(
                f"a science module needs the cutout {name!r}, and these alerts have no {field!r}"
            )
        columns.append(F.col(f"alert.{path}"))
    return columns


def alert_identifier(survey: Survey, alert: StructType) -> Column:
    """Return an alert's own number, 0 where a row holds no alert.

    Parameters
    ----------
    survey : Survey
        Whose alerts these are.
    alert : StructType
        Type of the column ``alert``.
    """
    return F.coalesce(value_of(alert, survey.alert_id).cast("bigint"), F.lit(0).cast("bigint"))


def _type_of(alert: StructType, name: str) -> DataType | None:
    """Return the type of a dotted field, None where the alert has no such field.

    A field of the records of an array ("prv_candidates.magpsf") is an array.
    """
    inner: DataType = alert
    is_array = False
    for part in name.split("."):
        if isinstance(inner, ArrayType):
            inner, is_array = inner.elementType, True
        if not isinstance(inner, StructType) or part not in inner.names:
            return None
        inner = inner[part].dataType
    return ArrayType(inner) if is_array else inner
