"""Offline training: data sets, networks, compression, evaluation, promotion."""
