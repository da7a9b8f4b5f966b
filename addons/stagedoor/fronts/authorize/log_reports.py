"""What went out, by the front's log, reported to the service as the guard in front of a site does it.

A line comes when its response has ended, so all of a recording's sound comes in one portion, and a
response that runs is stopped by nobody. Seconds of sound follow from the bytes: the recording's size
from the response's head, its length from the store (read from the site when it was asked for), from its
playlist, or from the table of bit rates.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from stagedoor.fronts.authorize.asked_requests import Asked
from stagedoor.fronts.authorize.front_logs import BY_MAP, KEPT, SentResponse, read
from stagedoor.fronts.authorize.open_requests import OpenRequests
from stagedoor.fronts.authorize.site_readings import SiteReadings
from stagedoor.fronts.service import Service
from stagedoor.model.client_keys import client_key
from stagedoor.model.events import Answered, Failed, Handed, Responded
from stagedoor.model.facts import PEOPLE, Request
from stagedoor.model.sound import SoundSent
from stagedoor.resources import response_kinds
from stagedoor.resources.bit_rates import bytes_a_second
from stagedoor.resources.media_lengths import extent
from stagedoor.resources.multipart_ranges import asked_parts
from stagedoor.resources.paths import normalise
from stagedoor.resources.track_keys import track_key
from stagedoor.rules.plan import ALLOW
from stagedoor.store.interface import Length

_log = logging.getLogger("stagedoor.door")

_CONTENT = frozenset({200, 206})
LATEST = 2.0
"""Seconds that a line waits for the length of its recording, which the site is being asked for."""
MOST_HELD_BACK = 1024
"""Lines that wait so."""


class LogReports:
    """Takes lines. `standards`: in how many the headers speak, as the front sends them."""

    def __init__(
        self,
        service: Service,
        open_requests: OpenRequests,
        site: SiteReadings,
        standards: Callable[[], frozenset[str]],
    ) -> None:
        self._service, self._open, self._site = service, open_requests, site
        self._standards = standards
        self._waiting: set[asyncio.Task[None]] = set()
        self._complained = 0.0
        self.lines = self.unread = 0

    def line(self, data: bytes) -> None:
        """One line of a front's log. Never raises: there is nobody who could do better."""
        self.lines += 1
        try:
            sent = read(data, self._service.trusted)
            if sent is None:
                self._unread("it is no line of a front's log", data)
            else:
                self._sent(sent)
        except ValueError as error:
            self._unread(str(error), data)
        except Exception:  # noqa: BLE001 (a line that fails must not stop those that follow)
            self._service.emit(Failed("front-log", "unrecorded"))
            _log.exception("a line of the front's log could not be counted")

    async def close(self) -> None:
        """Report what still waits."""
        await asyncio.gather(*self._waiting, return_exceptions=True)

    def _unread(self, why: str, data: bytes) -> None:
        self.unread += 1
        self._service.emit(Failed("front-log", "unrecorded"))
        now = time.monotonic()
        if now - self._complained >= 60 or not self._complained:
            self._complained = now
            _log.warning(
                "a line of the front's log cannot be read (%s): %s — set it up as "
                "`stagedoor export` writes it",
                ascii(why[:100])[1:-1],
                ascii(data[:160].decode("latin-1"))[1:-1],
            )

    def _sent(self, sent: SentResponse) -> None:
        key = (sent.address, sent.method, sent.target, sent.agent, sent.asked)
        found = self._open.find(key)
        transaction = found if isinstance(found, Asked) else self._recognised(sent)
        if transaction is None:
            return
        if sent.verdict in (BY_MAP, KEPT):
            # Nobody was asked: it is written down now, as one more request.
            if sent.verdict == KEPT and sent.status < 400 and transaction.verdict.refused:
                transaction.verdict = ALLOW  # the kept one, that let it in: it has gone out
            transaction.at = time.time()
            self._service.record(transaction)
            if transaction.verdict.refused:
                return
        self._service.emit(Answered(sent.status, None))
        if sent.status == 401 and transaction.request.credentials != "none":
            self._site.logins.wrong(client_key(sent.address))
        if transaction.resource.kind != "audio" and sent.status in _CONTENT:
            self._shown(transaction, sent)
        resource = transaction.resource
        self._service.emit(Responded(resource.kind, self._standards()))
        if resource.kind == "audio" and sent.status in _CONTENT and sent.method != "HEAD":
            key_of_file = track_key(transaction.request.path, transaction.request.target)
            under_way = self._site.under_way(key_of_file)
            if under_way is not None and len(self._waiting) < MOST_HELD_BACK:
                task = asyncio.ensure_future(self._later(under_way, transaction, sent, key_of_file))
                self._waiting.add(task)
                task.add_done_callback(self._waiting.discard)
                return
            self._sounded(transaction, sent, key_of_file)
        elif resource.kind == "playlist" and sent.status == 200:
            self._service.sound.listed(transaction)
        elif resource.guarded and sent.status >= 400:
            self._service.missing(transaction, sent.status)
        self._ended(transaction, sent)

    def _shown(self, transaction: Asked, sent: SentResponse) -> None:
        """What the response's head says that it is: known from now on."""
        fields = tuple(
            (n.encode(), v.encode("latin-1", "replace")) for n, v in sent.headers.items()
        )
        before = transaction.resource
        transaction.resource = response_kinds.from_head(before, response_kinds.read(fields))
        self._open.learn(before, transaction.resource)

    async def _later(
        self, under_way: asyncio.Task[None], transaction: Asked, sent: SentResponse, key: str
    ) -> None:
        await asyncio.wait((under_way,), timeout=LATEST)
        self._sounded(transaction, sent, key)
        self._ended(transaction, sent)

    def _ended(self, transaction: Asked, sent: SentResponse) -> None:
        client = transaction.client
        self._service.line.ended(transaction)
        if client.purpose not in PEOPLE and sent.status in _CONTENT and sent.method != "HEAD":
            kind = transaction.resource.kind
            self._service.emit(Handed(client, kind, transaction.against))
        self._service.took(transaction, sent.status, sent.size)

    def _recognised(self, sent: SentResponse) -> Asked | None:
        """The request of a line, of which nothing more is known: decided by the rules in force."""
        policy = self._service.policy
        if policy is None or not sent.address:
            return None
        request = Request(
            method=sent.method,
            host=sent.host,
            path=normalise(sent.target),
            target=sent.target,
            agent=sent.agent,
            address=sent.address,
        )
        transaction = Asked(policy, request, None, self._service.mode)
        transaction.at = time.time()
        later = self._service.decide(transaction)
        if later is not None:  # what a shared store or the waiting line says comes too late for it
            task = asyncio.ensure_future(self._until(transaction, later))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)
        return transaction

    async def _until(self, transaction: Asked, later: Awaitable[None]) -> None:
        await later
        self._service.line.ended(transaction)  # its response has ended before it was decided about

    # -- sound -------------------------------------------------------------------------------------

    def _sounded(self, transaction: Asked, sent: SentResponse, key: str) -> None:
        for portion in self._portions(transaction, sent, key):
            self._service.sound.sounded(transaction, portion)

    def _portions(self, transaction: Asked, sent: SentResponse, key: str) -> list[SoundSent]:
        """What one response has sent of a recording; empty where that is nothing."""
        if sent.size <= 0:
            return []
        service, resource = self._service, transaction.resource
        place = service.tracks.place(key)
        if resource.track:
            place = place._replace(track=resource.track)
        kind = resource.form or place.kind
        if kind == "live" and not place.listed:
            service.tracks.live(key)
            return [
                SoundSent(
                    place.track,
                    "live",
                    sent.seconds,
                    0,
                    sent.size,
                    resource=key,
                    first=True,
                    last=True,
                )
            ]
        where = extent(sent.status, sent.headers)
        start, size = where if where is not None else (0, 0)
        known = service.store.length(key)
        if size and known is None:
            service.store.keep_length(key, Length(size))
        seconds = place.seconds if place.listed else 0.0
        if not seconds and known is not None and known.size in (size, 0):
            seconds = known.seconds
        if not size and known is not None:  # in several ranges, or compressed
            size, seconds = known.size, known.seconds
        rate = seconds / size if seconds and size else 0.0
        if not rate:
            rate = 1 / bytes_a_second(key, sent.headers.get("content-type", ""))
            seconds = size * rate
        parts: list[tuple[int, int]] = []
        if where is None and sent.status == 206 and size:
            asked = sent.asked or transaction.request.header("range")
            parts = _sent_parts(asked_parts(asked, size), sent.size)
        if not parts:
            parts = [(start, min(start + sent.size, size) if size else start + sent.size)]
        announced = sent.announced()
        last = len(parts) - 1
        return [
            SoundSent(
                track=place.track,
                kind=kind,
                seconds=max(0, end - begin) * rate,
                start=begin,
                end=end,
                size=size,
                length=place.length or (seconds if place.track == key else 0.0),
                offset=place.offset + begin * rate,
                resource=key,
                collection=place.collection,
                first=number == 0,
                last=number == last,
                complete=number == last and announced is not None and sent.size >= announced,
            )
            for number, (begin, end) in enumerate(parts)
        ]


def _sent_parts(asked: list[tuple[int, int]], sent: int) -> list[tuple[int, int]]:
    """What went out of several ranges, which a response sends one after the other."""
    parts: list[tuple[int, int]] = []
    for begin, end in asked:
        if sent <= 0:
            break
        parts.append((begin, min(end, begin + sent)))
        sent -= end - begin
    return parts
