r"""One small file for each parser.

Each has `SEEDS` (inputs that reach its branches) and `check(data)`, which asserts what must hold for
any bytes at all. An input of several parts has them between `\x1e` (see `parts.split`).
"""
