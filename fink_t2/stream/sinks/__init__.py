"""The sinks of classified alerts and dead letters: Parquet tables and Kafka topics."""
