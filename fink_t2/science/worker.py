"""What a Python worker of Spark does once, before its first alerts."""

from __future__ import annotations

import functools
import zipimport


@functools.cache
def settle_worker() -> None:
    """Keep Python from reading the archives on its path again at every task.

    Spark tells Python at the begin of each task that files may have been added, and since 3.10
    `zipimport.zipimporter.invalidate_caches` then reads the directory of every archive at
    once: those of pyspark and of Spark's own jar, 0.2 s of processor time a task. An archive
    that a job has given to its workers does not change.
    """
    zipimport.zipimporter.invalidate_caches = _keep_what_is_known  # type: ignore[assignment]


def _keep_what_is_known(_: zipimport.zipimporter) -> None:
    pass
