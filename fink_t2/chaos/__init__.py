"""Break the streaming job on purpose, with real processes, and account for every alert."""
