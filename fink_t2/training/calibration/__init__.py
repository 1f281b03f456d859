"""Calibration of a trained network's probabilities."""
