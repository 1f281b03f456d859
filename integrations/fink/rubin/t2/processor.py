# Copyright 2026 the fink_t2 authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""t2 for Rubin alerts: supernova subtypes and other transients, with the host's redshift."""

import os

import numpy as np
import pandas as pd
from line_profiler import profile
from pyspark.sql.functions import pandas_udf

from fink_t2.classifier import find_model
from fink_t2.processor import STRUCT_SCHEMA, as_struct, classify_lsst_alerts
from fink_t2.science.cuts import KNOWN_SOLAR_SYSTEM_OBJECT, CutSettings
from fink_t2.science.worker import settle_worker


@pandas_udf(STRUCT_SCHEMA)
@profile
def t2(
    midpointMjdTai: pd.Series,
    band: pd.Series,
    psfFlux: pd.Series,
    psfFluxErr: pd.Series,
    ssObjectId: pd.Series,
    firstDiaSourceMjdTai: pd.Series,
    simbad_otype: pd.Series = None,
    photoz: pd.Series = None,
    photoz_err: pd.Series = None,
    model_name: pd.Series = None,
) -> pd.DataFrame:
    """Classify Rubin alerts into the 14 classes of PLAsTiCC by the t2 network

    Parameters
    ----------
    midpointMjdTai: Spark DataFrame Column
        Times of the history and the current source, MJD (array of double)
    band: Spark DataFrame Column
        Their passbands, u to y (array of str)
    psfFlux, psfFluxErr: Spark DataFrame Columns
        Their difference-image fluxes and 1-sigma errors, nJy (array of float)
    ssObjectId: Spark DataFrame Column
        Solar-system object of the alert; 0 or null where there is none (long)
    firstDiaSourceMjdTai: Spark DataFrame Column
        First detection of the object, MJD; null where it is not known (double)
    simbad_otype: Spark DataFrame Column, optional
        SIMBAD type of the counterpart; null or `Fail` where there is none (str).
        Alerts of catalogued stars are not classified.
    photoz, photoz_err: Spark DataFrame Columns, optional
        Photometric redshift of the host and its error; null where there is none (float)
    model_name: Spark DataFrame Column, optional
        Name of a model of fink_t2, with or without a version. Default is t2-lsst.

    Returns
    -------
    out: pd.DataFrame
        Struct column with the fields `class` (most probable class, empty where not
        classified), `prob` (its probability), `probabilities` (all 14 by class; -1 where
        not classified) and `status` (`ok`, or why the alert is not classified).

    Examples
    --------
    >>> from fink_utils.spark.utils import concat_col
    >>> from pyspark.sql import functions as F

    >>> df = spark.read.format('parquet').load(rubin_alert_sample)

    # Required alert columns
    >>> what = ['midpointMjdTai', 'band', 'psfFlux', 'psfFluxErr']

    # Append temp columns with historical + current measurements
    >>> prefix = 'c'
    >>> for colname in what:
    ...     df = concat_col(
    ...         df, colname, prefix=prefix,
    ...         current='diaSource', history='prvDiaSources')

    >>> args = [F.col(prefix + i) for i in what]
    >>> args += [F.col('diaSource.ssObjectId')]
    >>> args += [F.col('diaObject.firstDiaSourceMjdTai').cast('double')]
    >>> df = df.withColumn('t2', t2(*args)).cache()

    # Some alerts are classified, and the probabilities of each add up to one
    >>> ok = df.filter(df['t2.status'] == 'ok')
    >>> ok.count() > 0
    True
    >>> total = F.aggregate(
    ...     F.map_values('t2.probabilities'), F.lit(0.0), lambda a, b: a + b)
    >>> ok.filter(F.abs(total - 1) > 0.01).count()
    0

    # The class is the most probable one
    >>> best = F.array_max(F.map_values('t2.probabilities'))
    >>> ok.filter(F.col('t2.probabilities')[F.col('t2.class')] != best).count()
    0

    # The others say why they are not
    >>> others = df.filter(df['t2.status'] != 'ok')
    >>> others.filter((F.col('t2.class') != '') | (F.col('t2.prob') != -1)).count()
    0
    """
    settle_worker()
    roid = np.where(
        pd.to_numeric(ssObjectId).fillna(0).to_numpy() != 0, KNOWN_SOLAR_SYSTEM_OBJECT, 0
    )
    name = None if model_name is None else model_name.to_numpy()[0]
    return as_struct(
        classify_lsst_alerts(
            find_model(name, "lsst"),
            CutSettings(),
            midpointMjdTai,
            band,
            psfFlux,
            psfFluxErr,
            pd.Series(roid),
            simbad_otype,
            firstDiaSourceMjdTai,
            photoz,
            photoz_err,
        )
    )


if __name__ == "__main__":
    """ Execute the test suite """
    import fink_science
    from fink_science.tester import spark_unit_tests

    globs = globals()
    path = os.path.dirname(fink_science.__file__)

    # from fink-alert-schemas (see CI configuration)
    globs["rubin_alert_sample"] = f"file://{path}/datasim/rubin_test_data_10_0.parquet"

    # Run the test suite
    spark_unit_tests(globs)
