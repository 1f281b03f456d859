"""The steps of a retraining run, one module each, in the order of `chain.STEPS`."""
