"""Read files: archives of alert packets, and tables of alerts or light curves."""
