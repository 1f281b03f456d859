"""Export of a trained network: TensorFlow Lite file, metadata."""
