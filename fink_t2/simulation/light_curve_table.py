"""Simulated light curves as a table with one row per measurement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fink_t2.simulation.objects import SimulatedObjects


def light_curve_table(objects: SimulatedObjects) -> pa.Table:
    """Return the measurements as a table, grouped by object and sorted in time.

    Parameters
    ----------
    objects : SimulatedObjects
        Result of `fink_t2.simulation.simulate_objects`.

    Returns
    -------
    pyarrow.Table
        Columns ``objectId``, ``mjd`` (days), ``band``, ``flux`` and ``flux_err`` (difference
        flux, FLUXCAL with zero point 27.5), ``detected``, ``limiting_magnitude`` (5 sigma),
        ``t2class`` ("other" for sources of none of the 14 classes), ``type`` (family of
        sources), ``redshift`` (0 in the Galaxy), ``photoz`` and ``photoz_err`` (null if unknown).
    """
    counts = np.diff(objects.starts)
    bands = np.array(objects.passbands.names)

    def per_point(values: np.ndarray) -> pa.Array:
        return pa.array(np.repeat(values, counts), from_pandas=True)

    return pa.table(
        {
            "objectId": per_point(objects.object_id),
            "mjd": pa.array(objects.mjd),
            "band": pa.array(bands[objects.passband]).dictionary_encode(),
            "flux": pa.array(objects.flux),
            "flux_err": pa.array(objects.flux_error),
            "detected": pa.array(objects.detected),
            "limiting_magnitude": pa.array(objects.limiting_magnitude),
            "t2class": per_point(objects.class_names()).dictionary_encode(),
            "type": per_point(objects.subtype).dictionary_encode(),
            "redshift": per_point(objects.redshift),
            "photoz": per_point(objects.photoz),
            "photoz_err": per_point(objects.photoz_error),
        }
    )


def write_light_curves(objects: SimulatedObjects, path: Path) -> None:
    """Write the table of `light_curve_table` as a Parquet file with zstd compression."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(light_curve_table(objects), path, compression="zstd")
