"""The few operations on files that committing a batch needs, on any file system of Hadoop's."""

from __future__ import annotations

import json
from typing import Any

from pyspark.sql import SparkSession


class FileSystem:
    """A local disk, HDFS, S3 or whatever else Spark can write to.

    Parameters
    ----------
    spark : SparkSession
        Its Hadoop configuration says how to reach the file system.
    root : str
        A path on it.
    """

    def __init__(self, spark: SparkSession, root: str) -> None:
        jvm = spark.sparkContext._jvm
        assert jvm is not None
        self._jvm: Any = jvm
        configuration = spark.sparkContext._jsc.hadoopConfiguration()
        self._fs: Any = self._path(root).getFileSystem(configuration)
        #: The root with its scheme, as the file system itself writes it.
        self.root: str = self._fs.makeQualified(self._path(root)).toString()

    def _path(self, path: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(path)

    def exists(self, path: str) -> bool:
        """Tell whether there is a file or folder."""
        return bool(self._fs.exists(self._path(path)))

    def files(self, folder: str) -> list[str]:
        """Return all files under a folder, sorted; none where there is no folder."""
        if not self.exists(folder):
            return []
        found, listing = [], self._fs.listFiles(self._path(folder), True)
        while listing.hasNext():
            found.append(listing.next().getPath().toString())
        return sorted(found)

    def make_folder(self, folder: str) -> None:
        """Make a folder and those above it."""
        self._fs.mkdirs(self._path(folder))

    def move(self, source: str, target: str) -> None:
        """Rename a file.

        Raises
        ------
        OSError
            If the file system refuses.
        """
        if not self._fs.rename(self._path(source), self._path(target)):
            raise OSError(f"{source} can't be moved to {target}")

    def delete(self, path: str) -> None:
        """Delete a file, or a folder with all that is in it."""
        self._fs.delete(self._path(path), True)

    def write_json(self, path: str, content: Any) -> None:
        """Write a file so that it is there whole or not at all."""
        partial = f"{path}.partial"
        stream = self._fs.create(self._path(partial), True)
        try:
            stream.write(json.dumps(content).encode())
        finally:
            stream.close()
        self.delete(path)
        self.move(partial, path)

    def read_json(self, path: str) -> Any:
        """Read what `write_json` has written."""
        stream = self._fs.open(self._path(path))
        try:
            text = self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()
        return json.loads(text)
