"""`stagedoor serve`: the main job, in front of the user's own site."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pydantic import ValidationError

from stagedoor.config.stance import Site, Stance
from stagedoor.fronts.mitmproxy.startup import reverse_spec
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError

_EVERYWHERE = "0.0.0.0:8080"
"""Visitors come from everywhere."""


def run(options: argparse.Namespace) -> int:
    """Run the guard until it is stopped; what was not said stands in the stance."""
    stance = rule_folder.load(options.rules).stance
    arguments = command_line(options, stance)
    from mitmproxy.tools.main import mitmdump

    mitmdump(arguments)
    return 0


def command_line(options: argparse.Namespace, stance: Stance) -> Sequence[str]:
    """mitmdump's arguments; StagedoorError where the site is not named or an address is wrong."""
    try:
        site = Site(
            upstream=options.upstream or stance.site.upstream,
            listen=options.listen or stance.site.listen or _EVERYWHERE,
        )
    except ValidationError as error:
        told = str(error.errors()[0]["ctx"]["error"])
        raise StagedoorError(told) from error
    if not site.upstream:
        raise StagedoorError(
            "which site? Say --upstream http://localhost:8000, or write it into stance.yaml "
            "under site: upstream:"
        )
    settings = {
        "guard_rules": options.rules,
        "guard_state": options.state,
        "guard_mode": options.mode,
        "guard_metrics": options.metrics,
        "guard_trusted_proxies": options.trusted_proxies,
    }
    sets = [f"{name}={value}" for name, value in settings.items() if value is not None]
    return [
        "-s",
        str(rule_folder.GUARD_SCRIPT),
        "--mode",
        reverse_spec(site),
        *(word for text in sets for word in ("--set", text)),
    ]
