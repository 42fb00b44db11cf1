"""Which observations are suspect, and why."""
