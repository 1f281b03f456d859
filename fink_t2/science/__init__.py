"""The numerical core: light curves, cuts, Gaussian process, features, network and model store."""
