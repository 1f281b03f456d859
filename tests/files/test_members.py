"""Files are found in folders, tar and zip archives at any depth, whatever compresses them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fink_t2.errors import AlertError
from fink_t2.files.members import archive_members

FILES = {"a.avro": b"first", "sub/b.csv": b"second", "sub/deep/c.parquet": b"third" * 1000}
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}


def tar_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def contents(path: Path, broken: list[str] | None = None) -> dict[str, bytes]:
    """Return file name and content of every member; errors fail unless ``broken`` takes them."""

    def on_broken(error: AlertError) -> None:
        if broken is None:
            raise error
        broken.append(str(error))

    return {member.file_name: member.stream.read() for member in archive_members(path, on_broken)}


def by_own_name(files: dict[str, bytes]) -> dict[str, bytes]:
    return {Path(name).name: content for name, content in files.items()}


def test_a_folder_is_searched_at_any_depth(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    for hidden in (".part.crc", "_SUCCESS", "_stream/1.json", ".git/x"):
        (tmp_path / hidden).parent.mkdir(exist_ok=True)
        (tmp_path / hidden).write_bytes(b"not data")
    assert contents(tmp_path) == by_own_name(FILES)


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.avro").write_bytes(b"first")
    archive = tmp_path / "archive"
    archive.mkdir()
    os.symlink(data, archive / "night")
    os.symlink(archive, archive / "loop")
    assert contents(archive) == {"a.avro": b"first"}


@pytest.mark.parametrize("make", [tar_of, zip_of])
@pytest.mark.parametrize("suffix", ["", *COMPRESS])
def test_archives_are_read_whatever_compresses_them(
    tmp_path: Path, make: Callable[[dict[str, bytes]], bytes], suffix: str
) -> None:
    content = make({**FILES, "__MACOSX/._a.avro": b"not data", "._b.csv": b"not data"})
    (tmp_path / "night.dat").write_bytes(COMPRESS.get(suffix, bytes)(content))
    assert contents(tmp_path / "night.dat") == by_own_name(FILES)


def test_archives_in_archives_and_compressed_members_are_read(tmp_path: Path) -> None:
    inner = tar_of({f"{name}.gz": gzip.compress(content) for name, content in FILES.items()})
    (tmp_path / "outer.zip").write_bytes(zip_of({"inner.tar.bz2": bz2.compress(inner)}))
    assert contents(tmp_path) == by_own_name(FILES)


def test_nesting_has_a_bound(tmp_path: Path) -> None:
    content = tar_of({"a.avro": b"first"})
    for _ in range(8):
        content = tar_of({"more.tar": content})
    (tmp_path / "deep.tar").write_bytes(content)
    broken: list[str] = []
    assert contents(tmp_path, broken) == {}
    assert len(broken) == 1
    assert "nested deeper" in broken[0]


def test_what_can_not_be_read_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.avro").write_bytes(b"first")
    (tmp_path / "b.tar").write_bytes(b"this is text")
    (tmp_path / "c.zip").write_bytes(zip_of(FILES)[:60])
    (tmp_path / "d.avro.gz").write_bytes(b"\x1f\x8bnonsense")
    os.symlink(tmp_path / "missing", tmp_path / "e.avro")
    broken: list[str] = []
    assert contents(tmp_path, broken) == {"a.avro": b"first"}
    assert [Path(text.split()[0]).name for text in broken] == [
        "b.tar", "c.zip", "d.avro.gz", "e.avro",
    ]  # fmt: skip


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AlertError, match="neither a file nor a folder"):
        contents(tmp_path / "missing")


def test_random_access_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "night.tar.gz").write_bytes(gzip.compress(tar_of(FILES)))
    (tmp_path / "plain.csv").write_bytes(b"plain")
    for member in archive_members(tmp_path, lambda error: pytest.fail(str(error))):
        with member.random_access() as file:
            content = file.read()
            file.seek(2)
            assert file.read() == content[2:]
        assert content in (*FILES.values(), b"plain")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=400),
        st.builds(
            lambda whole, cut, at, byte: (
                whole[: at % len(whole)] + bytes([byte]) + whole[at % len(whole) + 1 : cut]
            ),
            st.sampled_from(
                [tar_of(FILES), zip_of(FILES), *(f(tar_of(FILES)) for f in COMPRESS.values())]
            ),
            st.integers(0, 12000),
            st.integers(0, 12000),
            st.integers(0, 255),
        ),
    )
)
def test_damaged_archives_raise_nothing_but_alert_errors(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.tar"
    path.write_bytes(content)
    broken: list[AlertError] = []
    for member in archive_members(path, broken.append):
        try:
            member.stream.read()
        except (OSError, EOFError, ValueError, lzma.LZMAError, zstd.ZstdError, zipfile.BadZipFile):
            continue  # the reader of a member reports its damage
        except Exception as error:
            assert type(error).__name__ in {"error", "ReadError", "StreamError"}  # noqa: PT017
