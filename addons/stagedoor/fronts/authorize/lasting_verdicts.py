"""How long a verdict may be kept by a front or by the counter itself, and for which key.

A verdict depends on what the client has done, and on much that a request says. What is kept must be
good for every request with the same key, so a verdict is kept only where the rules that could hold
ask for nothing else, and only for a moment where they ask what the client was sent.
"""

from __future__ import annotations

from functools import lru_cache

from stagedoor.engine.transaction import Transaction
from stagedoor.model.facts import PEOPLE
from stagedoor.rules.fields import CHALLENGED, FROM, HEADER

SETTLED = 60
"""Seconds, where only rules and stance decide."""
LISTENING = 2
"""The same where a rule asks what was sent to the client: so late may a sweep be stopped."""
_METHODS = frozenset({"GET", "HEAD"})

KEY = (
    *("Client address", "X-Forwarded-Proto", "Host", "method", "target", "User-Agent", "Accept"),
    *("Accept-Encoding", "Accept-Language", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site"),
    *("Sec-CH-UA", "Sec-CH-UA-Platform", "Range", "Origin", "Upgrade", "Icy-MetaData", "Via"),
)
"""What a kept verdict is good for: all that the shipped rules and the traits of browsers read."""
_NAMED = frozenset(name.lower() for name in KEY)
OF_ONE_REQUEST = frozenset({"authorization", "signature", "signature-input"})
"""Who sends these is looked at each time: what they are worth may change with every request."""
_TRAITS = frozenset({"client.traits", "client.trait_count"})


def seconds(transaction: Transaction, *, fingerprinted: bool = False) -> int:
    """For how long this verdict is good for the same key; 0: for this request alone.

    `fingerprinted`: fronts say by a header of their own what the visitor's TLS looks like.
    """
    verdict, request, policy = transaction.verdict, transaction.request, transaction.policy
    if policy.counts or request.method not in _METHODS or verdict.delayed:
        return 0
    if transaction.violations or request.credentials != "none" or request.path == policy.trap:
        return 0
    first = request.first or {}
    if not OF_ONE_REQUEST.isdisjoint(first) or _reads_others(policy.uses):
        return 0
    if fingerprinted and not _TRAITS.isdisjoint(policy.uses):
        return 0
    client = transaction.client
    if client.name in policy.provable and client.proof == "unverified":
        return 0  # it may be proven in a moment
    if client.purpose not in PEOPLE and not verdict.refused:
        return 0  # each taking is evidence
    if transaction.steps.listening or transaction.steps.sentences:
        return LISTENING
    return SETTLED


_READ_FROM_OTHERS = frozenset({FROM, CHALLENGED})
"""Found in Referer, in cookies and the like, which are not in the key."""


@lru_cache(maxsize=8)
def _reads_others(uses: frozenset[str]) -> bool:
    """Whether a rule in force looks at a header that is not in the key."""
    return not _READ_FROM_OTHERS.isdisjoint(uses) or any(
        name.startswith(HEADER) and name.removeprefix(HEADER).lower() not in _NAMED for name in uses
    )
