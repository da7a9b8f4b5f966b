"""Of a log of several sites, the requests of one: told apart by the host, where the log has it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from stagedoor.fronts.authorities import normalised
from stagedoor.fronts.replay.log_records import Exchange, Hit, NoRequest, Parse, Unreadable
from stagedoor.fronts.replay.tally import Tally
from stagedoor.model.facts import host_name
from stagedoor.rules.policy import Policy


class SiteTally(Tally):
    """Counts what is for one of `hosts`, and passes over the rest; `unsaid` says whether lines without
    a host are the site's.
    """

    def __init__(
        self,
        policies: Sequence[Policy],
        hosts: Collection[str],
        *,
        unsaid: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(policies, **more)
        self._hosts, self._unsaid = frozenset(hosts), unsaid
        self._known: dict[bytes, bool] = {b"": unsaid}

    def take_lines(self, lines: Sequence[bytes], parse: Parse, place: str, number: int) -> None:
        """As Tally.take_lines."""
        passed = 0

        def of_this_site(line: bytes) -> Any:
            nonlocal passed
            hit = parse(line)
            if type(hit) is Hit and not self._is_ours(hit.host):
                passed += 1
                return NoRequest(hit.at)
            return hit

        super().take_lines(lines, of_this_site, place, number)
        self.lines -= passed
        self.no_requests -= passed
        self.others += passed

    def take(self, found: Exchange | Unreadable, place: str, number: int) -> None:
        """As Tally.take."""
        if isinstance(found, Exchange) and not self._is_ours(found.request.host.encode("latin-1")):
            self.others += 1
            return
        super().take(found, place, number)

    def _is_ours(self, host: bytes) -> bool:
        known = self._known.get(host)
        if known is None:
            name = normalised(host.decode("latin-1"))
            known = bool(name) and host_name(name or "") in self._hosts
            if len(self._known) < MOST_KNOWN:
                self._known[host] = known
        return known


MOST_KNOWN = 4096
