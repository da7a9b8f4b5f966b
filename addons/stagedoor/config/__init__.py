"""The files people write: YAML with a line and column for each value, schema, stance."""
