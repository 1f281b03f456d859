"""A science module that runs one of this project's networks over the light curves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import numpy as np

from fink_t2.classifier import NOT_CLASSIFIED, load_classifier
from fink_t2.errors import ModuleError
from fink_t2.modules.alert_batch import AlertBatch
from fink_t2.modules.output_column import FLOAT_MAP, OutputColumn
from fink_t2.modules.science_module import ModuleSettings
from fink_t2.science.classes import CLASSES
from fink_t2.science.cuts import STATUS_TEXTS
from fink_t2.surveys import Survey


class LightCurveNetwork:
    """The probabilities of the 14 classes, by a network over the interpolated light curve.

    A subclass gives it its name, the prefix of the columns, and its default models.

    Parameters
    ----------
    settings : ModuleSettings
        Survey and model. There are no options.

    Raises
    ------
    ModuleError
        If there is no model for the survey.
    """

    name: ClassVar[str]
    required_fields: Final[tuple[str, ...]] = ()
    cutouts: Final[tuple[str, ...]] = ()

    def __init__(self, settings: ModuleSettings) -> None:
        settings.check_options(self.name)
        if settings.model is None:
            raise ModuleError(
                f"the module {self.name!r} has no model for the survey {settings.survey.name!r}; "
                "the key 'model' of its [[module]] names one"
            )
        self.model = settings.model

    @classmethod
    def default_model(cls, survey: Survey) -> str | None:
        """Return the name of the model that runs unless another is configured; None for none."""
        raise NotImplementedError

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        """The probabilities and what belongs to them."""
        name = self.name
        return (
            OutputColumn(
                name,
                FLOAT_MAP,
                f"Probability of each of the {len(CLASSES)} classes; -1.0 for every class where "
                "the alert is not classified.",
                NOT_CLASSIFIED,
                keys=CLASSES,
            ),
            OutputColumn(
                f"{name}_class",
                "string",
                'The most probable class; "" where the alert is not classified.',
                "",
                categories=CLASSES,
            ),
            OutputColumn(
                f"{name}_prob",
                "float",
                "Probability of the most probable class; -1.0 where the alert is not classified.",
                NOT_CLASSIFIED,
            ),
            OutputColumn(
                f"{name}_unknown",
                "float",
                f"Score, from 0 to 1, of belonging to none of the {len(CLASSES)} classes; -1.0 "
                "where the alert is not classified.",
                NOT_CLASSIFIED,
            ),
            OutputColumn(
                f"{name}_status",
                "string",
                '"ok", or why the alert is not classified: '
                + ", ".join(f'"{text}"' for text in STATUS_TEXTS[1:])
                + ', or "failed" where the module has raised an error.',
                categories=STATUS_TEXTS,
            ),
            *(
                OutputColumn(
                    f"{name}_n_{band}", "int", f"Number of valid points in the passband {band}."
                )
                for band in self.model.passbands.names
            ),
            OutputColumn(
                f"{name}_model",
                "string",
                "Name and version of the model that classified the alert.",
                constant=self.model.label,
            ),
            OutputColumn(
                f"{name}_processed_at",
                "timestamp",
                "Time of the classification, UTC.",
                is_reproducible=False,
            ),
        )

    def classify(self, batch: AlertBatch) -> Mapping[str, Any]:
        """Return the columns' values; see `fink_t2.modules.science_module.ScienceModule`."""
        network_input = batch.network_input(self.model.grid_length)
        classifier = load_classifier(self.model)
        answer = classifier.classify(batch.light_curves, batch.status, network_input)
        name, now = self.name, datetime.now(UTC).replace(tzinfo=None)
        return {
            name: answer.probabilities,
            f"{name}_class": np.array(answer.class_names(), dtype=object),
            f"{name}_prob": answer.class_probabilities(),
            f"{name}_unknown": answer.unknown_scores(),
            f"{name}_status": np.array(answer.status_texts(), dtype=object),
            **{
                f"{name}_n_{band}": answer.points[:, index]
                for index, band in enumerate(self.model.passbands.names)
            },
            f"{name}_processed_at": np.full(len(batch), now, "datetime64[us]"),
        }
