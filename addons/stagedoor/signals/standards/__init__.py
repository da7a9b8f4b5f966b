"""One module for each standard."""
