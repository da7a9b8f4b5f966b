"""Signals in pages: read from the head, and written into it while the page streams."""
