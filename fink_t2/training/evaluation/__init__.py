"""Evaluation of models: metrics, tables and figures."""
