"""From the one stance, everything that is published to machines."""
