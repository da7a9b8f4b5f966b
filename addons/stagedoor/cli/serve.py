"""`stagedoor serve`: the main job, in front of the user's own site."""

from __future__ import annotations

import argparse
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from stagedoor.cli.shared_options import add_guard, add_upstream_trust
from stagedoor.config.address_values import split_listen
from stagedoor.config.stance import Site, Stance
from stagedoor.fronts import steering
from stagedoor.load import rule_folder, site_policies
from stagedoor.model.errors import StagedoorError

_EVERYWHERE = "0.0.0.0:8080"
"""Visitors come from everywhere."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("--upstream", metavar="URL", help="where the site answers")
    parser.add_argument(
        "--listen", metavar="HOST:PORT", help="where visitors come to (0.0.0.0:8080)"
    )
    add_guard(parser)
    parser.add_argument("--metrics", metavar="HOST:PORT", help="where metrics are served, or off")
    add_upstream_trust(parser)
    parser.add_argument(
        "--trusted-proxies", metavar="A,B", help="whose X-Forwarded-For is believed"
    )
    parser.add_argument(
        "--tls-cert", type=Path, metavar="FILE", help="serve HTTPS with this certificate and chain"
    )
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="the certificate's key")
    parser.add_argument(
        "--redirect", metavar="HOST:PORT", help="send visitors of http:// there to https://"
    )
    parser.add_argument(
        "--webroot", type=Path, metavar="DIR",
        help="where certbot or lego puts challenges, which --redirect hands out",
    )  # fmt: skip
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes that serve on the one port, each its part of all networks (1)",
    )
    parser.add_argument(
        "--grace",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="at the end, for responses that are on their way (10)",
    )
    parser.add_argument(
        "--store", metavar="URL", help="where several guards share what they remember: valkey://…"
    )
    parser.add_argument(
        "--firewall",
        choices=("nft",),
        help="turn clients away in the kernel that were refused for long; needs CAP_NET_ADMIN",
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
    loaded = rule_folder.read(options.rules)
    stance = loaded.policy.stance
    site = site_of(options, stance, lambda: site_policies.an_upstream(options.rules, loaded.policy))
    from stagedoor.fronts.mitmproxy.lean_master import Running, serve
    from stagedoor.fronts.mitmproxy.startup import reverse_spec, unusable
    from stagedoor.fronts.service_manager import ServiceManager

    manager = ServiceManager(os.environ, os.getpid())
    sockets: Sequence[socket.socket] = manager.sockets()
    others: Sequence[Sequence[socket.socket]] = ()
    if not sockets:
        for wrong in unusable(site):
            raise StagedoorError(wrong)
        shared = bool(options.store or stance.site.store)
        sockets, *others = _listen(site, options.workers, steered=not shared)
    elif options.workers > 1:
        raise StagedoorError(
            "--workers and a socket of systemd's do not go together: several workers open their own — "
            "take the .socket unit away, or --workers"
        )
    running = Running(manager, sockets, options.grace, others, loaded=loaded)
    with _redirect(options, stance, site):
        return serve(settings_of(options), reverse_spec(site), running)


@contextmanager
def _redirect(options: argparse.Namespace, stance: Stance, site: Site) -> Iterator[None]:
    """The port of http:// beside the guard's, where one is asked for."""
    if not options.redirect:
        if options.webroot:
            raise StagedoorError(
                "--webroot: nothing hands its files out — add --redirect 0.0.0.0:80"
            )
        yield
        return
    if not options.tls_cert:
        raise StagedoorError(
            "--redirect: there is no https:// to send visitors to — add --tls-cert FILE --tls-key FILE"
        )
    try:
        host, port = split_listen(options.redirect)
    except ValueError as error:
        raise StagedoorError(f"--redirect: {error}") from error
    from stagedoor.web.redirect import Redirect

    redirect = Redirect(host, port, _secure_port(stance, site), options.webroot)
    try:
        yield
    finally:
        redirect.close()


def _secure_port(stance: Stance, site: Site) -> int:
    """The port of https:// as visitors write it: the stance's address, else where the guard listens."""
    address = urlsplit(stance.publish.address)
    if address.scheme == "https":
        return address.port or 443
    return split_listen(site.listen)[1]


def _listen(site: Site, workers: int, *, steered: bool) -> list[list[socket.socket]]:
    host, port = split_listen(site.listen)
    try:
        return steering.listen(host, port, workers, steered=steered)
    except OSError as error:
        raise StagedoorError(
            f"{site.listen} cannot be listened at ({error.strerror or error})"
        ) from error


def settings_of(options: argparse.Namespace) -> Sequence[str]:
    """The guard's options as NAME=VALUE, those of --set behind them."""
    settings = {
        "guard_rules": options.rules,
        "guard_state": options.state,
        "guard_mode": options.mode,
        "guard_metrics": options.metrics,
        "guard_trusted_proxies": options.trusted_proxies,
        "guard_tls_cert": options.tls_cert,
        "guard_tls_key": options.tls_key,
        "guard_store": options.store,
        "guard_firewall": options.firewall,
        "guard_upstream_ca": options.upstream_ca,
        "guard_upstream_insecure": "yes" if options.upstream_insecure else None,
    }
    return [
        *(f"{name}={value}" for name, value in settings.items() if value is not None),
        *options.others,
    ]


def site_of(
    options: argparse.Namespace, stance: Stance, of_several: Callable[[], str] = str
) -> Site:
    """The site, and where the guard listens; StagedoorError where that is not said or is wrong.

    `of_several` finds where one of several sites is, where the shared stance does not say it.
    """
    try:
        site = Site(
            upstream=options.upstream or stance.site.upstream or of_several(),
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
