"""User agent → Client: thousands of tokens, one pass, linear time.

All tokens stand in one Aho-Corasick automaton: a lookup's cost depends on the length of the user
agent and on how many tokens are really in it, not on how many there are. (An RE2 set was as fast
once warm, but took 1 ms for each user agent it had never seen.) What is found is then held against
the way its entry wants to be matched. A bounded cache stands in front, because a site sees few
user agents often.

Blanks may be written `%20` or `+`. A crawler that is known by name is that. Of anybody else its own words
count (`own_words.py`), unless a known name has them; then the public lists are asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from ahocorasick_rs import BytesAhoCorasick

from stagedoor.identify.catalogue import Catalogue, Signature
from stagedoor.identify.intermediaries import BEHIND, intermediary
from stagedoor.identify.own_words import Own, OwnWord
from stagedoor.identify.public_lists import LOOKED_AT
from stagedoor.model.facts import (
    ANONYMOUS,
    CRAWLERS,
    MEDIA_CLIENTS,
    UNKNOWN,
    Client,
    Purpose,
    as_header,
)

CACHED_AGENTS = 8192
"""Bounds the cache; with MAX_CACHED below, its text is at most 4 MB."""
MAX_CACHED = 512
"""Characters. Longer user agents are rare, and every one of them a possible attack on memory."""
MAX_MATCHED = 2048
"""Characters; no known client sends a longer user agent. Of a longer one, so many are looked at from
each end, and it is a program's at best: a name could stand in what is not looked at."""
OVERLONG = Client(
    name="overlong user agent",
    operator="",
    purpose="robot",
)
"""Who sends more than that, and names no crawler at either end."""

_TIERS: tuple[frozenset[Purpose], ...] = (
    CRAWLERS | {"robot"},
    frozenset({"subsonic-client", "podcast-app", "feed-reader", "cast-device"}),
    frozenset({"music-player"}),
    frozenset(),  # fallback robots, see _tier
    frozenset({"headless"}),
    frozenset({"downloader"}),
    frozenset({"http-library"}),
    frozenset({"browser"}),
)
"""Which claim counts where a user agent makes several: a crawler's before a browser's (they dress
up as browsers), an app's before that of the library it is built on. Within a tier the longest
token wins, and an entry marked as fallback comes last."""
_TIER: dict[Purpose, int] = {
    purpose: number for number, tier in enumerate(_TIERS) for purpose in tier
}


_UNLISTED = 3
_ROBOTS = CRAWLERS | {"robot"}


def _tier(signature: Signature) -> int:
    """A robot known by name is a crawler; one that only says "bot" somewhere comes after apps."""
    if signature.purpose in _ROBOTS and signature.fallback:
        return _UNLISTED
    return _TIER.get(signature.purpose, len(_TIERS))


_NAMING = re.compile(r"[0-9A-Za-z\x80-\xff]")
"""What a name has: without it, nothing is said."""
_ESCAPED = re.compile(r"%([2-7][0-9A-Fa-f]|[89A-Fa-f][0-9A-Fa-f])")
_PLUS = re.compile(r"(?<=[0-9A-Za-z])\+(?=[A-Za-z])")
_PLUSES = re.compile(r"\+(\+?)")


def plain(agent: str) -> str:
    """`Pocket%20Casts/1` and `Pocket+Casts/1` → `Pocket Casts/1`.

    iPhones write their apps' names as in an address; web servers of Microsoft write `+` for every blank
    in their logs.
    """
    if "%" in agent:
        agent = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), agent)
    if "+" in agent:
        if " " not in agent and ("+(" in agent or ";+" in agent):
            return _PLUSES.sub(r" \1", agent)
        # Nearly all stand before an address: (+http…
        if agent.count("+") != agent.count("(+") + agent.count(" +"):
            agent = _PLUS.sub(" ", agent)
    return agent


_ALNUM = bytes(1 if chr(byte).isascii() and chr(byte).isalnum() else 0 for byte in range(256))
"""Which bytes are a letter or a digit."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What finding a token would mean, and where it must stand for that.

    The smallest `rank` wins. `unless`: the automaton's numbers of words that may not be there at
    all. `free_before` and `free_after`: no letter or digit may touch the token there.
    """

    rank: int
    token: str
    client: Client
    certain: bool
    """A crawler known by name: nothing else in the agent counts."""
    fallback: bool
    unless: frozenset[int]
    at_start: bool
    at_end: bool
    free_before: bool
    free_after: bool

    def stands(self, agent: bytes, start: int, end: int) -> bool:
        """Whether the token at `agent[start:end]` stands where it must."""
        if self.at_start and start:
            return False
        if self.at_end and end < len(agent):
            return False
        if self.free_before and start and _ALNUM[agent[start - 1]]:
            return False
        return not (self.free_after and end < len(agent) and _ALNUM[agent[end]])


Second = Callable[[str], Client | None]
"""The public lists' word on a user agent, see `identify.public_lists`."""


class Matcher:
    """Looks user agents up in a catalogue; `second` is asked where that has no more than a browser,
    `own` where it has no crawler.
    """

    def __init__(
        self, catalogue: Catalogue, second: Second | None = None, own: Own | None = None
    ) -> None:
        self._second = second
        self._own = own
        ranked = sorted(
            (
                (_tier(signature), signature.fallback, -len(token), number, token, signature)
                for number, signature in enumerate(catalogue.signatures)
                if not signature.robots_only
                for token in signature.tokens
            ),
            key=lambda row: row[:5],
        )
        words: dict[bytes, int] = {}
        claims: dict[int, list[_Claim]] = {}
        for rank, (*_, token, signature) in enumerate(ranked):
            folded = _folded(token)
            unless = frozenset(_number(words, _folded(w)) for w in signature.unless)
            claim = _claim(rank, token, signature, unless)
            claims.setdefault(_number(words, folded), []).append(claim)
        self._hints = (
            frozenset(_number(words, _fold(hint)) for hint in own.hints) if own else frozenset()
        )
        self._claims = tuple(tuple(claims.get(number, ())) for number in words.values())
        self._automaton = BytesAhoCorasick(list(words))
        self._cached = lru_cache(maxsize=CACHED_AGENTS)(self._look_up)
        self.tokens = len(ranked)

    def identify(self, agent: str) -> Client:
        """Whom `agent` (a User-Agent header, one character a byte) claims to be.

        `facts.UNKNOWN` where the catalogue has nothing, or the header is empty; OVERLONG where it
        is longer than any client's; BEHIND where it is a proxy's.
        """
        if len(agent) <= MAX_CACHED:
            return self._cached(agent)
        if len(agent) <= MAX_MATCHED:
            return self._look_up(agent)
        found = self._look_up(f"{agent[:MAX_MATCHED]}\n{agent[-MAX_MATCHED:]}")
        return found if found.purpose in _ROBOTS else OVERLONG

    def _look_up(self, agent: str) -> Client:
        if not _NAMING.search(agent):
            return ANONYMOUS
        if intermediary(agent):
            return BEHIND
        agent = plain(agent)
        claim, hinted = self._claimed(_fold(agent))
        client = claim.client if claim is not None else UNKNOWN
        if claim is not None and claim.certain:
            return client
        own = self._own.read(agent) if hinted and self._own is not None else None
        if own is not None and not _goes_before(own, claim):
            own = None
        if own is not None and own.purpose in CRAWLERS:
            return _client_of(own)
        if self._second is not None and client.purpose in LOOKED_AT:
            found = self._second(agent)
            if found is not None:
                return found
        return client if own is None else _client_of(own)

    def _claimed(self, folded: bytes) -> tuple[_Claim | None, bool]:
        """The claim that counts, of all that the catalogue finds; whether there may be an own word."""
        matches = self._automaton.find_matches_as_indexes(folded, overlapping=True)
        there: set[int] | None = None  # which words; few claims ask
        best: _Claim | None = None
        rank = self.tokens  # behind every claim's
        for word, start, end in matches:
            for claim in self._claims[word]:
                if claim.rank > rank:
                    break  # they stand in the order of their ranks
                if claim.unless:
                    if there is None:
                        there = {match[0] for match in matches}
                    if not claim.unless.isdisjoint(there):
                        continue
                if claim.stands(folded, start, end):
                    best, rank = claim, claim.rank
                    break
        return best, not self._hints.isdisjoint([match[0] for match in matches])


def _goes_before(own: OwnWord, claim: _Claim | None) -> bool:
    """Whether a program's own word counts beside what the catalogue finds.

    A purpose in brackets says nothing against an app that is known by name, but behind a bare engine,
    such as `Lavf/61 (audio corpus)`, a sure one does. A robot's word in its own name always counts, unless the name that is known has that word. What reads feeds for people fetches and
    crawls.
    """
    if claim is None:
        return True
    if claim.client.purpose == own.purpose:
        return False
    if claim.client.purpose in _FETCHING:
        return own.purpose != "robot"
    if own.named:
        return own.text not in claim.token
    if claim.client.purpose == "music-player" and not claim.fallback:
        return own.sure
    return claim.fallback or claim.client.purpose not in _LISTENING


_LISTENING = MEDIA_CLIENTS | {"feed-reader"}
_FETCHING = _ROBOTS | {"feed-reader"}


def _client_of(own: OwnWord) -> Client:
    """Whom a program's own word stands for."""
    said = f'its own {"name" if own.named else "words"}: "{own.text}"'
    name = "audio harvester" if own.purpose == "audio-harvester" else own.word
    name = "transcriber" if own.purpose == "transcriber" else name
    return Client(f"Unlisted {name}", "", own.purpose, known=said)


def _fold(agent: str) -> bytes:
    return agent.encode("latin-1", "replace").lower()


def _folded(token: str) -> bytes:
    """A token as it is looked for in what `plain` leaves of an agent."""
    return _fold(plain(as_header(token)))


def client_of(signature: Signature) -> Client:
    """Whom a signature stands for."""
    return Client(
        name=signature.name,
        operator=signature.operator,
        purpose=signature.purpose,
        docs=signature.docs,
        further=signature.further,
    )


def _number(words: dict[bytes, int], word: bytes) -> int:
    """The number of `word` among `words`, into which it goes where it is new."""
    return words.setdefault(word, len(words))


def _claim(rank: int, token: str, signature: Signature, unless: frozenset[int]) -> _Claim:
    match = signature.match
    folded = _folded(token)
    return _Claim(
        rank=rank,
        token=folded.decode("latin-1"),
        client=replace(client_of(signature), known=f'"{token}", {signature.at}'),
        certain=signature.purpose in _ROBOTS and not signature.fallback,
        fallback=signature.fallback,
        unless=unless,
        at_start=match in {"prefix", "exact"},
        at_end=match == "exact",
        free_before=match == "word" and bool(_ALNUM[folded[0]]),
        free_after=match != "exact" and bool(_ALNUM[folded[-1]]),
    )
