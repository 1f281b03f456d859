"""The Spark Structured Streaming job; ``job.run`` is its entry.

The way of one alert: `source` -> `decode` (what it can't read: `second_look`) ->
`light_curve_columns` -> `classification` -> `sinks.parquet` and `sinks.kafka`, all of it for
one micro-batch at a time in `batch`.
"""
