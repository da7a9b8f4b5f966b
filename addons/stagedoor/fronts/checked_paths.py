"""Whether the site checks logins: paths that it refuses to those who show none.

Credentials that a site does not look at are nothing but a word. So they are believed only where the
site is seen to refuse the very same request without them: it is asked once, and the answer kept for
some minutes. What counts as "refused without" is 401, or Subsonic's own error about who asks. 403 is
not: hotlink protection, firewalls and limits answer so to anybody.

A client that would be refused as a stranger may be wrong a few times; then it is asked to come back
later. The site's own listeners are none of them: their logins are the site's matter.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from stagedoor.fetch.fetch_policy import FetchError
from stagedoor.fetch.uses import SITE
from stagedoor.fronts.mitmproxy.upstream_client import Upstream, UpstreamClient
from stagedoor.identify.site_credentials import ANSWER, is_subsonic, not_let_in, without

CHECKED_FOR = 300.0
"""Seconds for which the site is taken to check a path that it was seen to refuse."""
OPEN_FOR = 60.0
"""The same for a path that it gives to everybody, or that could not be asked for."""
MOST_PATHS = 4096
MOST_AT_ONCE = 16
"""Questions to the site under way; what comes on top of them is refused as without a login."""
MOST_GUESSES = 10
"""Wrong logins of one household within GUESSES_WITHIN."""
GUESSES_WITHIN = 300.0
MOST_HOUSEHOLDS = 10_000

_HEAD_ONLY = replace(SITE, most=0, seconds=5.0)
_BEGINNING = replace(SITE, most=ANSWER, seconds=5.0)
NAMED = frozenset({
    "host", "user-agent", "accept", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
    "x-real-ip",
})  # fmt: skip
"""Fields of the visitor's request that go with the question: none by which one visitor could bring the
site to refuse what it gives to all others."""

_SAYS = ("host", "user-agent", "accept")
"""Those of them in which clients differ by their own choice."""


class CheckedPaths:
    """Asks one site, and remembers. `client` is the one that asks."""

    def __init__(self, client: UpstreamClient, clock: Callable[[], float] = time.monotonic) -> None:
        self.client = client
        self._clock = clock
        self._paths: dict[tuple[str, str, str], tuple[float, asyncio.Future[bool]]] = {}
        self._asking = 0
        self._guesses: dict[str, tuple[float, int]] = {}

    async def refuse_strangers(
        self,
        upstream: Upstream,
        asked: str,
        said: Mapping[str, str],
        fields: Sequence[tuple[str, str]],
    ) -> bool:
        """Whether the site refuses the request target `asked` without a login. `said` has the
        visitor's headers that clients choose; `fields`, of NAMED, go with the question.
        """
        subsonic = is_subsonic(asked)
        target = without(asked) if subsonic else asked
        # Of the Subsonic API one method is one path, whatever it is asked for.
        place = target.partition("?")[0] if subsonic else target
        # What one client is refused for what it says of itself does not show how others fare.
        says = "\0".join(said.get(name, "") for name in _SAYS).encode("utf-8", "replace")
        key = (upstream.address, place, hashlib.blake2b(says, digest_size=16).hexdigest())
        known = self._paths.get(key)
        if known is not None and known[0] > self._clock():
            return await asyncio.shield(known[1])
        if self._asking >= MOST_AT_ONCE or len(target) > ANSWER:
            return False
        while len(self._paths) >= MOST_PATHS:
            self._paths.pop(next(iter(self._paths)))
        question = [*fields, ("Range", "bytes=0-0")]
        task = asyncio.ensure_future(self._ask(upstream, target, question, subsonic=subsonic))
        self._paths[key] = (self._clock() + OPEN_FOR, task)
        checked = await asyncio.shield(task)
        if checked:
            self._paths[key] = (self._clock() + CHECKED_FOR, task)
        return checked

    async def _ask(
        self, upstream: Upstream, target: str, fields: list[tuple[str, str]], *, subsonic: bool
    ) -> bool:
        self._asking += 1
        try:
            answer = await self.client.ask(
                upstream, target, fields, policy=_BEGINNING if subsonic else _HEAD_ONLY
            )
        except FetchError:
            return False
        finally:
            self._asking -= 1
        if answer.status == 401:
            return True
        return subsonic and answer.status == 200 and not_let_in(answer.body)

    # -- guessing ------------------------------------------------------------------------------

    def wrong(self, household: str) -> None:
        """The site has refused a login of this household's."""
        now = self._clock()
        until, count = self._guesses.pop(household, (0.0, 0))
        if until <= now:
            until, count = now + GUESSES_WITHIN, 0
        while len(self._guesses) >= MOST_HOUSEHOLDS:
            self._guesses.pop(next(iter(self._guesses)))
        self._guesses[household] = (until, count + 1)

    def waits(self, household: str) -> float:
        """Seconds until this household may try another password; 0 where it may now."""
        until, count = self._guesses.get(household, (0.0, 0))
        return max(0.0, until - self._clock()) if count >= MOST_GUESSES else 0.0
