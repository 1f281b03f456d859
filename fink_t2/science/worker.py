"""Set-up of a Python worker of Spark, done once before its first alerts."""

from __future__ import annotations

import functools
import zipimport


@functools.cache
def settle_worker() -> None:
    """Keep Python from reading the archives on its path again in every task.

    At the beginning of each task Spark calls `importlib.invalidate_caches`, because files may have
    been added. Since Python 3.10 `zipimport.zipimporter.invalidate_caches` then immediately reads
    the directories of all archives, those of pyspark and of Spark's jar among them, which takes
    0.2 s of processor time. The archives of a job do not change while it runs, so that this method
    is replaced by one that does nothing.
    """
    zipimport.zipimporter.invalidate_caches = _do_nothing  # type: ignore[assignment]


def _do_nothing(_: zipimport.zipimporter) -> None:
    pass
