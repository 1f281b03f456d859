"""The layouts of light-curve tables that are recognised: the one place to add another.

More particular layouts stand before more general ones. Units and time scales are those that the
named source defines; a column whose source defines none has the unit "unknown" and is only read
when the unit is given.
"""

from __future__ import annotations

from typing import Final

from fink_t2.files.tables.layout import Layout, Photometry, TimeColumn

OBJECTS: Final = (
    "objectId",
    "oid",
    "ant_object_id",
    "locus_id",
    "object_id",
    "diaObjectId",
    "SNID",
    "CID",
    "object",
    "id",
    "name",
)
SIGNS: Final = ("isdiffpos", "cisdiffpos")

FINK_ARRAYS = Layout(
    name="Fink alerts with concatenated histories",
    source="Fink science modules, fink_utils.spark.utils.concat_col: history and candidate joined "
    "into one array per field, with the prefix c",
    survey="ztf",
    objects=("objectId",),
    alerts=("candid",),
    times=(TimeColumn("cjd", "jd"), TimeColumn("cmjd", "mjd")),
    passbands=("cfid",),
    photometry=(
        Photometry("cmagpsf", "csigmapsf", "mag", signs=("cisdiffpos",), limit="cdiffmaglim"),
    ),
)
FINK_LSST_ARRAYS = Layout(
    name="Fink LSST alerts with concatenated histories",
    source="Fink science modules for LSST and ELAsTiCC: fields of the LSST alert schema with the "
    "prefix c",
    survey="lsst",
    objects=("diaObjectId", "objectId"),
    alerts=("diaSourceId", "alertId", "candid"),
    times=(TimeColumn("cmidpointMjdTai", "mjd"), TimeColumn("cmidPointTai", "mjd")),
    passbands=("cband", "cfilterName"),
    photometry=(
        Photometry("cpsfFlux", "cpsfFluxErr", "nJy"),
        Photometry("cpsFlux", "cpsFluxErr", "nJy"),
    ),
)
ZTF_LIGHT_CURVE = Layout(
    name="ZTF candidates",
    source="ZTF alert schema, record candidate; the tables of Fink (prefixes i: and d:), ALeRCE "
    "(oid) and Lasair keep its names",
    survey="ztf",
    objects=("objectId", "oid"),
    alerts=("candid",),
    times=(TimeColumn("jd", "jd"), TimeColumn("mjd", "mjd")),
    passbands=("fid", "band", "filter"),
    photometry=(
        Photometry("magpsf", "sigmapsf", "mag", signs=SIGNS, limit="diffmaglim"),
        Photometry("mag", "e_mag", "mag", signs=SIGNS, limit="diffmaglim"),
    ),
)
ANTARES = Layout(
    name="ANTARES light curve",
    source="ANTARES client, Locus.lightcurve and Locus.timeseries",
    survey="ztf",
    objects=("ant_object_id", "locus_id", "objectId", "ztf_object_id", "alert_id"),
    alerts=(),
    times=(TimeColumn("ant_mjd", "mjd"),),
    passbands=("ant_passband", "ztf_fid"),
    photometry=(
        Photometry("ant_mag", "ant_magerr", "mag", signs=("ztf_isdiffpos",), limit="ant_maglim"),
        Photometry(
            "ztf_magpsf", "ztf_sigmapsf", "mag", signs=("ztf_isdiffpos",), limit="ant_maglim"
        ),
    ),
)
ZTF_FORCED = Layout(
    name="ZTF forced photometry",
    source="ZTF Forced Photometry Service (IRSA), columns of the light-curve file; counts on the "
    "zero point zpdiff. Alerts and Lasair keep the names, with magzpsci as zero point",
    survey="ztf",
    objects=OBJECTS,
    alerts=(),
    times=(TimeColumn("jd", "jd"), TimeColumn("mjd", "mjd")),
    passbands=("filter", "fid"),
    photometry=(
        Photometry("forcediffimflux", "forcediffimfluxunc", "zero_point", zero_point="zpdiff"),
        Photometry("forcediffimflux", "forcediffimfluxunc", "zero_point", zero_point="magzpsci"),
    ),
    is_one_object=True,
)
ATLAS_FORCED = Layout(
    name="ATLAS forced photometry",
    source="ATLAS Forced Photometry server, columns of the result file; flux densities in uJy",
    survey="atlas",
    objects=OBJECTS,
    alerts=(),
    times=(TimeColumn("MJD", "mjd"),),
    passbands=("F",),
    photometry=(Photometry("uJy", "duJy", "uJy"),),
    is_one_object=True,
)
PLASTICC = Layout(
    name="PLAsTiCC light curves",
    source="PLAsTiCC data release (Kessler et al. 2019): FLUXCAL, passbands 0 to 5",
    survey="lsst",
    objects=("object_id",),
    alerts=(),
    times=(TimeColumn("mjd", "mjd"),),
    passbands=("passband",),
    photometry=(Photometry("flux", "flux_err", "fluxcal"),),
    has_numbers=True,
)
SNANA = Layout(
    name="SNANA photometry",
    source="SNANA manual, PHOT tables: FLUXCAL is on the zero point 27.5; ELAsTiCC's training "
    "set has the same columns",
    survey="",
    objects=("SNID", "CID", "objectId", "object_id"),
    alerts=(),
    times=(TimeColumn("MJD", "mjd"), TimeColumn("mjd", "mjd")),
    passbands=("BAND", "FLT", "band", "passband", "filter", "fid"),
    photometry=(
        Photometry("FLUXCAL", "FLUXCALERR", "fluxcal"),
        Photometry("fluxcal", "fluxcal_err", "fluxcal"),
        Photometry("fluxcal", "fluxcalerr", "fluxcal"),
        Photometry("fluxcal", "flux_err", "fluxcal"),
    ),
)
RUBIN_SOURCES = Layout(
    name="Rubin DiaSource",
    source="Rubin Data Products Definition Document, tables DiaSource and ForcedSourceOnDiaObject, "
    "and the LSST alert schema; fluxes in nJy",
    survey="lsst",
    objects=("diaObjectId", "objectId"),
    alerts=("diaSourceId", "alertId"),
    times=(
        TimeColumn("midpointMjdTai", "mjd"),
        TimeColumn("midPointTai", "mjd"),
        TimeColumn("expMidptMJD", "mjd"),
        TimeColumn("mjd", "mjd"),
    ),
    passbands=("band", "filterName"),
    photometry=(
        Photometry("psfDiffFlux", "psfDiffFluxErr", "nJy"),
        Photometry("psfFlux", "psfFluxErr", "nJy"),
        Photometry("psFlux", "psFluxErr", "nJy"),
    ),
)
GENERAL = Layout(
    name="light curves with named passbands",
    source="docs/inputs.md: objectId, a time, a passband, and magnitudes or fluxes",
    survey="",
    objects=OBJECTS,
    alerts=("candid", "alertId", "diaSourceId"),
    times=(
        TimeColumn("mjd", "mjd"),
        TimeColumn("MJD", "mjd"),
        TimeColumn("jd", "jd"),
        TimeColumn("JD", "jd"),
        TimeColumn("time_mjd", "mjd"),
        TimeColumn("time_jd", "jd"),
        TimeColumn("cjd", "jd"),
        TimeColumn("cmjd", "mjd"),
        TimeColumn("midpointMjdTai", "mjd"),
        TimeColumn("cmidPointTai", "mjd"),
    ),
    passbands=("band", "passband", "filter", "fid", "flt", "FLT", "cfid", "cfilterName"),
    photometry=(
        Photometry("magpsf", "sigmapsf", "mag", signs=SIGNS, limit="diffmaglim"),
        Photometry("mag", "magerr", "mag", signs=SIGNS, limit="diffmaglim"),
        Photometry("mag", "mag_err", "mag", signs=SIGNS, limit="diffmaglim"),
        Photometry("mag", "e_mag", "mag", signs=SIGNS, limit="diffmaglim"),
        Photometry("mag", "magErr", "mag", signs=SIGNS, limit="diffmaglim"),
        Photometry("magnitude", "e_magnitude", "mag", signs=SIGNS, limit="diffmaglim"),
        Photometry("flux_nJy", "flux_err_nJy", "nJy"),
        Photometry("flux_uJy", "flux_err_uJy", "uJy"),
        Photometry("uJy", "duJy", "uJy"),
        Photometry("flux", "flux_err", "zero_point", zero_point="zp"),
        Photometry("flux", "fluxerr", "zero_point", zero_point="zp"),
        Photometry("flux", "flux_err", "unknown"),
        Photometry("flux", "fluxerr", "unknown"),
        Photometry("flux", "flux_error", "unknown"),
    ),
)

LAYOUTS: Final[tuple[Layout, ...]] = (
    FINK_ARRAYS,
    FINK_LSST_ARRAYS,
    ANTARES,
    ZTF_FORCED,
    ATLAS_FORCED,
    PLASTICC,
    RUBIN_SOURCES,
    ZTF_LIGHT_CURVE,
    SNANA,
    GENERAL,
)
