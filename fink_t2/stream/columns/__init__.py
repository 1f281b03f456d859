"""Spark expressions that turn an alert into the columns of its light curve."""
