"""Offline training: data sets, networks, compression, evaluation and promotion of models."""
