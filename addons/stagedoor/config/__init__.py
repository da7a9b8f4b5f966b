"""The files people write, read with a place for each value.

yamltext.py   YAML → plain values, with line and column
schema.py     their shape, and how mistakes are worded
stance.py     stance.yaml, the one file an artist edits; stance_values, address_values: what
              may stand there; stance_reading: the file read, with its mistakes
"""
