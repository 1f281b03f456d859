"""The Legacy Survey of Space and Time of the Vera C. Rubin Observatory: alert packets 7 to 11.

Schema: lsst/alert_packet. The simulated alerts of ELAsTiCC (Narayan et al. 2023) are of the same
survey under older names of some fields.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fink_t2.science.cuts import KNOWN_SOLAR_SYSTEM_OBJECT, CutSettings
from fink_t2.science.light_curves import LightCurves, from_fluxes
from fink_t2.science.passbands import PassbandSet
from fink_t2.science.photometry import JULIAN_DATE_OF_MJD_ZERO
from fink_t2.surveys.fields import AlertField, Meaning, PointSource
from fink_t2.surveys.survey import Arrays, Survey

PASSBANDS: Final = PassbandSet(
    "lsst",
    ("u", "g", "r", "i", "z", "y"),
    (3670.69, 4826.85, 6223.24, 7545.98, 8590.90, 9710.28),
)


def _light_curves(starts: npt.NDArray[Any], points: Arrays, alerts: Arrays) -> LightCurves:
    photoz, photoz_error = alerts.get("photoz"), alerts.get("photoz_error")
    if photoz is not None:
        # ELAsTiCC writes -9 where it knows no host galaxy.
        has_host = photoz > -1
        photoz = np.where(has_host, photoz, np.nan)
        if photoz_error is not None:
            photoz_error = np.where(has_host, photoz_error, np.nan)
    return from_fluxes(
        PASSBANDS,
        starts,
        points["mjd"],
        points["band"],
        points["flux"],
        points["flux_error"],
        unit="nJy",
        first_seen=alerts.get("first_mjd"),
        photoz=photoz,
        photoz_error=photoz_error,
    )


def _catalogues(alerts: Arrays) -> dict[str, npt.NDArray[Any]]:
    catalogues = {name: alerts[name] for name in ("roid", "cdsxmatch") if name in alerts}
    if "first_mjd" in alerts:
        catalogues["jdstarthist"] = alerts["first_mjd"] + JULIAN_DATE_OF_MJD_ZERO
    if "is_solar_system" in alerts:
        flag = catalogues.get("roid", np.zeros(len(alerts["is_solar_system"])))
        catalogues["roid"] = np.where(alerts["is_solar_system"], KNOWN_SOLAR_SYSTEM_OBJECT, flag)
    return catalogues


LSST: Final = Survey(
    name="lsst",
    passbands=PASSBANDS,
    passband_codes={name: name for name in PASSBANDS.names},
    default_model="t2-lsst",
    recognised_by=("diaSource",),
    # Of the alert of a solar-system object diaObjectId is 0 or null.
    object_id=AlertField(
        ("diaSource.diaObjectId", "diaSource.ssObjectId", "diaObject.diaObjectId"), "long"
    ),
    alert_id=AlertField(("diaSource.diaSourceId",), "long"),
    time=AlertField(
        ("diaSource.midpointMjdTai",), "double", older_names=("diaSource.midPointTai",)
    ),
    time_format="mjd",
    time_scale="tai",
    # The night goes past midnight UTC and has the date on which it began (Rubin's day_obs).
    night_offset_days=0.5,
    flux_unit="nJy",
    point_sources=(
        PointSource("prvDiaSources"),
        PointSource("diaSource", is_array=False),
        PointSource("prvDiaForcedSources", is_forced=True),
    ),
    point_fields={
        # The older names are those of ELAsTiCC.
        "mjd": AlertField(("midpointMjdTai",), "double", older_names=("midPointTai",)),
        "band": AlertField(("band",), "string", Meaning.PASSBAND, older_names=("filterName",)),
        "flux": AlertField(("psfFlux",), "double", older_names=("psFlux",)),
        "flux_error": AlertField(("psfFluxErr",), "double", older_names=("psFluxErr",)),
    },
    alert_fields={
        "roid": AlertField(("roid",), "int"),
        "cdsxmatch": AlertField(("cdsxmatch",), "string"),
        # Rubin matches its alerts with known solar-system objects itself. Fink writes an empty
        # ssSource record, not null, for what does not move.
        "is_solar_system": AlertField(
            ("diaSource.ssObjectId", "ssSource.ssObjectId"), "long", Meaning.IS_SET
        ),
        "first_mjd": AlertField(("diaObject.firstDiaSourceMjdTai",), "double"),
        "photoz": AlertField(("diaObject.hostgal_zphot",), "double"),
        "photoz_error": AlertField(("diaObject.hostgal_zphot_err",), "double"),
    },
    required_fields=(
        "diaSource.diaSourceId",
        "diaSource.midpointMjdTai",
        "diaSource.band",
        "diaSource.psfFlux",
        "diaSource.psfFluxErr",
    ),
    light_curves=_light_curves,
    catalogues=_catalogues,
    history_days=365.0,
    cuts=CutSettings(maximum_history_days=365.0),
    has_photometric_redshifts=True,
    cutouts=("cutoutScience", "cutoutTemplate", "cutoutDifference"),
    newer_names={"alertId": "diaSourceId"},
    default_schemas="package:lsst-alert-packet",
)
