"""What is asked for: normalised paths and kinds of resources."""
