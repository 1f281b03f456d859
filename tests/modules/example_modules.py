"""Science modules for the tests, as somebody outside of this package would write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fink_t2.modules.alert_batch import AlertBatch
from fink_t2.modules.output_column import OutputColumn
from fink_t2.modules.science_module import ModuleSettings


class MeanDifference:
    """The mean of the difference image, and the alert's own real-bogus score."""

    name = "stamp"
    required_fields = ("candidate.rb", "candid", "candidate.ssnamenr")
    cutouts = ("difference",)
    columns = (
        OutputColumn("stamp_mean", "float", "Mean of the difference image, DN.", -1.0),
        OutputColumn("stamp_rb", "double", "Real-bogus score of the alert."),
        OutputColumn("stamp_candid", "bigint", "Identifier of the alert."),
        OutputColumn("stamp_name", "string", "Nearest known solar-system object."),
        OutputColumn(
            "stamp_status", "string", '"ok" or "no_stamp".', categories=("ok", "no_stamp")
        ),
    )

    def __init__(self, settings: ModuleSettings) -> None:
        settings.check_options(self.name, "factor")
        self._factor = settings.options.get("factor", 1.0)

    def classify(self, batch: AlertBatch) -> Mapping[str, Any]:
        """Return the columns' values."""
        images = list(batch.cutouts["difference"])
        return {
            "stamp_mean": [
                -1.0 if image is None else self._factor * np.nanmean(image) for image in images
            ],
            "stamp_rb": batch.fields["candidate.rb"],
            "stamp_candid": batch.fields["candid"],
            "stamp_name": batch.fields["candidate.ssnamenr"],
            "stamp_status": ["no_stamp" if image is None else "ok" for image in images],
        }


class Counter:
    """The number of points; it raises an error on curves of as many points as an option says."""

    name = "counter"
    required_fields = ()
    cutouts = ()
    columns = (
        OutputColumn("counter", "int", "Number of points."),
        OutputColumn("counter_half", "map<string,float>", "Halves.", -1.0, keys=("a", "b")),
        OutputColumn("counter_when", "timestamp", "The beginning of time."),
        OutputColumn("counter_version", "string", "Version of the module.", constant="1"),
        OutputColumn("counter_status", "string", '"ok".', categories=("ok",)),
    )

    def __init__(self, settings: ModuleSettings) -> None:
        settings.check_options(self.name, "fails_on")
        self.fails_on = settings.options.get("fails_on", [])
        self.calls = 0

    def classify(self, batch: AlertBatch) -> Mapping[str, Any]:
        """Return the columns' values."""
        self.calls += 1
        points = batch.light_curves.points_per_passband().sum(axis=1)
        for number in self.fails_on:
            if number in points:
                raise RuntimeError(f"{number} points are too many")
        return {
            "counter": points,
            "counter_half": np.stack([points / 2, points / 2], axis=1),
            "counter_when": np.zeros(len(batch), "datetime64[us]"),
            "counter_status": ["ok"] * len(batch),
        }
