"""The Spark Structured Streaming job; its entry point is ``job.run``.

`batch` processes one micro-batch at a time, by `source`, `decode` (and `fallback_decoding` for the
messages that the JVM cannot decode), `columns`, `classification`, and the `sinks`.
"""
