"""What is asked for: request targets and kinds of resources.

targets.py         targets that are answered before anything is decided
paths.py           targets, normalised once
readings.py        all that servers make of one target
signal_files.py    targets that name a signal file
kinds.py           what a path, the stance or a type says is asked for
magic.py           what the first bytes of a file say it is
response_kinds.py  what a response is, from everything that says so
track_keys.py      what stays the same when a recording is asked for again
listings.py        playlists and feeds, read as they pass
dash_manifests.py  the segments of a DASH manifest
multipart_ranges.py  several ranges in one response
media_lengths.py   bytes and seconds of recordings, learned as they pass
containers.py      lengths in the heads of containers
mpeg_frames.py     frames of MP3 and AAC
mp4_boxes.py       boxes of MP4
time_marks.py      times that stand within Ogg, FLAC, Matroska, transport streams
length_followers.py  what learns a length where the head has none
bit_rates.py       usual bit rates, where nobody says a length
"""
