"""Operations on files of any Hadoop file system, as the commit of a batch needs them."""

from __future__ import annotations

import json
from typing import Any

from pyspark.sql import SparkSession


class FileSystem:
    """A local disk, HDFS, S3 or any other file system that Spark can write to.

    Parameters
    ----------
    spark : SparkSession
        Session, whose Hadoop configuration determines how the file system is reached.
    root : str
        Path of a folder on the file system.
    """

    def __init__(self, spark: SparkSession, root: str) -> None:
        jvm = spark.sparkContext._jvm
        assert jvm is not None
        self._jvm: Any = jvm
        configuration = spark.sparkContext._jsc.hadoopConfiguration()
        self._fs: Any = self._path(root).getFileSystem(configuration)
        #: The root as a full URI.
        self.root: str = self._fs.makeQualified(self._path(root)).toString()

    def _path(self, path: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(path)

    def exists(self, path: str) -> bool:
        """Return whether a file or folder exists."""
        return bool(self._fs.exists(self._path(path)))

    def files(self, folder: str) -> list[str]:
        """Return the sorted paths of all files in a folder and its subfolders, if it exists."""
        if not self.exists(folder):
            return []
        paths, listing = [], self._fs.listFiles(self._path(folder), True)
        while listing.hasNext():
            paths.append(listing.next().getPath().toString())
        return sorted(paths)

    def make_folder(self, folder: str) -> None:
        """Create a folder and its parent folders."""
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
        """Delete a file, or a folder with its content."""
        self._fs.delete(self._path(path), True)

    def write_json(self, path: str, content: Any) -> None:
        """Write a JSON file under a temporary name, and rename it when it is complete."""
        partial = f"{path}.partial"
        stream = self._fs.create(self._path(partial), True)
        try:
            stream.write(json.dumps(content).encode())
        finally:
            stream.close()
        self.delete(path)
        self.move(partial, path)

    def read_json(self, path: str) -> Any:
        """Return the content of a JSON file."""
        stream = self._fs.open(self._path(path))
        try:
            text = self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()
        return json.loads(text)
