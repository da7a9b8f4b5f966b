"""Which of several sites a command is about, where nobody has said it with --site."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stagedoor.load import rule_folder, site_policies
from stagedoor.model.errors import StagedoorError, listed
from stagedoor.rules.policy import Policy


def one_policy(rules: Path | None) -> Policy:
    """The policy of the only site; StagedoorError where there are several."""
    shared = rule_folder.load(rules)
    if known := site_policies.names(rules, shared):
        raise StagedoorError(which(known))
    return shared


def of_host(rules: Path | None, host: str) -> tuple[Policy, str]:
    """The policy for requests to `host`, and the name of its site; empty where there is one alone.

    StagedoorError where there are several, and this is none of their names.
    """
    shared = rule_folder.load(rules)
    sites = site_policies.load_sites(rules, shared)
    if not sites:
        return shared, ""
    name = site_policies.site_of(host, sites, shared)
    if not name:
        raise StagedoorError(which(sites, host))
    return sites[name], name


def which(known: Mapping[str, Policy] | tuple[str, ...], host: str = "") -> str:
    """What to report where a site must be named."""
    said = f"{host} is the name of none of the sites" if host else "there are several sites here"
    return f"{said}: name one with --site ({listed(known)})"
