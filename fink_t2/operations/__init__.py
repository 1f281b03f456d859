"""Tools around a running stream: audit, replay, metrics, dead letters, checkpoints."""
