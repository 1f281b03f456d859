"""How good a model is: metrics, tables and figures."""
