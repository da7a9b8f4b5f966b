"""Asks a site as a crawler would, for `stagedoor audit`: each answer or failure as a Fetched.

What may be asked, and how much, is the policy AUDIT's (`fetch/uses.py`). One connection at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from stagedoor.audit.page_links import joined
from stagedoor.audit.responses import Fetched
from stagedoor.fetch.client import HttpClient
from stagedoor.fetch.fetch_policy import FetchError, FetchPolicy
from stagedoor.fetch.uses import AUDIT


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of one address: how much of the body is read, with which range, how long."""

    most: int
    byte_range: str = ""
    seconds: float = AUDIT.seconds


class Asker:
    """Asks with one user agent, from one machine, one thing at a time."""

    def __init__(self, user_agent: str, policy: FetchPolicy = AUDIT) -> None:
        headers = (("User-Agent", user_agent), *policy.headers)
        self._client = HttpClient(replace(policy, headers=headers, join=joined))

    async def get(self, url: str, wish: Wish) -> Fetched:
        """The last response at the end of `url`'s redirects, or why there is none."""
        policy = replace(self._client.policy, most=wish.most, seconds=wish.seconds)
        headers = [("Accept-Encoding", "identity" if wish.byte_range else "gzip")]
        if wish.byte_range:
            headers.append(("Range", wish.byte_range))
        try:
            found = await self._client.fetch(url, policy, headers=headers)
        except FetchError as error:
            return Fetched(url, final=error.url or url, hops=error.hops, trouble=str(error))
        return Fetched(
            url, found.status, found.fields, found.body, found.url, found.hops, cut=found.cut
        )
