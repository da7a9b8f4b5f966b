"""Several sites behind one front: a service for each, and one beside them for what is no site's.

What an artist decides, publishes, remembers of visitors and can prove is kept by site, in objects and
files of its own, so that nothing of one can be used for another. Shared are the listening sockets, the
catalogue, and the lists that are fetched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from stagedoor.config.site_stances import (
    FOLDER,
    clashes,
    default_fault,
    hosts_of,
    of_one_site,
)
from stagedoor.fetch.client import HttpClient
from stagedoor.fronts.addresses import is_trusted
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.service import Service
from stagedoor.load.site_policies import names
from stagedoor.model.errors import ConfigError, Problem, StagedoorError
from stagedoor.record import state_directory
from stagedoor.rules.policy import Policy

_log = logging.getLogger("stagedoor.door")


class SiteServices:
    """`shared` has the policy that all begin with; `make` makes the service of a site by its name;
    `faults` says what else a front finds wrong with a site's policy.
    """

    def __init__(
        self,
        shared: Service,
        names_: tuple[str, ...],
        make: Callable[[str], Service],
        faults: Callable[[Policy], list[Problem]] = lambda _: [],
    ) -> None:
        self.shared, self._faults = shared, faults
        self.each: Mapping[str, Service] = {name: make(name) for name in names_}
        for name, service in self.each.items():
            service.shared = shared
            service.vouch = partial(self._vouch, name)
        shared.vouch = self._vouch_shared
        shared.watcher.followers = tuple(each.watcher for each in self)

    def __iter__(self) -> Iterator[Service]:
        return iter(self.each.values())

    def apply(self, settings: Settings) -> None:
        """All or nothing at the start: ConfigError with the mistakes of every site."""
        assert self.shared.policy is not None
        self._vouch_shared(self.shared.policy)
        problems: list[Problem] = []
        for name, service in self.each.items():
            try:
                service.apply(settings.of_site(name, len(self.each)))
            except ConfigError as error:
                problems += error.problems
        if problems:
            raise ConfigError(problems)

    def _vouch(self, name: str, policy: Policy) -> None:
        """A site can be told from all others."""
        others = {
            other: hosts_of(service.policy.stance)
            for other, service in self.each.items()
            if service.policy is not None
        }
        problems = clashes(name, policy.stance, others, policy.place) + self._faults(policy)
        if problems:
            raise ConfigError(problems)

    def _vouch_shared(self, policy: Policy) -> None:
        """What is shared has nothing of one site's, and names no site that is not there."""
        problems = [
            *of_one_site(policy.stance, policy.place),
            *default_fault(policy.stance, self.each, policy.place),
        ]
        if problems:
            raise ConfigError(problems)
        if changed := set(names(self.shared.watcher.folder, policy)) ^ set(self.each):
            _log.warning(
                "sites come and go with the next start of the guard: %s", ", ".join(sorted(changed))
            )

    def open(self, state: Path | None, client: HttpClient | None = None) -> None:
        """Open what each keeps, in a state directory of its own. StagedoorError where one cannot be."""
        if state is not None:
            try:
                for folder in (state, state / FOLDER):
                    state_directory.prepare(folder)
            except OSError as error:
                raise StagedoorError(
                    f"the state directory {state} cannot be written: {error.strerror or error} — "
                    "choose another, or fix its rights"
                ) from error
        for service in self:
            service.open(client)

    def believes(self, address: str) -> bool:
        """Whether any of the sites trusts this address."""
        return any(is_trusted(address, service.trusted) for service in self)

    def reopen(self) -> None:
        """As a service does at SIGHUP, but for the rules: those are looked at by who watches."""
        for service in self:
            service.suite.reopen()
            service.marks.look_again()
            if service.settings is not None:
                service.traps.open(service.settings.state)

    def close(self) -> None:
        """Close what open() opened."""
        for service in self:
            service.close()
