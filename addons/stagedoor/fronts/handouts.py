"""Marks of one guard: what a request shows, what its answer hands out, and which uses are worth a report.

`new_pass()` is what hands a pass out: a page does, and what else lets its visitor have recordings (a
challenge that was solved). What a mark means stands in `marks/`. Here are the clock, chance, the key file and the memory of the last
handings; older ones are looked up in the ledger.

Where the stance asks for neither passes nor canaries, and no key was ever made, nothing here runs.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from stagedoor.engine.needs import Effects
from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.crowds import is_crowd
from stagedoor.marks.keyring import Keyring
from stagedoor.marks.mark import HOUR, PASSES, Mark, MarkKind
from stagedoor.marks.own_links import OwnLinks
from stagedoor.marks.passes import (
    COUNTED,
    DAY,
    PRICE,
    YOUNG,
    Households,
    lets_in,
    renews_at,
)
from stagedoor.model.client_keys import client_key
from stagedoor.model.errors import StagedoorError
from stagedoor.model.events import Decided, Event, Handout, MarkHanded, MarkUsed
from stagedoor.model.facts import PEOPLE, Kind, Request, network
from stagedoor.resources.readings import readings
from stagedoor.rules.policy import Policy
from stagedoor.store.interface import Store
from stagedoor.verify.mark_keys import ROTATION, ensure_keys, new_key, read_keys
from stagedoor.verify.sold_passes import SoldPasses

LINKED: frozenset[Kind] = frozenset({"audio", "playlist", "download"})
"""What a pass is handed out for in a feed or playlist."""
TRACED: frozenset[Kind] = LINKED | {"feed"}
"""What a machine's links are marked to."""
MOST_HANDINGS = 20_000
MOST_USES = 20_000
NETWORKS = 8
"""Households that may show the same pass of a challenge in a day: a phone moves."""
_LOOK = 1.0
"""Seconds between two looks at the key file for a mark that no key has signed."""
_USED_AGAIN = 86_400.0
"""Seconds after which the same client's use of the same mark is reported again."""

_log = logging.getLogger("stagedoor.marks")


def _clock() -> float:
    return time.time()


class Handouts:
    """`store` says where listening is counted, `emit` what recorders get, `now` is Unix time."""

    def __init__(
        self,
        store: Callable[[], Store],
        emit: Callable[[Event], None],
        now: Callable[[], float] | None = None,
    ) -> None:
        self._store, self._emit, self._now = store, emit, now or _clock
        self._state: Path | None = None
        self._ring = Keyring(())
        self._policy: Policy | None = None
        self._opened = False
        self._next_look = 0.0
        self._households = Households()
        self._handings: OrderedDict[str, Handout] = OrderedDict()
        self._uses: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self.sold = SoldPasses()
        self.look_up: Callable[[str], Handout | None] = lambda _: None
        self.on = False
        """Whether requests are looked at for marks."""
        self.gives_passes = self.traces = self.challenges = False
        """Whether the stance asks for passes and for canaries, and a rule challenges."""
        self._shown_in: OrderedDict[str, tuple[int, frozenset[str]]] = OrderedDict()
        self._links: tuple[OwnLinks, OwnLinks] | None = None

    # -- start and change --------------------------------------------------------------------------

    def follow(self, policy: Policy) -> None:
        """Do as this policy says from now on."""
        self._policy = policy
        self.gives_passes = policy.passes is not None
        self.traces = policy.stance.canaries == "yes"
        self.challenges = policy.challenges
        # Filled anew: what is a recording depends on the policy.
        self._links = (
            OwnLinks(policy.classify, LINKED, policy.passes),
            OwnLinks(policy.classify, TRACED, None),
        )
        passes = policy.passes
        self._needs = lru_cache(8192)(
            lambda path, target: (
                passes is not None and any(map(passes.match, (path, *readings(target))))
            )
        )
        if self._opened:
            self._find_keys()

    def open(self, state: Path | None) -> None:
        """Begin with the keys in the state directory; without one they last until the guard stops."""
        self._state, self._opened = state, True
        self.sold.open(state)
        self._find_keys()

    def _find_keys(self) -> None:
        wanted = self.gives_passes or self.traces or self.challenges
        try:
            if self._state is None:
                if wanted and not self._ring:
                    self._ring = Keyring((new_key(self._now()),))
                    _log.warning(
                        "passes and marked links last until the guard stops: give it a state "
                        "directory with --set guard_state=DIR, so that its key is kept"
                    )
            elif wanted:
                self._ring = ensure_keys(self._state, self._now())
            else:
                self._ring = read_keys(self._state)
        except OSError as error:
            raise StagedoorError(
                f"the key of marks cannot be kept in {self._state}: {error.strerror or error}"
            ) from error
        self.on = bool(self._ring)

    def look_again(self) -> None:
        """A command may have made the first key meanwhile."""
        if self._opened:
            self._find_keys()

    def _rotate(self, now: float) -> None:
        """A guard that runs for months has a new key in between."""
        if now - self._ring.keys[-1].since >= ROTATION + HOUR:
            self._find_keys()

    def close(self) -> None:
        """Write what is not written yet."""
        self.sold.save(last=True)

    # -- what a request shows ----------------------------------------------------------------------

    def read(self, text: str) -> Mark | None:
        """The mark, where one of our keys has signed it."""
        mark = self._ring.read(text)
        if mark is None and self._state is not None and self._now() >= self._next_look:
            self._next_look = self._now() + _LOOK
            try:
                found = read_keys(self._state)
            except StagedoorError as error:
                _log.error("%s. The keys of before stay in force.", error)
                return None
            if found.keys != self._ring.keys:  # a command has made one meanwhile
                self._ring = found
                mark = found.read(text)
        return mark

    def shows(self, transaction: Transaction, address: tuple[str, ...], cookies: tuple[str, ...]) -> None:  # fmt: skip
        """Take note of the marks in a request, which were taken off it."""
        if address:
            known = [(mark, text) for text in dict.fromkeys(address) if (mark := self.read(text))]
            transaction.marks = tuple(mark for mark, _ in known)
            transaction.written = tuple(text for _, text in known)
        for text in cookies:
            mark = self.read(text)
            if mark is not None and lets_in(mark, self._now()):
                transaction.worn = mark
                break

    def enter(self, transaction: Transaction) -> None:
        """Whether the request needs a pass, and shows one; by which it is counted."""
        shown, worn, now = transaction.marks, transaction.worn, self._now()
        request = transaction.request
        if shown:
            transaction.mark = shown[0].serial
            for mark in shown:
                if mark.kind == "bought" and self.sold.covers(mark, transaction, now):
                    transaction.mark = mark.serial
                    transaction.request = replace(request, passed="bought")
                    return
        if self.challenges and worn is not None and worn.kind == "challenge":
            request = self._solved(transaction, worn, now)
        if not self.gives_passes:
            return
        good = worn or next((mark for mark in shown if lets_in(mark, now)), None)
        needed = self._needs(request.path, request.target)
        if good is not None:
            if good.kind in COUNTED and not is_crowd(transaction):
                self._households.has_shown(client_key(request.address), good, now)
        elif needed and not is_crowd(transaction):
            good = self._households.near(client_key(request.address), now)
        if good is not None:
            transaction.mark = good.serial
            if good.kind in COUNTED:
                transaction.passed = good.serial
        if needed:
            passed = "missing" if good is None else "shown"
            transaction.request = replace(request, passed=passed)  # type: ignore[arg-type]

    def _solved(self, transaction: Transaction, worn: Mark, now: float) -> Request:
        """The request, with what its pass of a challenge says; one that many show is nobody's."""
        household, today = client_key(transaction.request.address), int(now // DAY)
        day, seen = self._shown_in.get(worn.serial, (today, frozenset()))
        seen = seen if day == today else frozenset()
        if household not in seen and len(seen) >= NETWORKS:
            return transaction.request
        self._shown_in[worn.serial] = (today, seen | {household})
        self._shown_in.move_to_end(worn.serial)
        if len(self._shown_in) > MOST_HANDINGS:
            self._shown_in.popitem(last=False)
        transaction.request = replace(transaction.request, solved=True)
        return transaction.request

    def ring(self, now: float) -> Keyring:
        """The keys, with one in force."""
        self._rotate(now)
        return self._ring

    # -- what an answer hands out ------------------------------------------------------------------

    def needs_cookie(self, transaction: Transaction) -> bool:
        """Whether a page that goes out hands out a pass: its visitor has none, or an old one."""
        worn = transaction.worn
        if self.challenges and worn is not None and worn.kind == "challenge":
            return False  # a page's would take the place of what was worked for
        return self.gives_passes and (worn is None or self._now() - worn.at > YOUNG)

    def new_pass(self, transaction: Transaction, kind: MarkKind) -> str:
        """A pass for who sent this request, to be handed out now.

        Beyond what the stance gives a household in an hour, it gets one of those again.
        """
        now, household = self._now(), client_key(transaction.request.address)
        self._rotate(now)
        if transaction.worn is not None or is_crowd(transaction):
            number, count = secrets.randbits(32), 1
        else:
            count, most = self._households.take(household, now), self._per_hour
            which = count if count <= most else 1 + secrets.randbelow(most)
            number = self._ring.number(now, kind, household, str(int(now // HOUR)), str(which))
        text = self._ring.issue(kind, now, number)
        mark = self._ring.read(text)
        assert mark is not None
        new = self._hands_out(transaction, mark)
        if not is_crowd(transaction):
            self._households.has_shown(household, mark, now)
            if new and count > 1:
                listener = transaction.listener._replace(passed=mark.serial)
                owed = Effects(owed=PRICE * (count - 1))
                self._store().apply(household, "", owed, time.monotonic(), listener)
        return text

    @property
    def _per_hour(self) -> int:
        return self._policy.stance.passes.per_hour if self._policy is not None else 1

    def link_mark(self, transaction: Transaction, kind: MarkKind, path: str) -> str:
        """The mark for the links in a resource at `path`: the same for the same client for a while."""
        now = self._now()
        self._rotate(now)
        since = max(renews_at(kind, now), self._ring.keys[0].since)
        household = client_key(transaction.request.address)
        whom = [kind, str(since), household, transaction.request.agent]
        if kind == "canary":
            whom.append(path)
        text = self._ring.issue(kind, since, self._ring.number(since, *whom))
        mark = self._ring.read(text)
        assert mark is not None
        if kind in COUNTED and mark.serial not in self._handings and not is_crowd(transaction):
            count = self._households.take(household, now)
            if count > self._per_hour:  # whatever calls itself differently each time shares one
                text = self._ring.issue(kind, since, self._ring.number(since, *whom[:3]))
                mark = self._ring.read(text)
                assert mark is not None
        self._hands_out(transaction, mark)
        return text

    def _hands_out(self, transaction: Transaction, mark: Mark) -> bool:
        """Report that the mark is handed out; whether that is the first time."""
        serial = mark.serial
        if serial in self._handings:
            self._handings.move_to_end(serial)
            return False
        event = transaction.event()
        client, request = event.client, event.request
        handout = Handout(
            serial, mark.kind, self._now(), client.name, client.operator, client.purpose,
            client.proof, network(request.address), request.path,
        )  # fmt: skip
        self._handings[serial] = handout
        if len(self._handings) > MOST_HANDINGS:
            self._handings.popitem(last=False)
        self._emit(MarkHanded(replace(event, mark=serial), handout))
        return True

    def links(self, kind: MarkKind) -> OwnLinks:
        """Which links carry a mark of this kind."""
        assert self._links is not None
        return self._links[kind == "canary"]

    # -- uses --------------------------------------------------------------------------------------

    def used(self, transaction: Transaction, event: Decided) -> None:
        """The request is decided: report each mark in its address that a machine was handed, where it
        is another client's now.
        """
        for mark in transaction.marks:
            serial, client = mark.serial, event.client
            here = network(event.request.address)
            handout = self._handings.get(serial) or self.look_up(serial)
            if handout is None and mark.kind in PASSES:
                continue
            if handout is not None:
                if handout.purpose in PEOPLE:
                    continue
                same = client.name == handout.client and (
                    here == handout.network or client.proof == handout.proof == "verified"
                )
                if same:
                    continue
            key = (serial, client.name, here)
            last = self._uses.pop(key, -_USED_AGAIN)
            self._uses[key] = now = self._now()
            if len(self._uses) > MOST_USES:
                self._uses.popitem(last=False)
            if now - last >= _USED_AGAIN:
                near = handout is not None and here != "" and here == handout.network
                self._emit(MarkUsed(event, serial, mark.kind, handout, near))
