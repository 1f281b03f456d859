"""Auxiliary features: properties of a light curve that scaling removes from the network's grid.

A light curve reaches the network on a fixed number of times and divided by its largest flux,
so that a light curve of three days and one of thirty days look alike. The features tell the
network how long, bright, red and well measured the light curve was, and how fast its flux
changed.
"""

from fink_t2.science.features.compute import compute_features
from fink_t2.science.features.context import UNKNOWN
from fink_t2.science.features.registry import Feature, feature_names, feature_registry

__all__ = ["UNKNOWN", "Feature", "compute_features", "feature_names", "feature_registry"]
