"""The columns that the science modules add to the output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from fink_t2.config import StreamConfig
from fink_t2.modules.evaluation import requested_cutouts, requested_fields
from fink_t2.modules.output_column import OutputColumn
from fink_t2.modules.science_module import ScienceModule
from fink_t2.processor import alert_classification
from fink_t2.stream.columns.light_curve_columns import light_curve_columns
from fink_t2.stream.columns.requested_columns import (
    alert_identifier,
    cutout_columns,
    field_columns,
)
from fink_t2.surveys import get_survey

#: Where an alert came from, the columns of ``t2_source``.
ORIGIN = ("topic", "partition", "offset", "timestamp", "record")
#: The column that the stream itself adds, whichever modules it runs.
SOURCE_COLUMN = "t2_source"
SOURCE_DOCUMENTATION = (
    "Topic, partition, offset and time of the Kafka message that held the alert, and the number "
    "of the alert within the message, counted from 0."
)


class ClassificationColumns:
    """Adds the answers of the science modules to decoded alerts.

    Like those of `fink_t2.stream.decode.Decoder`, its columns are made once per set of modules.

    Parameters
    ----------
    config : StreamConfig
        Survey, cuts, forced photometry.
    modules : sequence of ScienceModule
        The modules, whose columns come out in this order.
    alert : StructType
        Type of the alerts.

    Raises
    ------
    ModuleError
        If the alerts lack a field or a cutout that a module needs.
    """

    def __init__(
        self, config: StreamConfig, modules: Sequence[ScienceModule], alert: StructType
    ) -> None:
        survey = get_survey(config.survey)
        inputs = light_curve_columns(survey, alert, config.alerts.forced_photometry)
        fields = field_columns(alert, requested_fields(modules))
        types = {name: spark_type for name, (spark_type, _) in fields.items()}
        function = alert_classification(survey, modules, config.cuts, tuple(inputs), types)
        self._answer = function(
            *inputs.values(),
            alert_identifier(survey, alert),
            *(column for _, column in fields.values()),
            *cutout_columns(alert, requested_cutouts(modules)),
        )
        answer = F.col("_answer")
        columns = [
            _output(answer, column).alias(column.name, metadata=_comment(column.documentation))
            for module in modules
            for column in module.columns
        ]
        source = F.struct(*ORIGIN).alias(SOURCE_COLUMN, metadata=_comment(SOURCE_DOCUMENTATION))
        self._classification = F.struct(*columns, source)

    def add_to(self, decoded: DataFrame) -> DataFrame:
        """Return alerts with the column ``classification``, a struct of all output columns.

        Parameters
        ----------
        decoded : DataFrame
            Has ``alert`` and the columns of its origin.
        """
        answered = decoded.withColumn("_answer", self._answer)
        return answered.withColumn("classification", self._classification).drop("_answer")


def classify(
    decoded: DataFrame, config: StreamConfig, modules: Sequence[ScienceModule]
) -> DataFrame:
    """Classify decoded alerts once; see `ClassificationColumns`."""
    alert = decoded.schema["alert"].dataType
    assert isinstance(alert, StructType)
    return ClassificationColumns(config, modules, alert).add_to(decoded)


def _output(answer: Column, column: OutputColumn) -> Column:
    """Return a column of the output from the struct that Python has answered."""
    if column.constant is not None:
        return F.lit(column.constant).cast(column.type)
    if column.keys:
        return F.map_from_arrays(F.array(*map(F.lit, column.keys)), answer[column.name])
    return answer[column.name]


def _comment(documentation: str) -> dict[str, Any]:
    """Return Spark's form of a column's documentation; Parquet files keep it."""
    return {"comment": documentation}
