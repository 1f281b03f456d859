"""Variations of light curves: how the same object could have been observed."""
