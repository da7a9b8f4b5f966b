"""Stagedoor's guard: stands in front of a music site and decides who gets in.

    mitmdump -s addons/guard.py --mode reverse:http://localhost:8000

Everything is in the package `stagedoor` beside this file; `mitmdump --options` lists the options.
"""

from stagedoor.fronts.mitmproxy.addon import Guard

addons = [Guard()]
