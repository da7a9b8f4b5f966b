"""Stagedoor's watch: sits beside the browser and reads what the platforms say that hold your music.

    mitmdump -s addons/watch.py

Everything is in the package `stagedoor` beside this file; docs/watch.md says how to set a browser up.
"""

from stagedoor.fronts.mitmproxy.watch_addon import Watch

addons = [Watch()]
