"""What is asked for: request targets and kinds of resources.

targets.py         targets that are answered before anything is decided
paths.py           targets, normalised once
readings.py        all that servers make of one target
signal_files.py    targets that name a signal file
kinds.py           what a path, the stance or a type says is asked for
magic.py           what the first bytes of a file say it is
response_kinds.py  what a response is, from everything that says so
media_lengths.py   bytes and seconds of recordings
"""
