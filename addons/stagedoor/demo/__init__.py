"""A small demo music site, and the origin server that plays it for tests and trials.

Nothing is imported here: ``stagedoor.demo.origin`` is the way in."""
