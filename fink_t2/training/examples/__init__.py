"""Labelled light curves, and the network input and targets made from them."""
