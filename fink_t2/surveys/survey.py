"""A survey: everything that differs from one survey to the next, in one object.

The rest of the package has no branches on the survey's name. `fink_t2.surveys.ztf` and
`fink_t2.surveys.lsst` are the surveys of this package; CONTRIBUTING.md says how to add one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy.typing as npt

from fink_t2.science.cuts import CutSettings
from fink_t2.science.light_curves import LightCurves
from fink_t2.science.passbands import PassbandSet
from fink_t2.surveys.fields import AlertField, PointSource

#: Arrays by the names of the columns in `Survey.point_fields` or `Survey.alert_fields`.
Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Survey:
    """What the package knows of one survey.

    Attributes
    ----------
    name : str
        Name in configurations, on the command line and in a model's metadata.
    passbands : PassbandSet
        Passbands from which alerts are classified.
    passband_codes : mapping of str to str
        What stands in an alert, in lower case, to the name of a passband in `passbands`. Points
        of other passbands are left out.
    unused_passbands : tuple of str
        Passbands that the survey has and that are not classified from: their points are left out.
    faintest_magnitude : float, optional
        Half of the significant points of a table of the survey are brighter than this; a table
        that is fainter is refused, as it is of another survey or unit.
    default_model : str
        Name of the model that classifies unless another is asked for.
    recognised_by : tuple of str
        Top-level fields that an alert of this survey has.
    object_id : AlertField
        Identity of the object. Of several names the first that is neither null nor 0 counts.
    alert_id : AlertField
        Identity of the alert.
    time : AlertField
        Time of the exposure.
    time_format : {"jd", "mjd"}
        Julian Date or Modified Julian Date, days.
    time_scale : {"utc", "tai"}
        Time scale.
    night_offset_days : float
        An alert belongs to the night of the UTC date of its time less this many days.
    flux_unit : {"mag", "nJy", "uJy", "fluxcal"}
        Unit of the measurements in an alert.
    point_sources : tuple of PointSource
        Parts of the alert that hold measurements.
    point_fields : mapping of str to AlertField
        Fields of a measurement, by the names that `light_curves` knows. A record that lacks a
        field has null there.
    forced_fields : mapping of str to AlertField
        Further fields of a measurement that are read with forced photometry only.
    alert_fields : mapping of str to AlertField
        Fields of the alert that light curves and cuts need besides the measurements.
    required_fields : tuple of str
        Dotted fields without which a record is not an alert of this survey.
    light_curves : callable
        ``light_curves(starts, points, alerts)`` makes N light curves from the flat arrays of
        `point_fields` and the arrays of `alert_fields`; columns may be missing from both. It
        decides which points count, their sign and their unit.
    catalogues : callable
        ``catalogues(alerts)`` gives the arguments of `fink_t2.science.cuts.apply_cuts` that
        stem from `alert_fields`: solar system, catalogued stars, first detection.
    history_days : float
        Days of history that an alert holds.
    cuts : CutSettings
        Quality cuts unless the configuration sets others.
    forced_photometry : bool
        Whether forced photometry joins the light curve unless the configuration says so: as it
        was when the default model was trained.
    has_photometric_redshifts : bool
        Whether alerts carry photometric redshifts of host galaxies.
    cutouts : tuple of str
        Top-level fields that hold image cutouts.
    newer_names : mapping of str to str
        Present names of fields, besides those declared above, that older schemas call otherwise.
    schema_text : callable, optional
        Returns the JSON text of the Avro schema that the output of the stream has; without it
        the schema comes from a registry or folder of schemas.
    default_schemas : str
        Where the schemas of framed packets are looked up unless something else is named; see
        `fink_t2.alerts.schema_source`.
    """

    name: str
    passbands: PassbandSet
    passband_codes: Mapping[str, str]
    default_model: str
    recognised_by: tuple[str, ...]
    object_id: AlertField
    alert_id: AlertField
    time: AlertField
    time_format: Literal["jd", "mjd"]
    time_scale: Literal["utc", "tai"]
    flux_unit: Literal["mag", "nJy", "uJy", "fluxcal"]
    point_sources: tuple[PointSource, ...]
    point_fields: Mapping[str, AlertField]
    alert_fields: Mapping[str, AlertField]
    required_fields: tuple[str, ...]
    light_curves: Callable[[npt.NDArray[Any], Arrays, Arrays], LightCurves]
    catalogues: Callable[[Arrays], dict[str, npt.NDArray[Any]]]
    history_days: float
    night_offset_days: float = 0.0
    forced_fields: Mapping[str, AlertField] = field(default_factory=dict)
    cuts: CutSettings = field(default_factory=CutSettings)
    forced_photometry: bool = False
    has_photometric_redshifts: bool = False
    cutouts: tuple[str, ...] = ()
    newer_names: Mapping[str, str] = field(default_factory=dict)
    unused_passbands: tuple[str, ...] = ()
    faintest_magnitude: float | None = None
    schema_text: Callable[[], str] | None = None
    default_schemas: str = ""

    def passband_index(self, code: Any) -> int:
        """Return the index of the passband that an alert calls ``code``, or -1."""
        name = self.passband_codes.get(str(code).strip().lower())
        return -1 if name is None else self.passbands.index(name)

    def sources(self, forced_photometry: bool | None = None) -> tuple[PointSource, ...]:
        """Return the parts of an alert whose measurements are used.

        Parameters
        ----------
        forced_photometry : bool, optional
            Whether those by forced photometry are; default: `Survey.forced_photometry`.
        """
        use_forced = self.uses_forced_photometry(forced_photometry)
        return tuple(one for one in self.point_sources if use_forced or not one.is_forced)

    def columns(self, forced_photometry: bool | None = None) -> dict[str, AlertField]:
        """Return the fields of a measurement that are read; see `sources`."""
        use_forced = self.uses_forced_photometry(forced_photometry)
        return {**self.point_fields, **(self.forced_fields if use_forced else {})}

    def uses_forced_photometry(self, setting: bool | None) -> bool:
        """Return a setting of forced photometry, or the survey's default where it is None."""
        return self.forced_photometry if setting is None else setting

    def recognises(self, fields: Collection[str]) -> bool:
        """Tell whether something with these top-level fields is an alert of the survey."""
        return set(self.recognised_by) <= set(fields)
