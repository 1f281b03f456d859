"""Retraining: from labelled light curves to a model in service."""
