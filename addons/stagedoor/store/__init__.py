"""The store: what is remembered between requests, bounded.

interface.py    what a store can do
memory.py       the store of one process
shared.py       the store of several guards: a memory each, and what they tell each other
store_keys.py   the keys, the same in every process
counters.py     counts over a sliding window, and rates
listening.py    the sound each visitor is sent in an hour
on_air.py       time on air, and live streams that are open
tracks.py       which segments belong to which track, and episodes to which feed
once.py         values that may be used once
operations.py   what guards tell each other, and how it is carried out
shared_tracks.py  what playlists name, of all guards
shared_logs.py  the logs on the server, and one batch after the other
one_log.py      one of them, as far as it is known here
others.py       what the other guards say
pseudonyms.py   what the server sees in the place of addresses
valkey_server.py  scripts and pipelines on Valkey or Redis
store_opening.py, store_password.py  from an address to an open store
"""
