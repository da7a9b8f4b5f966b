"""The store: what is remembered between requests, bounded.

interface.py    what a store can do
memory.py       the store of one process
store_keys.py   the keys, the same in every process
counters.py     counts over a sliding window, and rates
listening.py    the sound each visitor is sent in an hour
on_air.py       time on air, and live streams that are open
tracks.py       which segments belong to which track, and episodes to which feed
once.py         values that may be used once
"""
