"""Challenges of one guard: handed out with a refusal, taken back as a pass.

Nobody has to be remembered for a challenge to be good (`marks/challenge.py`). What is remembered is
bounded: the solutions that were used, how many challenges each household has left unsolved within the
hour, and from how many households each pass was shown.

A household that leaves many unsolved is asked for more, up to 16 times the calculation; nobody is shut
out for it. A pass moves with its browser: NETWORKS households may show it in a day, and to more than
that it is shared, and counts for nothing here.
"""

from __future__ import annotations

import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import parse_qs

from stagedoor.engine import order
from stagedoor.engine.transaction import Transaction
from stagedoor.fronts import challenge_page
from stagedoor.fronts.crowds import is_crowd
from stagedoor.fronts.handouts import Handouts
from stagedoor.fronts.refusals import Answer, answer
from stagedoor.marks.challenge import LIFE, Challenge, make, read
from stagedoor.marks.mark import HOUR
from stagedoor.marks.marked_links import cookie
from stagedoor.marks.passes import LIFE as PASS_LIFE
from stagedoor.model.client_keys import client_key
from stagedoor.model.events import ChallengeMet, Event
from stagedoor.store.once import Once
from stagedoor.store.store_keys import once_key

BITS, WAIT = 14, 5
"""What is asked for where no rule says it: at the guard's own address."""
MOST = 20_000
"""Households that are remembered."""
PATIENCE = 16
"""Unsolved challenges of a household within an hour for which nothing changes; each doubling costs."""
MOST_STEPS = 4
MOST_WAIT = 60
_LONGEST = 4_000
"""Characters of an address that is opened after a challenge."""


class Challenges:
    """`marks` signs and hands out passes, `emit` is what recorders get, `now` is Unix time."""

    def __init__(
        self,
        marks: Handouts,
        emit: Callable[[Event], None],
        now: Callable[[], float] | None = None,
    ) -> None:
        self._marks, self._emit, self._now = marks, emit, now or time.time
        self._spent = Once(MOST)
        self._unsolved: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def page(
        self,
        transaction: Transaction,
        to: str,
        *,
        bits: int = BITS,
        wait: float = WAIT,
        note: str = "",
        name: str = "",
    ) -> Answer:
        """A new challenge, on its page."""
        now, household = self._now(), client_key(transaction.request.address)
        step = 0 if is_crowd(transaction) else self._steps(household, now)
        seconds = min(MOST_WAIT, math.ceil(wait) << step)
        ring = self._marks.ring(now)
        text = make(ring, now, bits + step, seconds, secrets.token_bytes(8), household)
        found = read(ring, text, household, now)
        assert isinstance(found, Challenge)
        self._emit(ChallengeMet("handed"))
        return self._shown(transaction, found, to, seconds, note, name)

    @staticmethod
    def _shown(
        transaction: Transaction, found: Challenge, to: str, left: int, note: str, name: str = ""
    ) -> Answer:
        artist = transaction.policy.stance.artist
        to = to if is_local(to) else "/"
        return challenge_page.page(
            transaction.request, artist, found, to, left=left, note=note, name=name
        )

    def _steps(self, household: str, now: float) -> int:
        """How often the cost doubles for this household; one more challenge of its is open."""
        count = self._open(household, now) + 1
        self._unsolved[household] = (int(now // HOUR), count)
        self._unsolved.move_to_end(household)
        if len(self._unsolved) > MOST:
            self._unsolved.popitem(last=False)
        return min(MOST_STEPS, (count // PATIENCE).bit_length())

    def _open(self, household: str, now: float) -> int:
        hour, count = self._unsolved.get(household, (0, 0))
        return count if hour == int(now // HOUR) else 0

    # -- the guard's own addresses -----------------------------------------------------------------

    def own(self, transaction: Transaction, *, secure: bool) -> Answer | None:
        """The answer to a request for an address of the guard's own; None where it is none."""
        request = transaction.request
        path, _, query = request.target.partition("?")
        if path not in {challenge_page.ACTION, challenge_page.SCRIPT}:
            return None
        if request.method not in {"GET", "HEAD"}:
            allowed = ((b"Allow", b"GET, HEAD"),)
            return answer(request, 405, "method", more=allowed)
        if path == challenge_page.SCRIPT:
            return challenge_page.script(request)
        order.enter(transaction)
        self._marks.enter(transaction)
        return self._answered(transaction, query, secure=secure)

    def _answered(self, transaction: Transaction, query: str, *, secure: bool) -> Answer:
        said = _fields(query)
        to = said.get("to", "/")
        to = to if is_local(to) else "/"
        if transaction.request.solved:  # it has come back to this address
            return _redirect(to)
        now, household = self._now(), client_key(transaction.request.address)
        found = read(self._marks.ring(now), said.get("c", ""), household, now)
        if not isinstance(found, Challenge):
            if "c" in said:
                self._emit(ChallengeMet(found))
            return self.page(transaction, to, note="again" if "c" in said else "")
        calculated = found.answered(said.get("n", ""))
        if not calculated and "n" in said:
            self._emit(ChallengeMet("wrong"))
            return self.page(transaction, to, note="again")
        if not calculated and not found.waited(now):
            self._emit(ChallengeMet("early"))
            left = max(1, math.ceil(found.at + found.wait - now))
            return self._shown(transaction, found, to, left, "early")
        if transaction.request.method == "HEAD":
            return _redirect(to)
        key = once_key("challenge", found.text)
        if not self._spent.use(key, household, found.at + LIFE + HOUR, now, shared=False):
            self._emit(ChallengeMet("replayed"))
            return self.page(transaction, to, note="again")
        self._unsolved.pop(household, None)
        self._emit(ChallengeMet("calculated" if calculated else "waited"))
        mark = self._marks.new_pass(transaction, "challenge")
        return _redirect(to, cookie(mark, PASS_LIFE["challenge"], secure=secure))


def is_local(address: str) -> bool:
    """Whether a browser that is sent to this address stays on the site, and finds no more of ours."""
    if not address.startswith("/") or address.startswith(("//", "/\\", challenge_page.FOLDER)):
        return False
    return len(address) <= _LONGEST and all("!" <= letter <= "~" for letter in address)


def _fields(query: str) -> dict[str, str]:
    try:
        found = parse_qs(query, max_num_fields=20, keep_blank_values=True)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _redirect(to: str, said: str = "") -> Answer:
    fields = (
        (b"Location", to.encode()),
        (b"Cache-Control", b"no-store"),
        (b"X-Robots-Tag", b"noindex"),
        (b"Content-Length", b"0"),
    )
    return Answer(303, (*fields, (b"Set-Cookie", said.encode())) if said else fields, b"")
