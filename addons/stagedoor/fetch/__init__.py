"""HTTP requests of our own, bounded in size and time."""
