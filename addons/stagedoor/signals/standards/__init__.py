"""One module for each standard: how it is read and written, and its `STANDARD`.

`signals/registry.py` names them all.
"""
