"""Verdict → answer to the front: 200 and what it may add and keep, or the refusal as it is to be shown.

nginx's auth_request knows yes, 401 and 403, and throws the body away. So to nginx a refusal is 403 and
a name, and nginx fetches what is to be shown under that name (`/refusal`). All other fronts pass the
answer on as it is.
"""

from __future__ import annotations

from collections import OrderedDict

from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.authorize.http_questions import plain
from stagedoor.fronts.authorize.lasting_verdicts import KEY
from stagedoor.fronts.refusals import Answer
from stagedoor.publish.publication import Published, stricter

CLIENT, REFUSAL, KEPT_BY = b"X-Stagedoor-Client", b"X-Stagedoor-Refusal", b"X-Stagedoor-Key"
RATE = b"X-Stagedoor-Rate"
_TRAPPED = b"X-Stagedoor-Trap: 1\r\n"
MOST_HELD = 4096
"""Refusals that nginx may still fetch: 10 MB of them at most."""
_KEY = b"%s: %s\r\n" % (KEPT_BY, ", ".join(KEY).encode())


class Answers:
    """Those of one counter, with what is published."""

    def __init__(self) -> None:
        self._signals = b""
        self._published: Published | None = None
        self._held: OrderedDict[str, Answer] = OrderedDict()

    def follow(self, published: Published) -> None:
        """From now on this is published."""
        self._published = published
        self._signals = b"".join(b"%s: %s\r\n" % field for field in published.headers)

    def allowed(
        self, transaction: Transaction, kept: int, rate: int = 0, *, brief: bool = False
    ) -> bytes:
        """Yes: the signals to add to the response, for how long this is good, and at how many bytes a
        second it is to go out (0: at any).

        Brief it is for a front that adds the signals by itself, and knows the key.
        """
        head, keeps = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n%s" % self._signals, _kept(kept)
        if brief:
            head = b"HTTP/1.1 204 No Content\r\n"
            keeps = b"Cache-Control: max-age=%d\r\n" % kept if kept else keeps
        return b"%s%s: %s\r\n%s%s%s\r\n" % (
            head,
            CLIENT,
            transaction.request.address.encode("latin-1", "replace"),
            b"%s: %d\r\n" % (RATE, rate) if rate else b"",
            _TRAPPED if transaction.policy.trap and _is_trapped(transaction) else b"",
            keeps,
        )

    def undecided(self) -> bytes:
        """Yes, because the counter itself has failed and the stance says to let requests in."""
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n%sCache-Control: no-store\r\n\r\n" % (
            self._signals
        )

    def refused(self, answer: Answer) -> Answer:
        """The refusal, with the signals: it is where the refused read them."""
        if self._published is None:
            return answer
        fields = stricter(answer.headers, self._published.headers)
        return Answer(answer.status, fields, answer.body)

    def for_nginx(self, transaction: Transaction, answer: Answer, kept: int) -> bytes:
        """No, and the name under which the refusal is fetched."""
        name = transaction.id
        self._held[name] = answer
        while len(self._held) > MOST_HELD:
            self._held.popitem(last=False)
        return b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n%s: %s\r\n%s: %s\r\n%s\r\n" % (
            REFUSAL,
            name.encode(),
            CLIENT,
            transaction.request.address.encode("latin-1", "replace"),
            _kept(kept),
        )

    def holds(self, name: str) -> bool:
        """Whether there is a refusal of this name."""
        return name in self._held

    def held(self, name: str) -> Answer:
        """The refusal of this name; a bare one where it is long forgotten."""
        found = self._held.get(name)
        if found is not None:
            return found
        return self.refused(plain(403, "This is not for automated visitors."))


def _is_trapped(transaction: Transaction) -> bool:
    """Whether the trap link is to stand in this response, should it be a page."""
    return not transaction.resource.guarded and transaction.client.proof != "verified"


def _kept(seconds: int) -> bytes:
    if not seconds:
        return b"Cache-Control: no-store\r\n"
    return b"Cache-Control: max-age=%d\r\n%s" % (seconds, _KEY)
