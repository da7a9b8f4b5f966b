"""Requests that were let in, until the front's log says what went out: bounded, by what a log has.

A log line names address, method, target, agent and Range, and so does every question; two requests
that share all five are alike to everything that is counted. Some lines, and some questions, say no
Range; then it is the latest of the other four. What is not found here any more is recognised anew, from
the line alone.
"""

from __future__ import annotations

from collections import OrderedDict

from stagedoor.engine.transaction import Transaction
from stagedoor.model.facts import GUARDED_KINDS, PEOPLE, Kind, Request, Resource
from stagedoor.resources.kinds import stricter

MOST = 8192
"""Requests; some 40 MB."""
MOST_SHOWN = 8192
"""Paths of which a response has shown that they are recordings, whatever their names say."""

Key = tuple[str, str, str, str, str]
_SOUNDING = GUARDED_KINDS | {"feed"}


def key_of(request: Request) -> Key:
    """What a log line has of a request."""
    asked = request.header("range")
    return (request.address, request.method, request.target, request.agent, asked)


class OpenRequests:
    """The memory of one counter."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_key: OrderedDict[Key, Transaction] = OrderedDict()
        self._latest: OrderedDict[tuple[str, ...], Transaction] = OrderedDict()
        self._shown: OrderedDict[str, Kind] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_key)

    def keep(self, transaction: Transaction) -> Transaction | None:
        """Remember one, where its line will be worth more with what is known of it now. Returned is
        the one of the same key whose place it takes.
        """
        if transaction.client.purpose in PEOPLE and transaction.resource.kind not in _SOUNDING:
            return None
        key = key_of(transaction.request)
        before = self._by_key.get(key)
        self._by_key[key] = transaction
        self._by_key.move_to_end(key)
        if len(self._by_key) > self._most:
            self._by_key.popitem(last=False)
        self._latest[key[:4]] = transaction
        self._latest.move_to_end(key[:4])
        if len(self._latest) > self._most:
            self._latest.popitem(last=False)
        return before

    def find(self, key: Key) -> Transaction | None:
        """The latest of that key. It stays: a kept verdict lets in several."""
        found = self._by_key.get(key)
        return found if found is not None else self._latest.get(key[:4])

    def learn(self, before: Resource, now: Resource) -> None:
        """A response has shown what is under a path."""
        if now is before or not now.guarded:
            return
        self._shown[now.path] = now.kind
        self._shown.move_to_end(now.path)
        if len(self._shown) > MOST_SHOWN:
            self._shown.popitem(last=False)

    def shown(self, resource: Resource) -> Resource:
        """`resource` as earlier responses have shown it; the same object where they have not."""
        kind = self._shown.get(resource.path) if self._shown else None
        return resource if kind is None else stricter(resource, [kind])
