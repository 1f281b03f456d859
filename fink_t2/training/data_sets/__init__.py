"""Labelled light curves from many sources, each as `fink_t2.training.labelled.Labelled`."""
