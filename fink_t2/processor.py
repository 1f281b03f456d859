"""The science module: classification as columns of a Spark job.

``t2`` and ``maxclass`` are drop-in columns with the arguments, output and defaults of
Fink's T2 module; ``t2_lsst`` is the same for Rubin alerts. The streaming job calls
`alert_classification`, which evaluates the configured science modules, t2 among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.functions import pandas_udf
from pyspark.sql.types import FloatType, MapType, StringType

from fink_t2.alerts.cutouts import Stamps
from fink_t2.classifier import Classification, find_model, load_classifier
from fink_t2.modules.alert_batch import AlertBatch
from fink_t2.modules.evaluation import evaluate, requested_cutouts
from fink_t2.modules.output_column import OutputColumn
from fink_t2.modules.science_module import ScienceModule
from fink_t2.science.classes import CLASSES
from fink_t2.science.cuts import CutSettings
from fink_t2.science.model_store import ModelReference
from fink_t2.science.worker import settle_worker
from fink_t2.surveys import LSST, ZTF, Survey
from fink_t2.surveys.reading import read_columns

PROBABILITIES = MapType(StringType(), FloatType())

#: What `as_struct` puts out: for brokers that keep the answers of a classifier in one struct.
STRUCT_SCHEMA = "class string, prob float, probabilities map<string, float>, status string"


def classify_ztf_alerts(
    reference: ModelReference,
    cuts: CutSettings,
    jd: pd.Series,
    fid: pd.Series,
    magpsf: pd.Series,
    sigmapsf: pd.Series,
    isdiffpos: pd.Series | None = None,
    roid: pd.Series | None = None,
    cdsxmatch: pd.Series | None = None,
    jdstarthist: pd.Series | None = None,
) -> Classification:
    """Classify a batch of ZTF alerts.

    Parameters
    ----------
    reference : ModelReference
        Which model.
    cuts : CutSettings
        Thresholds of the quality cuts.
    jd, fid, magpsf, sigmapsf, isdiffpos : Series of arrays
        History and current candidate of every alert, in any order; see
        `fink_t2.surveys.ztf.from_ztf`. A null array is an empty history. An alert whose
        arrays differ in length has no usable history and becomes ``bad_photometry``.
    roid, cdsxmatch, jdstarthist : Series, optional
        See `fink_t2.science.cuts.apply_cuts`.

    Returns
    -------
    Classification
    """
    columns = {
        "jd": jd,
        "fid": fid,
        "magpsf": magpsf,
        "sigmapsf": sigmapsf,
        "isdiffpos": isdiffpos,
        "roid": roid,
        "cdsxmatch": cdsxmatch,
        "jdstarthist": jdstarthist,
    }
    return _classify(ZTF, reference, cuts, columns)


def classify_lsst_alerts(
    reference: ModelReference,
    cuts: CutSettings,
    mjd: pd.Series,
    band: pd.Series,
    flux: pd.Series,
    flux_error: pd.Series,
    roid: pd.Series | None = None,
    cdsxmatch: pd.Series | None = None,
    first_mjd: pd.Series | None = None,
    photoz: pd.Series | None = None,
    photoz_error: pd.Series | None = None,
) -> Classification:
    """Classify a batch of Rubin alerts.

    Parameters
    ----------
    reference, cuts
        As in `classify_ztf_alerts`.
    mjd : Series of arrays
        ``midpointMjdTai`` of history and current source, days.
    band : Series of arrays of str
        Passband names u, g, r, i, z, y.
    flux, flux_error : Series of arrays
        ``psfFlux`` and ``psfFluxErr`` of the difference image, nJy.
    roid, cdsxmatch : Series, optional
        See `fink_t2.science.cuts.apply_cuts`.
    first_mjd : Series, optional
        MJD of the object's first detection ever.
    photoz, photoz_error : Series, optional
        Photometric redshift of the host.

    Returns
    -------
    Classification
    """
    columns = {
        "mjd": mjd,
        "band": band,
        "flux": flux,
        "flux_error": flux_error,
        "roid": roid,
        "cdsxmatch": cdsxmatch,
        "first_mjd": first_mjd,
        "photoz": photoz,
        "photoz_error": photoz_error,
    }
    return _classify(LSST, reference, cuts, columns)


def _classify(
    survey: Survey,
    reference: ModelReference,
    cuts: CutSettings,
    columns: Mapping[str, pd.Series | None],
) -> Classification:
    given = {name: column for name, column in columns.items() if column is not None}
    reading = read_columns(survey, given)
    return load_classifier(reference).classify(reading.light_curves, reading.status(cuts))


def _as_maps(classification: Classification) -> pd.Series:
    rows = classification.probabilities.tolist()
    return pd.Series([dict(zip(CLASSES, row, strict=True)) for row in rows], dtype=object)


def _first(model_name: pd.Series | None) -> str | None:
    return None if model_name is None or not len(model_name) else model_name.iloc[0]


def as_struct(classification: Classification) -> pd.DataFrame:
    """Return a classification as the rows of a struct column of `STRUCT_SCHEMA`.

    An alert that is not classified has the class "", -1.0 for every probability, and the reason as
    its status.
    """
    return pd.DataFrame(
        {
            "class": classification.class_names(),
            "prob": classification.class_probabilities(),
            "probabilities": _as_maps(classification),
            "status": classification.status_texts(),
        }
    )


@pandas_udf(PROBABILITIES)  # type: ignore[call-overload]
def t2(
    candid: pd.Series,
    jd: pd.Series,
    fid: pd.Series,
    magpsf: pd.Series,
    sigmapsf: pd.Series,
    roid: pd.Series,
    cdsxmatch: pd.Series,
    jdstarthist: pd.Series,
    model_name: pd.Series = None,  # type: ignore[assignment]
    isdiffpos: pd.Series = None,  # type: ignore[assignment]
) -> pd.Series:
    """Classify ZTF alerts: the column of Fink's T2 module.

    Parameters
    ----------
    candid : Column of long
        Not used: rows are told apart by position, so a candid may occur twice.
    jd, fid, magpsf, sigmapsf : Column of arrays
        Concatenated history and current candidate.
    roid, cdsxmatch, jdstarthist : Column
        Solar-system flag, SIMBAD type, Julian Date of the first detection ever.
    model_name : Column of str, optional
        See `fink_t2.classifier.find_model`; the first row's counts.
    isdiffpos : Column of arrays of bool, optional
        Sign of the subtraction; not in the published signature, so default: positive.

    Returns
    -------
    Column of map<string, float>
        14 probabilities; all -1.0 where the alert is not classified.
    """
    settle_worker()
    return _as_maps(
        classify_ztf_alerts(
            find_model(_first(model_name), ZTF.name),
            ZTF.cuts,
            jd,
            fid,
            magpsf,
            sigmapsf,
            isdiffpos,
            roid,
            cdsxmatch,
            jdstarthist,
        )
    )


@pandas_udf(PROBABILITIES)  # type: ignore[call-overload]
def t2_lsst(
    diaSourceId: pd.Series,
    mjd: pd.Series,
    band: pd.Series,
    psfFlux: pd.Series,
    psfFluxErr: pd.Series,
    roid: pd.Series,
    cdsxmatch: pd.Series,
    first_mjd: pd.Series,
    model_name: pd.Series = None,  # type: ignore[assignment]
    photoz: pd.Series = None,  # type: ignore[assignment]
    photoz_error: pd.Series = None,  # type: ignore[assignment]
) -> pd.Series:
    """Classify Rubin alerts: the twin of `t2`.

    Parameters
    ----------
    diaSourceId : Column of long
        Not used, as in `t2`.
    mjd, band, psfFlux, psfFluxErr : Column of arrays
        Concatenated history and current source; see `classify_lsst_alerts`.
    roid, cdsxmatch, first_mjd : Column
        Solar-system flag, SIMBAD type, MJD of the first detection ever.
    model_name : Column of str, optional
        See `fink_t2.classifier.find_model`.
    photoz, photoz_error : Column of double, optional
        Photometric redshift of the host.

    Returns
    -------
    Column of map<string, float>
        14 probabilities; all -1.0 where the alert is not classified.
    """
    settle_worker()
    return _as_maps(
        classify_lsst_alerts(
            find_model(_first(model_name), LSST.name),
            LSST.cuts,
            mjd,
            band,
            psfFlux,
            psfFluxErr,
            roid,
            cdsxmatch,
            first_mjd,
            photoz,
            photoz_error,
        )
    )


def maxclass(probabilities: Column | str) -> Column:
    """Return the class of largest probability of a `t2` column; "" where not classified.

    Parameters
    ----------
    probabilities : Column or str
        A column as `t2` makes it.
    """
    column = F.col(probabilities) if isinstance(probabilities, str) else probabilities
    names = F.array(*[F.lit(name) for name in CLASSES])
    largest = F.array_max(F.transform(names, lambda name: F.element_at(column, name)))
    # Not array_position: the Python API of Spark 3.5 takes no column as its second argument.
    best = F.filter(names, lambda name: F.element_at(column, name) == largest)
    return F.when(largest >= 0, F.get(best, F.lit(0))).otherwise(F.lit(""))


def alert_classification(
    survey: Survey,
    modules: Sequence[ScienceModule],
    cuts: CutSettings,
    names: Sequence[str],
    fields: Mapping[str, str] | None = None,
) -> Callable[..., Column]:
    """Return the function from alert columns to the answers of science modules.

    One call of Python reads the light curves of a batch, makes the cuts, and evaluates all
    modules on them.

    Parameters
    ----------
    survey : Survey
        Whose alerts these are; travels to the workers with the function.
    modules : sequence of ScienceModule
        The modules; they travel to the workers with the function.
    cuts : CutSettings
        Thresholds.
    names : sequence of str
        Names of the columns that the result takes first, in this order; see
        `fink_t2.surveys.reading.read_columns`.
    fields : mapping of str to str, optional
        The fields of the alert that the modules have asked for, by their dotted names, each with
        its Spark type. A "bigint" is handed over as text: pandas would make floats of integers
        with nulls.

    Returns
    -------
    callable
        Takes the columns above, the alerts' identifiers, one column for each of `fields`, and one
        for each cutout of `fink_t2.modules.evaluation.requested_cutouts`. Returns a struct with a
        field for every declared column that is no constant; a map is the array of its values.
    """
    names = tuple(names)
    field_types = dict(fields or {})
    cutouts = requested_cutouts(modules)
    columns = [column for module in modules for column in module.columns if column.constant is None]

    def classify(*arguments: pd.Series) -> pd.DataFrame:
        settle_worker()
        remaining = iter(arguments[len(names) :])
        identifiers = next(remaining)
        reading = read_columns(survey, dict(zip(names, arguments, strict=False)))
        batch = AlertBatch(
            reading.light_curves,
            reading.status(cuts),
            {
                name: _field_values(next(remaining), spark_type)
                for name, spark_type in field_types.items()
            },
            {name: Stamps(next(remaining)) for name in cutouts},
            identifiers.to_numpy(),
        )
        values = evaluate(modules, batch)
        return pd.DataFrame({column.name: _as_series(column, values) for column in columns})

    schema = ", ".join(
        f"{column.name} {'array<float>' if column.keys else column.type}" for column in columns
    )
    return pandas_udf(classify, schema)  # type: ignore[call-overload]


def _field_values(values: pd.Series, spark_type: str) -> npt.NDArray[Any]:
    if spark_type != "bigint":
        return values.to_numpy()
    integers = [None if value is None else int(value) for value in values]
    return np.array(integers, dtype=object if None in integers else np.int64)


def _as_series(column: OutputColumn, values: Mapping[str, npt.NDArray[Any]]) -> Any:
    """Return a column's values in the form that Spark converts to Arrow quickest."""
    array = values[column.name]
    if column.keys:
        # Plain lists: pyspark turns every array into one, number by number.
        return array.tolist()
    if column.type == "timestamp":
        return pd.to_datetime(pd.Series(array), utc=True)
    return array
