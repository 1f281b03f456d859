"""Cutouts are read as astropy reads them, and what is no FITS image is refused."""

from __future__ import annotations

import gzip
import io
import warnings
import zlib
from pathlib import Path

import fastavro
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fink_t2.alerts.cutouts import CUTOUT_FIELDS, Stamps
from fink_t2.alerts.fits_stamp import PIXEL_TYPES, read_stamp
from fink_t2.errors import AlertError
from fink_t2.simulation.fits_image import to_gzipped_fits

fits = pytest.importorskip("astropy.io.fits")

STAMP = to_gzipped_fits(np.arange(12, dtype=np.float32).reshape(3, 4))


def astropy_image(stamp: bytes) -> np.ndarray:
    """Return the image as astropy has it."""
    content = gzip.decompress(stamp) if stamp[:2] == b"\x1f\x8b" else stamp
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(io.BytesIO(content)) as hdus:
            return np.asarray(hdus[0].data, dtype=np.float32)


@settings(deadline=None)
@given(
    st.sampled_from(sorted(PIXEL_TYPES.values())).flatmap(
        lambda kind: arrays.arrays(np.dtype(kind), st.tuples(st.integers(1, 9), st.integers(1, 9)))
    ),
    st.sampled_from([None, (0.5, 0.0), (1.0, 1000.0), (-2.0, 1.5)]),
    st.booleans(),
    st.booleans(),
)
def test_every_pixel_type_and_scaling_is_read_as_astropy_does(
    image: np.ndarray, scaling: tuple[float, float] | None, has_blank: bool, is_gzipped: bool
) -> None:
    header = fits.Header()
    if scaling is not None:
        header["BSCALE"], header["BZERO"] = scaling
    # astropy 8.0.2 takes no notice of a BLANK of zero.
    if has_blank and image.dtype.kind != "f" and image[0, 0] != 0:
        header["BLANK"] = int(image[0, 0])
    hdu = fits.PrimaryHDU(image, do_not_scale_image_data=True)
    stream = io.BytesIO()
    hdu.writeto(stream)
    content = stream.getvalue()
    # Set behind astropy's back: it would scale the data when asked to write the keywords.
    end = content.index(b"END".ljust(80))
    cards = b"".join(card.image.encode() for card in header.cards)
    content = content[:end] + cards + content[end : 2880 - len(cards)] + content[2880:]
    with np.errstate(all="ignore"):
        expected = astropy_image(content)
    found = read_stamp(gzip.compress(content) if is_gzipped else content)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


def test_real_cutouts_of_ztf_are_read_as_astropy_does(shared: Path) -> None:
    shapes = set()
    for path in sorted((shared / "data" / "alerts" / "ztf_v402").glob("*.avro"))[::5]:
        with path.open("rb") as stream:
            packet = next(fastavro.reader(stream))
        for name in CUTOUT_FIELDS.values():
            stamp = packet[name]["stampData"]  # type: ignore[index,call-overload]
            found = read_stamp(stamp)
            np.testing.assert_array_equal(found, astropy_image(stamp))
            shapes.add(found.shape)
    assert (63, 63) in shapes


def test_real_cutouts_of_rubin_are_read_as_astropy_does(shared: Path) -> None:
    path = shared / "data" / "alerts" / "lsst" / "part-2-918301.avro"
    with path.open("rb") as stream:
        alerts = list(fastavro.reader(stream))
    for alert in alerts:
        for name in CUTOUT_FIELDS.values():
            stamp = alert[name]  # type: ignore[index,call-overload]
            np.testing.assert_array_equal(read_stamp(stamp), astropy_image(stamp))


@given(st.binary(max_size=200), st.booleans())
def test_noise_is_refused(noise: bytes, is_gzipped: bool) -> None:
    with pytest.raises(AlertError):
        read_stamp(gzip.compress(noise) if is_gzipped else noise)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_stamp_gives_an_image_or_an_error_of_its_own(data: st.DataObject) -> None:
    content = bytearray(gzip.decompress(STAMP))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, 600))] = data.draw(st.integers(0, 255))
    damaged = bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        image = read_stamp(damaged)
    except AlertError:
        return
    assert image.ndim == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"SIMPLE  =                    T", b"SIMPLE  =                    F", "no FITS file"),
        (b"NAXIS   =                    2", b"NAXIS   =                    3", "NAXIS = 3"),
        (b"BITPIX  =                  -32", b"BITPIX  =                  -33", "BITPIX = -33"),
        (b"NAXIS1  =                    4", b"NAXIS1  =                  'x'", "not an integer"),
        (b"NAXIS1  =                    4", b"NAXIS1  =               999999", "bytes of data"),
        (b"NAXIS1  =                    4", b"NAXIS1  =                   -4", "bytes of data"),
        (b"END ", b"ENDS", "no END"),
    ],
)
def test_the_error_says_what_is_wrong(old: bytes, new: bytes, message: str) -> None:
    content = gzip.decompress(STAMP)
    assert old in content
    with pytest.raises(AlertError, match=message):
        read_stamp(content.replace(old, new, 1))


def test_a_truncated_stamp_is_refused() -> None:
    with pytest.raises(AlertError, match="truncated"):
        read_stamp(STAMP[:-20])


def test_a_stamp_that_decompresses_to_gigabytes_is_refused_early() -> None:
    compressor = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    bomb = b"".join(compressor.compress(bytes(2**20)) for _ in range(64)) + compressor.flush()
    assert len(bomb) < 10**5
    with pytest.raises(AlertError, match="more than 16777216 bytes"):
        read_stamp(bomb)


def test_stamps_decode_on_access_and_keep_their_order() -> None:
    stamps = Stamps([STAMP, None, b"damaged"])
    assert len(stamps) == 3
    first = stamps[0]
    assert first is not None
    assert first[2, 3] == 11
    assert stamps[1] is None
    with pytest.raises(AlertError):
        stamps[2]
    chosen = stamps.select(np.array([1, 0]))
    assert [image is None for image in chosen] == [True, False]
