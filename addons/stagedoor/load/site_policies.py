"""The policies of several sites in one rules directory, read from disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stagedoor.config.site_stances import (
    FOLDER,
    clashes,
    default_fault,
    hosts_of,
    of_one_site,
)
from stagedoor.load import rule_folder
from stagedoor.model.errors import ConfigError, Problem
from stagedoor.rules.policy import Policy


def names(folder: Path | None, shared: Policy) -> tuple[str, ...]:
    """The sites of a rules directory, whose shared policy is `shared`; none where it is one site's.

    ConfigError where a folder cannot be a site's.
    """
    top, site = rule_folder.split(folder)
    if site:
        return ()
    return tuple(sorted({*shared.stance.sites, *rule_folder.site_folders(top)}))


def rules_of(folder: Path | None, name: str) -> Path:
    """What stands for one of several sites where a rules directory is named."""
    return (folder or rule_folder.SHIPPED_RULES) / FOLDER / name


def load_sites(folder: Path | None, shared: Policy) -> Mapping[str, Policy]:
    """The policy of each site, by its name; empty where there is one site.

    Raises ConfigError with the mistakes of all of them.
    """
    found: dict[str, Policy] = {}
    known = names(folder, shared)
    problems: list[Problem] = []
    if known:
        problems += of_one_site(shared.stance, shared.place)
        problems += default_fault(shared.stance, known, shared.place)
    for name in known:
        try:
            policy = rule_folder.build(rule_folder.sources(folder, name), shared, name)
        except ConfigError as error:
            problems += error.problems
            continue
        others = {other: hosts_of(one.stance) for other, one in found.items()}
        problems += clashes(name, policy.stance, others, policy.place)
        found[name] = policy
    if problems:
        raise ConfigError(problems)
    return found


def an_upstream(folder: Path | None, shared: Policy) -> str:
    """Where one of the sites is, plain HTTP before TLS; empty where there are none."""
    found = [policy.stance.site.upstream for policy in load_sites(folder, shared).values()]
    plain = [upstream for upstream in found if upstream.startswith("http:")]
    return next((upstream for upstream in [*plain, *found] if upstream), "")


def site_of(host: str, sites: Mapping[str, Policy], shared: Policy) -> str:
    """The site that a request to `host`, without a port, is for; empty where there is none."""
    named = (name for name, policy in sites.items() if host in hosts_of(policy.stance))
    return next(named, shared.stance.site.default)
