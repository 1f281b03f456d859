"""The chain from labelled light curves to a candidate model, step by step."""
