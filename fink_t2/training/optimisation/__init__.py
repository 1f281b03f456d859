"""Fitting networks: loss, schedule, early stopping, several devices."""
