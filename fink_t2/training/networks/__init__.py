"""Networks in backend-neutral Keras 3: t2, atx, and the LSTM baseline."""
