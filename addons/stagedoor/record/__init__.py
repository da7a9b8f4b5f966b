"""Recorders: what happens is counted, logged, and kept as evidence. One file each."""
