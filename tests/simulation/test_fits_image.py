"""Cutouts are FITS files that others can read."""

import gzip
import io
from pathlib import Path

import fastavro
import numpy as np
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fink_t2.alerts.fits_stamp import read_stamp
from fink_t2.simulation.fits_image import to_gzipped_fits


@settings(deadline=None)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 70), st.integers(1, 70)),
        elements=st.floats(-1e6, 1e6, width=32),
    )
)
def test_round_trip(image: np.ndarray) -> None:
    np.testing.assert_array_equal(read_stamp(to_gzipped_fits(image)), image)


def test_file_is_made_of_blocks_with_the_header_of_a_real_cutout(shared: Path) -> None:
    content = gzip.decompress(to_gzipped_fits(np.ones((63, 63), dtype=np.float32)))
    assert len(content) % 2880 == 0
    path = sorted((shared / "data" / "alerts" / "ztf_v4").glob("*.avro"))[-1]
    with path.open("rb") as stream:
        packet = next(fastavro.reader(stream))
    real = gzip.decompress(packet["cutoutScience"]["stampData"])  # type: ignore[index,call-overload]
    assert len(content) == len(real)
    names = [content[i : i + 8] for i in range(0, 2880, 80)]
    assert names == [real[i : i + 8] for i in range(0, 2880, 80)]


def test_a_real_cutout_is_read(shared: Path) -> None:
    path = sorted((shared / "data" / "alerts" / "ztf_v4").glob("*.avro"))[0]
    with path.open("rb") as stream:
        packet = next(fastavro.reader(stream))
    image = read_stamp(packet["cutoutScience"]["stampData"])  # type: ignore[index,call-overload]
    assert image.shape[0] in (63, 62, 61)
    assert np.isfinite(image).mean() > 0.5


def test_astropy_reads_it() -> None:
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    with fits.open(io.BytesIO(gzip.decompress(to_gzipped_fits(image)))) as hdus:
        hdus.verify("exception")
        np.testing.assert_array_equal(hdus[0].data, image)
