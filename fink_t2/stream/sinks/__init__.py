"""Where classified alerts and unreadable messages go."""
