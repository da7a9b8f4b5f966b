"""What the watch lets into the terminal: nothing that says which pages somebody opened.

mitmproxy's lines about connections name hosts and quote what was wrong in a message; exceptions
quote what they could not read.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable

MITMPROXY = ("mitmproxy.proxy.server", "mitmproxy.addons.clientplayback")
"""The loggers of all lines about single connections: those of the browser, and our own."""
_DISTRUST = re.compile(r"trust the proxy's certificate for ([\w.-]+)")
_UNPROVEN = "Server TLS handshake failed"
_OURS = "[replay] "


class Discretion(logging.Filter):
    """Of mitmproxy's lines about connections, leaves a failed handshake with a host that is
    `watched`, and that something went wrong at all.
    """

    def __init__(self, watched: Callable[[str], bool]) -> None:
        super().__init__()
        self._watched = watched

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is shown; it is worded anew."""
        said = self._worded(record.getMessage(), record.levelno)
        record.msg, record.args, record.exc_info, record.exc_text = said, (), None, None
        return bool(said)

    def _worded(self, message: str, level: int) -> str:
        if level < logging.WARNING:
            return ""
        message = message.removeprefix(_OURS)
        found = _DISTRUST.search(message)
        if found is not None:
            host = found[1]
            about = "import it, or use ./run watch"
            known = self._watched(host)
            return (
                f"The browser does not trust the certificate for {host} — {about}" if known else ""
            )
        if message.startswith(_UNPROVEN):
            return "The certificate of a site could not be verified; its page was not opened."
        return "A connection ended with a fault." if level >= logging.ERROR else ""


def place_of(error: BaseException) -> str:
    """`ValueError in page_audit.py, line 12`: without its words, which can quote a page."""
    frames = traceback.extract_tb(error.__traceback__)
    where = (
        f" in {frames[-1].filename.rpartition('/')[2]}, line {frames[-1].lineno}" if frames else ""
    )
    return type(error).__name__ + where
