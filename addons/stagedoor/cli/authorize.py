"""`stagedoor authorize`: the counter, asked by nginx, Caddy, Traefik, HAProxy or Envoy."""

from __future__ import annotations

import argparse
import logging
import os
import socket
from dataclasses import replace

from pydantic import ValidationError

from stagedoor.cli.shared_options import add_guard, add_upstream_trust
from stagedoor.config.address_values import split_listen
from stagedoor.config.stance import Site
from stagedoor.config.store_address import store_address
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError

_LISTEN = "127.0.0.1:9470"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.description = (
        "A proxy in front of your site asks here, for each request, whether it may come in; "
        "`stagedoor export` writes the proxy's configuration. See docs/counter.md."
    )
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        default=_LISTEN,
        help=f"where fronts ask ({_LISTEN}), or unix:PATH",
    )
    parser.add_argument(
        "--log",
        action="append",
        default=[],
        metavar="WHERE",
        help="where the front's access log arrives: udp:HOST:PORT (the address of --listen unless "
        "said), unix:PATH or file:PATH; may be given several times",
    )
    parser.add_argument(
        "--upstream",
        metavar="URL",
        help="where the site itself answers: its robots.txt, and how long recordings are",
    )
    add_guard(parser)
    parser.add_argument(
        "--metrics",
        metavar="HOST:PORT",
        default="127.0.0.1:9464",
        help="where metrics are served, or off",
    )
    parser.add_argument(
        "--trusted-proxies",
        metavar="A,B",
        help="the fronts, and whose X-Forwarded-For is believed (this machine)",
    )
    add_upstream_trust(parser)
    parser.add_argument(
        "--store", metavar="URL", help="where several counters and guards share what they remember"
    )
    parser.add_argument(
        "--resolvers", metavar="A,B", default="", help="name servers that are asked about crawlers"
    )


def run(options: argparse.Namespace) -> int:
    """Answer until it is stopped."""
    from stagedoor.fronts.addresses import networks
    from stagedoor.fronts.authorize import running
    from stagedoor.fronts.mitmproxy.options import Settings
    from stagedoor.fronts.service_manager import ServiceManager

    logging.basicConfig(level=logging.INFO, format="[%(asctime)s] %(message)s", datefmt="%H:%M:%S")
    try:
        trusted = networks(options.trusted_proxies.split(",")) if options.trusted_proxies else None
    except ValueError as error:
        raise StagedoorError(f"--trusted-proxies: {error}") from error
    metrics = None
    if options.metrics != "off":
        try:
            host, port = split_listen(options.metrics)
        except ValueError as error:
            raise StagedoorError(f"--metrics: {error}") from error
        metrics = (host or "127.0.0.1", port)
    try:
        store = store_address(options.store) if options.store else None
    except ValueError as error:
        raise StagedoorError(f"--store: {error}") from error
    loaded = rule_folder.read(options.rules)
    stance = loaded.policy.stance
    try:
        upstream = Site(upstream=options.upstream or stance.site.upstream).upstream
    except ValidationError as error:
        raise StagedoorError(str(error.errors()[0]["ctx"]["error"])) from error
    settings = Settings(
        rules=options.rules,
        state=options.state,
        metrics=metrics,
        mode=options.mode,
        trusted_proxies=trusted,
        store=store,
        resolvers=tuple(filter(None, map(str.strip, options.resolvers.split(",")))),
        upstream_ca=options.upstream_ca,
        upstream_insecure=options.upstream_insecure,
        desk_password=os.environ.get("STAGEDOOR_DESK_PASSWORD", ""),
    )
    sockets = ServiceManager(os.environ, os.getpid()).sockets()
    place = running.place(options.listen, options.log, upstream)
    if any(each.type == socket.SOCK_DGRAM for each in sockets):
        place = replace(place, logs=tuple(options.log))
    running.run(settings, place, sockets, loaded)
    return 0
