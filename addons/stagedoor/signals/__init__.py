"""Signals: standards that speak of AI, each read, written, and brought to one meaning."""
