"""A bad day for the guard, in minutes: load, faults, and books that must balance; see __main__.py."""
