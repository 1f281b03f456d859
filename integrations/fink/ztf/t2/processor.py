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
"""t2 for ZTF alerts: supernova subtypes and other transients."""

import os

import pandas as pd
from line_profiler import profile
from pyspark.sql.functions import pandas_udf

from fink_t2.classifier import find_model
from fink_t2.processor import STRUCT_SCHEMA, as_struct, classify_ztf_alerts
from fink_t2.science.cuts import CutSettings
from fink_t2.science.worker import settle_worker


@pandas_udf(STRUCT_SCHEMA)
@profile
def t2(
    jd: pd.Series,
    fid: pd.Series,
    magpsf: pd.Series,
    sigmapsf: pd.Series,
    isdiffpos: pd.Series,
    roid: pd.Series,
    cdsxmatch: pd.Series,
    jdstarthist: pd.Series,
    model_name: pd.Series = None,
) -> pd.DataFrame:
    """Classify ZTF alerts into the 14 classes of PLAsTiCC by the t2 network

    Parameters
    ----------
    jd: Spark DataFrame Column
        Times of the history and the current candidate, JD (array of double)
    fid: Spark DataFrame Column
        Their filters, 1 for g and 2 for r (array of int)
    magpsf, sigmapsf: Spark DataFrame Columns
        Their magnitudes from PSF-fit photometry, and 1-sigma errors; null or NaN in
        a non-detection (array of float)
    isdiffpos: Spark DataFrame Column
        `t` or `1` where the candidate is brighter than the reference (array of str)
    roid: Spark DataFrame Column
        Solar-system label, which is 3 for a known object (int)
    cdsxmatch: Spark DataFrame Column
        SIMBAD type of the counterpart (str). Alerts of catalogued stars are not
        classified.
    jdstarthist: Spark DataFrame Column
        First detection at this position, JD (double). Alerts that began more than
        90 days before the current candidate are not classified.
    model_name: Spark DataFrame Column, optional
        Name of a model of fink_t2, with or without a version. Default is t2-ztf.

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

    >>> df = spark.read.load(ztf_alert_sample)

    # Assuming that nothing is catalogued, and nothing is of the solar system
    >>> df = df.withColumn('cdsxmatch', F.lit('Unknown'))
    >>> df = df.withColumn('roid', F.lit(0))

    # Required alert columns
    >>> what = ['jd', 'fid', 'magpsf', 'sigmapsf', 'isdiffpos']

    # Append temp columns with historical + current measurements
    >>> prefix = 'c'
    >>> for colname in what:
    ...     df = concat_col(df, colname, prefix=prefix)

    >>> args = [F.col(prefix + i) for i in what]
    >>> args += [F.col('roid'), F.col('cdsxmatch'), F.col('candidate.jdstarthist')]
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
    name = None if model_name is None else model_name.to_numpy()[0]
    return as_struct(
        classify_ztf_alerts(
            find_model(name, "ztf"),
            CutSettings(),
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


if __name__ == "__main__":
    """ Execute the test suite """
    import fink_science
    from fink_science.tester import spark_unit_tests

    globs = globals()
    path = os.path.dirname(fink_science.__file__)

    globs["ztf_alert_sample"] = f"file://{path}/data/alerts/datatest"

    # Run the test suite
    spark_unit_tests(globs)
