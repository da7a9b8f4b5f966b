"""What is behind the trap link: a page with links to recordings of our own, and these recordings.

The page is shown once the request for it was decided and let in. A recording is sent to anybody: who
asks for one has followed a link that no person sees, past a robots.txt that forbids it. That is
noted with the recording's name; of what calls itself a person's program, only the network is kept.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from markupsafe import Markup

from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.refusals import Answer
from stagedoor.load.trap_recordings import FOLDER, TrapRecording, read_traps
from stagedoor.model.actions import LOG
from stagedoor.model.errors import StagedoorError
from stagedoor.model.events import Decided
from stagedoor.model.facts import PEOPLE, Verdict

TRAP_RULE = "trap-recordings"
TAKEN = Verdict(
    LOG,
    rule=TRAP_RULE,
    title="A recording behind the trap link was taken",
    why="The link is forbidden in robots.txt, and no person sees it.",
)
_TYPES = {".mp3": b"audio/mpeg", ".wav": b"audio/wav"}
_HEADERS = (
    (b"Cache-Control", b"no-store"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"X-Robots-Tag", b"noindex, nofollow"),
)
_PAGE = Markup(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Recordings</title>
<meta name="robots" content="noindex, nofollow"></head>
<body><main><h1>Recordings</h1>
<p>This page is for no person: robots.txt asks programs to stay away from it.</p>
<ul>{items}</ul></main></body></html>
"""
)
_ITEM = Markup('<li><a href="{path}" rel="nofollow">{title}</a></li>\n')

_log = logging.getLogger("stagedoor.traps")


class TrapPages:
    """The recordings in one state directory."""

    def __init__(self) -> None:
        self._folder = Path()
        self._recordings: dict[str, TrapRecording] = {}

    def open(self, state: Path | None) -> None:
        """Begin with what `stagedoor traps make` has left there."""
        self._recordings = {}
        if state is None:
            return
        self._folder = state / FOLDER
        try:
            self._recordings = {one.file: one for one in read_traps(state)}
        except StagedoorError as error:
            _log.error("%s", error)

    def page(self, transaction: Transaction) -> Answer | None:
        """The page, where this is a request for it and there is something to show."""
        trap = transaction.policy.trap
        if not self._recordings or transaction.request.path != trap:
            return None
        items = Markup("").join(
            _ITEM.format(path=f"{trap}/{one.file}", title=one.title)
            for one in self._recordings.values()
        )
        body = _PAGE.format(items=items).encode()
        return _answer(transaction, b"text/html; charset=utf-8", body)

    def recording(self, transaction: Transaction) -> Answer | None:
        """The recording that is asked for; None where it is none of these."""
        path, trap = transaction.request.path, transaction.policy.trap
        one = self._recordings.get(path.removeprefix(f"{trap}/"))
        if one is None or not path.startswith(f"{trap}/"):
            return None
        if transaction.request.method not in {"GET", "HEAD"}:
            return None
        try:
            body = (self._folder / one.file).read_bytes()
        except OSError as error:
            _log.error("the trap recording %s cannot be read: %s", one.file, error)
            return None
        return _answer(transaction, _TYPES[Path(one.file).suffix], body)


def _answer(transaction: Transaction, media: bytes, body: bytes) -> Answer:
    length = (b"Content-Length", str(len(body)).encode())
    fields = ((b"Content-Type", media), *_HEADERS, length)
    return Answer(200, fields, b"" if transaction.request.method == "HEAD" else body)


def taken(event: Decided) -> Decided:
    """What is kept of the taking."""
    if event.client.purpose not in PEOPLE:
        return event
    return replace(event, request=replace(event.request, agent=""))
