"""Compression of networks: clustering, pruning, quantization and DEFLATE, each usable alone."""
