"""Simulated light curves and alerts of all 14 classes for ZTF and LSST."""

from fink_t2.simulation.alert_histories import AlertHistories, alert_histories
from fink_t2.simulation.objects import SimulatedObjects
from fink_t2.simulation.simulate import simulate_objects

__all__ = ["AlertHistories", "SimulatedObjects", "alert_histories", "simulate_objects"]
