"""The words all rooms share. Plain data, no effects.

facts.py         Request, Client, Resource, Behaviour, Verdict
events.py        what happens, for those who record it
actions.py       the table of actions: what a rule may do with a request
client_keys.py   keys under which clients are remembered
errors.py        problems with their place and fix
globs.py         patterns for paths and texts
units.py         durations and sizes
"""
