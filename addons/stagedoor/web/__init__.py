"""The HTTP server for metrics and desk, and who may look at the desk."""
