"""Programs that the takers start."""
