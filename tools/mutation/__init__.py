"""Do the tests notice a fault? mutmut changes one expression at a time and runs its room's tests.

`./run mutate [ROOM|MODULE …] [--minutes N]` starts `__main__.py`; `workspace.py` makes a copy of the
checkout in the layout that mutmut knows; `survivors.md` lists the changes that no test notices, and
why none can or need to.
"""
