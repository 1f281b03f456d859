"""Deep compression, each part usable alone: clustering, pruning, quantization, DEFLATE."""
