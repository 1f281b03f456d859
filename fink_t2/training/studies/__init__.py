"""Studies that compare networks, hyperparameters and compression settings."""
