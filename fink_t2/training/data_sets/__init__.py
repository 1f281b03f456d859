"""Readers and generators of labelled light curves; all return the class `Labelled`."""
