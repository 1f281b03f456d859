"""The Spark Structured Streaming job; its entry point is ``job.run``.

`batch` processes one micro-batch at a time, by `source`, `decode` (and `fallback_decoding` for the
messages that the JVM cannot decode), `columns`, `classification`, and the `sinks`.
"""

import warnings

# pyspark warns in several places about the version of pandas in the lock, which the tests run with.
warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
