"""Refusals in the terminal, a line each; a flood becomes a count."""

from __future__ import annotations

import logging

from stagedoor.model.actions import named
from stagedoor.model.events import Decided, Interrupted
from stagedoor.model.facts import UNKNOWN
from stagedoor.record.recorders import Handlers

LINES_A_SECOND = 5
"""What a person can still read. Metrics and the decision log have the rest."""

_log = logging.getLogger("stagedoor.door")


class Terminal:
    """Writes through the log, so that it follows mitmproxy's verbosity."""

    def __init__(self, site: str = "") -> None:
        """`site` is the name of one of several."""
        self._at = f"{site}: " if site else ""
        self._second = 0
        self._written = 0
        self._skipped = 0

    def handlers(self) -> Handlers:
        """Decisions."""
        return {
            Decided: self.record,
            Interrupted: lambda event: self.record(event.decided, sent=event.end),
        }

    def record(self, event: Decided, sent: int | None = None) -> None:
        """Tell of a refusal, or of one that observe mode did not carry out; `sent` as in line()."""
        if not event.verdict.refused and event.verdict.would is None:
            return
        if int(event.at) != self._second:
            self.close()
            self._second, self._written, self._skipped = int(event.at), 0, 0
        if self._written >= LINES_A_SECOND:
            self._skipped += 1
            return
        self._written += 1
        _log.info("%s%s", self._at, line(event, sent))

    def close(self) -> None:
        """Tell how many were left out."""
        if self._skipped:
            _log.info("%s… and %d more refusals", self._at, self._skipped)
            self._skipped = 0


def line(event: Decided, sent: int | None = None) -> str:
    """`refused GPTBot (OpenAI, ai-training): GET /music/a.mp3 by ai-training-off [K7Q29FXM]`.

    `sent`: the byte at which its response was stopped while it ran.
    """
    client = event.client
    if client.name == UNKNOWN.name:
        who = "an unknown client"
    else:
        who = f"{client.name} ({', '.join(filter(None, (client.operator, client.comes_for)))})"
    verdict = event.verdict
    word = f"would {named(verdict.would).verb}" if verdict.would else named(verdict.action).past
    if sent is not None:
        word = f"stopped at byte {sent:,}"
    return (
        f"{word} {who}: {printable(event.request.method, 12)} "
        f"{printable(event.request.path)} by {verdict.rule}"
        + (f" [{event.id}]" if event.id else "")
    )


def printable(text: str, most: int = 120) -> str:
    """`text` without anything a terminal would obey, and not longer than a line."""
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in cut)
