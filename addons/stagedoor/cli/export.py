"""`stagedoor export FRONT DIR`: the configuration of a proxy that asks the counter."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import ValidationError

from stagedoor.cli import site_choice
from stagedoor.cli.invocation import as_called
from stagedoor.cli.shared_options import add_rules, add_site
from stagedoor.config.address_values import split_listen
from stagedoor.config.stance import Site
from stagedoor.fronts.export.caddy_files import caddy_files
from stagedoor.fronts.export.envoy_files import envoy_files
from stagedoor.fronts.export.front_settings import Files, FrontSettings, front_settings
from stagedoor.fronts.export.haproxy_files import haproxy_files
from stagedoor.fronts.export.nginx_files import nginx_files
from stagedoor.fronts.export.traefik_files import traefik_files
from stagedoor.model.errors import StagedoorError

FRONTS: Mapping[str, Callable[[FrontSettings], Files]] = {
    "nginx": nginx_files,
    "caddy": caddy_files,
    "traefik": traefik_files,
    "haproxy": haproxy_files,
    "envoy": envoy_files,
}
_SERVES_FILES = frozenset({"nginx", "caddy"})
_CHECKS: Mapping[str, str] = {
    "nginx": "nginx -t -c {folder}/nginx.conf",
    "caddy": "caddy validate --adapter caddyfile --config {folder}/Caddyfile",
    "traefik": "traefik --configFile={folder}/traefik.yaml",
    "haproxy": "haproxy -c -f {folder}/haproxy.cfg",
    "envoy": "envoy --mode validate -c {folder}/envoy.yaml",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.description = (
        "Everything that the proxy needs to ask `stagedoor authorize`, commented. What the stance "
        "refuses whatever is asked for, the proxy refuses by itself. See docs/counter.md."
    )
    parser.add_argument("front", choices=FRONTS, help="which proxy")
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the files are written")
    add_rules(parser)
    add_site(parser)
    parser.add_argument(
        "--upstream", metavar="URL", help="where the site answers (site.upstream of the stance)"
    )
    parser.add_argument(
        "--root",
        type=Path,
        metavar="DIR",
        help="the folder of a site that nginx or Caddy serves itself; --upstream is then where it "
        "is served to the counter (http://127.0.0.1:9471)",
    )
    parser.add_argument(
        "--listen", metavar="HOST:PORT", default="0.0.0.0:8080", help="where visitors come to"
    )
    parser.add_argument(
        "--counter",
        metavar="HOST:PORT",
        default="127.0.0.1:9470",
        help="where the counter answers; for nginx also unix:PATH",
    )
    parser.add_argument(
        "--log",
        metavar="FILE",
        type=Path,
        help="let nginx write its log for the counter into this file, in the place of one message a "
        "request: for much traffic",
    )
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="let nginx keep no verdicts, not even for the seconds that they are good for",
    )


def run(options: argparse.Namespace) -> int:
    """Write the files, and say how to check them."""
    policy = site_choice.one_policy(options.rules)
    socket = options.counter.removeprefix("unix:") if options.counter.startswith("unix:") else ""
    if options.front != "nginx" and (socket or options.log is not None):
        asked = "asks over a Unix socket" if socket else "writes its log where --log says"
        raise StagedoorError(f"only nginx {asked} — leave it out for {options.front}")
    settings = front_settings(
        policy,
        policy.stance.mode,
        listen=_address(options.listen, "--listen", "0.0.0.0"),  # noqa: S104 (visitors come from everywhere)
        counter=("", 0) if socket else _address(options.counter, "--counter", "127.0.0.1"),
        site=_site(options, policy.stance.site.upstream),
        root=options.root.resolve() if options.root is not None else None,
        folder=options.folder.resolve(),
        cached=not options.no_cache,
        counter_path=socket,
        log_file=options.log.absolute() if options.log is not None else None,
    )
    for name, text in FRONTS[options.front](settings).items():
        path = options.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            raise StagedoorError(f"{path} cannot be written: {error.strerror}") from error
        print(path)
    crawlers = len(settings.refusals.names)
    print(f"{options.front} refuses {crawlers} crawlers by itself, and asks about everybody else.")
    print(f"Check it with: {_CHECKS[options.front].format(folder=settings.folder)}")
    counter = f"stagedoor authorize --listen {options.counter} --upstream {settings.site}"
    # The counter must decide by the rules that the configuration was written from.
    rules = f" --rules {shlex.quote(str(options.rules))}" if options.rules is not None else ""
    print(as_called(f"Then run:      {counter}{rules} --state DIR{_log(options)}"))
    print("DIR is where evidence and logs are kept.")
    return 0


def _log(options: argparse.Namespace) -> str:
    if options.log is not None:
        return f" --log spool:{options.log.absolute()}"
    if options.front not in {"traefik", "envoy"}:
        return ""
    return f" --log file:{options.folder.resolve()}/access.log"


def _address(text: str, option: str, usual: str) -> tuple[str, int]:
    try:
        host, port = split_listen(text)
    except ValueError as error:
        raise StagedoorError(f"{option}: {error}") from error
    return host or usual, port


def _site(options: argparse.Namespace, said: str) -> str:
    if options.root is not None:
        if options.front not in _SERVES_FILES:
            raise StagedoorError(
                f"{options.front} serves no files — say --upstream, where the site answers"
            )
        if not options.root.is_dir():
            raise StagedoorError(f"{options.root} is no folder — name the folder of the site")
    upstream = options.upstream or ("http://127.0.0.1:9471" if options.root is not None else said)
    try:
        found = Site(upstream=upstream).upstream
    except ValidationError as error:
        raise StagedoorError(str(error.errors()[0]["ctx"]["error"])) from error
    if not found:
        raise StagedoorError(
            "which site? Say --upstream http://localhost:8000, or --root and the folder of a site "
            "that is only files"
        )
    return found
