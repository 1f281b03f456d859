"""The classification's columns of the output."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from fink_t2.config import StreamConfig
from fink_t2.processor import alert_classification
from fink_t2.science.classes import CLASSES
from fink_t2.science.model_store import ModelReference
from fink_t2.stream.columns.light_curve_columns import classification_arguments
from fink_t2.surveys import passbands_of

#: Where an alert came from, the columns of ``t2_source``.
ORIGIN = ("topic", "partition", "offset", "timestamp", "record")


class ClassificationColumns:
    """Adds the classification to decoded alerts.

    Like those of `fink_t2.stream.decode.Decoder`, its columns are made once per model.

    Parameters
    ----------
    config : StreamConfig
        Survey, cuts, forced photometry.
    model : ModelReference
        Which model; its name goes into every row.
    alert : StructType
        Type of the alerts.
    """

    def __init__(self, config: StreamConfig, model: ModelReference, alert: StructType) -> None:
        function = alert_classification(config.survey, model, config.cuts)
        self._answer = function(
            *classification_arguments(config.survey, alert, config.alerts.forced_photometry)
        )
        answer = F.col("_answer")
        names = F.array(*[F.lit(name) for name in CLASSES])
        columns: dict[str, Column] = {
            "t2": F.map_from_arrays(names, answer["probabilities"]),
            "t2_class": answer["class_name"],
            "t2_prob": answer["probability"],
            "t2_unknown": answer["unknown"],
            "t2_status": answer["status"],
        }
        for k, band in enumerate(passbands_of(config.survey).names):
            columns[f"t2_n_{band}"] = answer["points"][k]
        columns["t2_model"] = F.lit(model.label)
        # The worker's clock. Spark's current_timestamp() is a constant of the batch, which goes
        # into the generated code: every batch would be compiled anew.
        columns["t2_processed_at"] = answer["processed_at"]
        columns["t2_source"] = F.struct(*ORIGIN)
        self._classification = F.struct(*[part.alias(name) for name, part in columns.items()])

    def add_to(self, decoded: DataFrame) -> DataFrame:
        """Return alerts with the column ``classification``, a struct of all ``t2`` columns.

        Parameters
        ----------
        decoded : DataFrame
            Has ``alert`` and the columns of its origin.
        """
        answered = decoded.withColumn("_answer", self._answer)
        return answered.withColumn("classification", self._classification).drop("_answer")


def classify(decoded: DataFrame, config: StreamConfig, model: ModelReference) -> DataFrame:
    """Classify decoded alerts once; see `ClassificationColumns`."""
    alert = decoded.schema["alert"].dataType
    assert isinstance(alert, StructType)
    return ClassificationColumns(config, model, alert).add_to(decoded)
