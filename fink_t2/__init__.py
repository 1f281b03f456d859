"""Real-time classification of astronomical transients for alert brokers."""

__version__ = "0.1.0"
