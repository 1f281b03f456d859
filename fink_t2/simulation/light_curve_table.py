"""Simulated light curves as one long table, for files and for other people's tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fink_t2.simulation.objects import SimulatedObjects


def light_curve_table(objects: SimulatedObjects) -> pa.Table:
    """Return one row per measurement, grouped by object and sorted in time.

    Columns: ``objectId``, ``mjd`` (days), ``band``, ``flux`` and ``flux_err`` (difference flux,
    FLUXCAL: zero point 27.5), ``detected``, ``limiting_magnitude`` (5 sigma), ``t2class``
    ("other" for none of the 14), ``type`` (family of sources), ``redshift`` (0 in the Galaxy),
    ``photoz`` and ``photoz_err`` (null where there is none).
    """
    counts = np.diff(objects.starts)
    bands = np.array(objects.passbands.names)

    def every(values: np.ndarray) -> pa.Array:
        return pa.array(np.repeat(values, counts), from_pandas=True)

    return pa.table(
        {
            "objectId": every(objects.object_id),
            "mjd": pa.array(objects.mjd),
            "band": pa.array(bands[objects.passband]).dictionary_encode(),
            "flux": pa.array(objects.flux),
            "flux_err": pa.array(objects.flux_error),
            "detected": pa.array(objects.detected),
            "limiting_magnitude": pa.array(objects.limiting_magnitude),
            "t2class": every(objects.class_names()).dictionary_encode(),
            "type": every(objects.subtype).dictionary_encode(),
            "redshift": every(objects.redshift),
            "photoz": every(objects.photoz),
            "photoz_err": every(objects.photoz_error),
        }
    )


def write_light_curves(objects: SimulatedObjects, path: Path) -> None:
    """Write the long table as Parquet (zstd)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(light_curve_table(objects), path, compression="zstd")
