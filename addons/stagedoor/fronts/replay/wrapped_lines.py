"""What other programs put before a line of an access log: syslog, the journal, containers, grep.

A line may be wrapped more than once: `docker compose logs --timestamps` of a server that writes to
syslog. What is left is the server's own line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ISO = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_SYSLOG_TIME = _MONTH + rb" [ \d]\d(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,9})?"
_COLOUR = rb"(?:\x1b\[[\d;]{0,12}m)*"
_TAG = rb"[^\s:\[\]]{1,64}(?:\[\d{1,10}\])?: "
_PRI = rb"<\d{1,3}>"

_WRAPPERS = tuple(
    re.compile(text).match
    for text in (
        # docker compose: `web-1  | `, in colours on a terminal
        _COLOUR + rb"[\w.-]{1,80} {0,80}\|" + _COLOUR + rb" ?" + _COLOUR,
        # kubectl logs --prefix
        rb"\[pod/[^\]\s]{1,300}\] ",
        # CRI (containerd, CRI-O), below /var/log/pods
        rb"(?P<time>" + _ISO + rb") (?:stdout|stderr) (?P<part>[FP])(?::\S{1,20})? ",
        # syslog, RFC 5424
        _PRI + rb"\d{1,2} (?P<time>" + _ISO + rb"|-) \S{1,255} \S{1,48} \S{1,128} \S{1,32} "
        rb"(?:-|(?:\[(?:[^\]\\]|\\.){0,2000}\])+) ?(?:\xef\xbb\xbf)?",
        # syslog, RFC 3164, as rsyslog, journalctl and nginx write it; the host may be left out
        rb"(?:" + _PRI + rb")?(?:" + _SYSLOG_TIME + rb"|(?P<time>" + _ISO + rb")|\d{10}\.\d{1,9}) "
        rb"(?:\S{1,255} )?" + _TAG,
        # journalctl -o short-full
        rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d{1,9})? "
        rb"\S{1,6} \S{1,255} " + _TAG,
        # Caddy's console format: time, level, logger and message, then JSON
        rb"(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)(?:\.\d{1,9})?\t[^{]{1,200}(?=\{)",
        # docker logs --timestamps, kubectl logs --timestamps
        rb"(?P<time>" + _ISO + rb") (?! )",
        # grep over several files
        rb"[\w./-]{1,200}\.(?:log|gz|txt)(?:\.\d{1,3})?(?:\.gz)?:(?:\d{1,9}:)? ?",
        _PRI,
        rb"(?:\x1b\[[\d;]{0,12}m)+",
    )
)
"""In the order in which they are tried: what says more about itself comes first."""
DEEPEST = 4


class Wrappers:
    """Takes wrappers off; what was there last is tried first, because a log is all of one kind."""

    def __init__(self) -> None:
        self._order = list(_WRAPPERS)

    def off(self, line: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
        """The line with one wrapper less each time: what is left, the wrapper's time (or nothing),
        and whether the line goes on in a later one.
        """
        when, part = b"", False
        for _ in range(DEEPEST):
            for number, match in enumerate(self._order):
                found = match(line)
                if found is None or not found.end():
                    continue
                if number > 1:
                    self._order.insert(0, self._order.pop(number))
                groups = found.groupdict()
                when = groups.get("time") or when
                part = part or groups.get("part") == b"P"
                line = line[found.end() :]
                yield line, when, part
                break
            else:
                return
