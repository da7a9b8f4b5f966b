"""`stagedoor serve`: the main job, in front of the user's own site."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from stagedoor.cli.shared_options import add_rules
from stagedoor.config.stance import Site, Stance
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import MODES

_EVERYWHERE = "0.0.0.0:8080"
"""Visitors come from everywhere."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("--upstream", metavar="URL", help="where the site answers")
    parser.add_argument(
        "--listen", metavar="HOST:PORT", help="where visitors come to (0.0.0.0:8080)"
    )
    add_rules(parser)
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep the decision log there")
    parser.add_argument("--mode", choices=MODES, help="observe refuses nobody")
    parser.add_argument("--metrics", metavar="HOST:PORT", help="where metrics are served, or off")
    parser.add_argument(
        "--upstream-ca",
        type=Path,
        metavar="FILE",
        help="the certificate to believe of a site behind https://, or of its authority",
    )
    parser.add_argument(
        "--upstream-insecure",
        action="store_true",
        help="believe every certificate of a site on this machine or in a private network",
    )
    parser.add_argument(
        "--trusted-proxies", metavar="A,B", help="whose X-Forwarded-For is believed"
    )
    parser.add_argument(
        "--store", metavar="URL", help="where several guards share what they remember: valkey://…"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="others",
        metavar="NAME=VALUE",
        help="any other option, as mitmdump takes it: --set guard_resolvers=127.0.0.1",
    )


def run(options: argparse.Namespace) -> int:
    """Run the guard until it is stopped; what was not said stands in the stance."""
    stance = rule_folder.load(options.rules).stance
    arguments = command_line(options, stance)
    from stagedoor.fronts.mitmproxy.startup import unusable

    for wrong in unusable(_site(options, stance)):
        raise StagedoorError(wrong)
    from mitmproxy.tools.main import mitmdump

    mitmdump(arguments)
    return 0


def command_line(options: argparse.Namespace, stance: Stance) -> Sequence[str]:
    """mitmdump's arguments; StagedoorError where the site is not named or an address is wrong."""
    from stagedoor.fronts.mitmproxy.startup import reverse_spec

    site = _site(options, stance)
    settings = {
        "guard_rules": options.rules,
        "guard_state": options.state,
        "guard_mode": options.mode,
        "guard_metrics": options.metrics,
        "guard_trusted_proxies": options.trusted_proxies,
        "guard_store": options.store,
        "guard_upstream_ca": options.upstream_ca,
        "guard_upstream_insecure": "yes" if options.upstream_insecure else None,
    }
    sets = [f"{name}={value}" for name, value in settings.items() if value is not None]
    sets += options.others
    return [
        "-s",
        str(rule_folder.GUARD_SCRIPT),
        "--mode",
        reverse_spec(site),
        *(word for text in sets for word in ("--set", text)),
    ]


def _site(options: argparse.Namespace, stance: Stance) -> Site:
    """The site, and where the guard listens; StagedoorError where that is not said or is wrong."""
    try:
        site = Site(
            upstream=options.upstream or stance.site.upstream,
            listen=options.listen or stance.site.listen or _EVERYWHERE,
        )
    except ValidationError as error:
        reason = str(error.errors()[0]["ctx"]["error"])
        raise StagedoorError(reason) from error
    if not site.upstream:
        raise StagedoorError(
            "which site? Say --upstream http://localhost:8000, or write it into stance.yaml "
            "under site: upstream:"
        )
    return site
