"""The desk: one live page about today, its parts, and the texts on them."""
