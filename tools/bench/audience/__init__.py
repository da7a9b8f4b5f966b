"""Who is disturbed, and who is stopped: real players and real takers, through real guards.

__init__.py     this map
runs.py         one run, what came of it, and the two tables
grounds.py      the site, the guards in front of it, and an address for each visitor
exported.py     nginx and Caddy, as `stagedoor export` sets them up to ask the counter
installed.py    programs that are here
recordings.py   the site's files: a catalogue, a feed, HLS, pages with players
probe.py        beside the guard: how far the facts rose, and a clock that can be set
listeners.py    players, browsers and podcast apps
takers.py       programs that take all they can get
clocked.py      the scripts of `tools.measure_listening`, over HTTP, by the guard's own clock
web/            what the pages need: players of others (npm), and the pages themselves
"""
