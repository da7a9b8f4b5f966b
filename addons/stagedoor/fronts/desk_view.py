"""What a desk shows of a service, and the desks of several sites."""

from __future__ import annotations

from collections.abc import Callable

from stagedoor.fronts.service import Service
from stagedoor.fronts.site_services import SiteServices
from stagedoor.load import rule_folder
from stagedoor.model.facts import Mode
from stagedoor.record.metrics_of_sites import MetricsOfSites
from stagedoor.web.desk.answers import Desk
from stagedoor.web.desk.places import base_of
from stagedoor.web.desk.view import Outlook
from stagedoor.web.gate import Gate


def outlook(service: Service) -> Outlook | None:
    """The guard, or counter, as it is now; None while nothing is in force."""
    if service.policy is None or service.settings is None:
        return None
    strict = service.policy.stance.others.disguises == "no"  # it may have changed since
    return Outlook(
        service.policy,
        service.mode,
        service.settings.state,
        rule_folder.program_version(),
        service.watcher.trouble,
        (service.unseen,) if service.unseen and strict else (),
    )


def desks_of(
    sites: SiteServices, switch: Callable[[str, Mode, str], None], gate: Gate
) -> dict[str, Desk]:
    """One for each site; `switch` changes the mode of the site of that name."""

    def made(name: str, service: Service) -> Desk:
        return Desk(
            service.suite.day,
            lambda: outlook(service),
            lambda mode, by: switch(name, mode, by),
            gate,
            base_of(name),
        )

    return {name: made(name, service) for name, service in sites.each.items()}


def metrics_of(sites: SiteServices) -> MetricsOfSites:
    """The metrics of all sites, and what the whole guard counts."""
    registries = {name: service.suite.metrics.registry for name, service in sites.each.items()}
    return MetricsOfSites(sites.shared.suite.metrics.registry, registries)
