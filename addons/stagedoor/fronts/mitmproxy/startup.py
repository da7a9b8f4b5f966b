"""Starting: from a bare `mitmdump -s guard.py` to a guarded site, and what is said about it."""

from __future__ import annotations

import errno
import logging
import os
import ssl
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mitmproxy import ctx
from mitmproxy.proxy import mode_specs
from mitmproxy.utils import human

from stagedoor.config.address_values import split_listen
from stagedoor.config.stance import Site
from stagedoor.fronts.addresses import Proxies
from stagedoor.fronts.blind_spots import at_start
from stagedoor.fronts.firewall import Firewall
from stagedoor.fronts.mitmproxy import log_output, start_checks
from stagedoor.fronts.mitmproxy.guarded_sites import GuardedSites
from stagedoor.fronts.mitmproxy.options import OPTIONS, Settings, misspelt
from stagedoor.fronts.mitmproxy.upstream_client import Upstream, UpstreamClient
from stagedoor.fronts.mitmproxy.upstreams import is_own, is_taken, leads_inside
from stagedoor.load import rule_folder
from stagedoor.model.errors import ConfigError
from stagedoor.model.facts import Mode
from stagedoor.record.suite import Suite
from stagedoor.rules.policy import Policy

_log = logging.getLogger("stagedoor.door")

_LISTS_ONLY = frozenset({"--options", "--commands"})


def settle_deferred(deferred: dict[str, Any]) -> None:
    """Report options of ours that mitmproxy could not read, and take them out.

    It would raise while the script is loading, drop the script without a word, and go on as a proxy
    that guards nothing.
    """
    for name, _, _ in OPTIONS:
        given = getattr(deferred.get(name), "val", None)
        if given is None or len(given) == 1:
            continue
        words = "has no value" if not given else f"is given {len(given)} times"
        _log.error("%s %s — write --set %s=… once", name, words, name)
        del deferred[name]


def reverse_spec(site: Site) -> str:
    """mitmproxy's words for what the stance says under `site`."""
    spec = f"reverse:{site.upstream}"
    if not site.listen:
        return spec
    host, port = split_listen(site.listen)
    return f"{spec}@{host}:{port}" if host else f"{spec}@{port}"


def into_reverse_mode(policy: Policy | None, several: GuardedSites | None = None) -> None:
    """Where mitmdump was started without a mode, take it from the stance.

    By the time a script is loaded, mitmdump is already opening its default port as a forward
    proxy. So the process is started anew with the mode on its command line: same process id, no
    port that was not asked for, and no moment as an open proxy.
    """
    if policy is None or _LISTS_ONLY & set(sys.argv):
        return
    if list(ctx.options.mode) != ["regular"]:
        if len(_sites()) < len(ctx.options.mode):
            _log.error(
                "the guard stands in front of a site, it is no forward proxy: "
                "write --mode reverse:http://localhost:8000 and no other mode"
            )
        for wrong in _own_answers(several):
            _log.error("%s", wrong)
        return
    site = policy.stance.site
    if several is not None and (first := several.first()) is not None:
        site = site.model_copy(update={"upstream": first.address})  # each request goes to its own
    if not site.upstream:
        _log.error(
            'nothing to guard yet: write "site: {upstream: http://localhost:8000}" into %s, '
            "or start with --mode reverse:http://localhost:8000",
            _stance_file(),
        )
        return
    upstreams = [site.upstream, *(several.addresses() if several is not None else ())]
    for upstream in dict.fromkeys(upstreams):
        for wrong in unusable(site.model_copy(update={"upstream": upstream})):
            _log.error("%s", wrong)
            return
    log_output.flush(terminal(ctx.master))
    arguments = [sys.executable, *sys.orig_argv[1:], "--mode", reverse_spec(site)]
    os.execv(sys.executable, arguments)  # noqa: S606 (our own command line, no shell)


def terminal(master: Any) -> Any:
    """mitmproxy's handler for lines on the terminal; None where it has none."""
    addon = master.addons.get("termlog")
    return getattr(addon, "logger", None)


def _own_answers(several: GuardedSites | None = None) -> Iterator[str]:
    """What keeps the modes of the command line from working: itself as the site, a taken port."""
    for site in _sites():
        at = site.listen_host(ctx.options.listen_host)
        port = site.listen_port(ctx.options.listen_port) or 0
        if is_own(site.address, (at, port)):
            yield _itself(site.data)
        for exchanges in several.each.values() if several is not None else ():
            upstream = exchanges.upstream
            if upstream is not None and is_own((upstream.host, upstream.port), (at, port)):
                yield _itself(upstream.address)
    server = ctx.master.addons.get("proxyserver")
    for instance in getattr(server, "servers", ()):
        if getattr(instance.last_exception, "errno", 0) == errno.EADDRINUSE:
            at = instance.mode.listen_host(ctx.options.listen_host)
            yield taken(at, instance.mode.listen_port(ctx.options.listen_port) or 0)


def unusable(site: Site) -> Iterator[str]:
    """What keeps a site of the stance, or of `stagedoor serve`, from being guarded there."""
    at, port = split_listen(site.listen) if site.listen else ("", 8080)
    parts = urlsplit(site.upstream)
    upstream = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    if is_own(upstream, (at, port)):
        yield _itself(site.upstream)
    elif port and is_taken(at, port):
        yield taken(at, port)


def _itself(upstream: str) -> str:
    return (
        f"the site at {upstream} would be the guard itself — write where the site listens, or let "
        "the guard listen at another port"
    )


def taken(host: str, port: int) -> str:
    """What to report about a port that another program has."""
    shown = f"[{host}]" if ":" in host else host
    where = f"{shown}:{port}" if host else f"port {port}"
    other = f"{shown}:{port + 1}" if host else str(port + 1)
    return (
        f"another program listens at {where} already — stop it, or choose another port, such as "
        f"--listen {other} (mitmdump: --mode reverse:…@{other})"
    )


def _sites() -> list[mode_specs.ReverseMode]:
    modes = map(mode_specs.ProxyMode.parse, ctx.options.mode)
    return [mode for mode in modes if isinstance(mode, mode_specs.ReverseMode)]


def hosts() -> list[str]:
    """The hosts of the sites behind the guard."""
    return [site.address[0] for site in _sites()]


def _stance_file() -> str:
    folder = Path(ctx.options.guard_rules) if ctx.options.guard_rules else rule_folder.SHIPPED_RULES
    return f"{rule_folder.shown(folder)}/stance.yaml"


def report(error: Exception) -> None:
    """Why nothing was started: a line for each mistake."""
    for text in str(error).splitlines():
        _log.error("%s", text)
    if isinstance(error, ConfigError):
        count = len(error.problems)
        _log.error("%d mistake%s; nothing was started.", count, "s" * (count != 1))


def report_misspelt(names: Iterable[str]) -> bool:
    """Whether there are options that look like ours and are not; each is reported."""
    wrong = misspelt(names)
    for text in wrong:
        _log.error("%s", text)
    return bool(wrong)


def unseen(policy: Policy, trusted: Proxies, header: str) -> str:
    """What the stance asks for and cannot be seen here."""
    certificate = bool(ctx.options.certs or ctx.options.guard_tls_cert)
    return at_start(policy.stance, proxied=bool(trusted), header=header, certificate=certificate)


def keeps_host() -> bool:
    """Whether the site gets the visitor's Host: where it is asked for, or the site is near."""
    return ctx.options.keep_host_header or all(map(leads_inside, hosts()))


def firewall(suite: Suite) -> Firewall | None:
    """Turn clients away in the kernel from now on, where that can be."""
    found = Firewall([port for _, port, *_ in _addresses(ctx.master.addons.get("proxyserver"))])
    if not found.open():
        return None
    suite.add(found)
    for name, source in found.measures().items():
        suite.metrics.watch(name, source)
    return found


async def look_at_sites(
    client: UpstreamClient,
    paths: Sequence[str],
    misfit: Callable[[str, str], None],
    several: GuardedSites | None = None,
) -> None:
    """Look at each site once, for what would undo the guard's work."""
    listening = [
        (host, port) for host, port, *_ in _addresses(ctx.master.addons.get("proxyserver"))
    ]
    if several is not None:
        for exchanges in several.each.values():
            if exchanges.upstream is not None:
                own = tuple(exchanges.service.publication.files)[:1]
                await start_checks.look(
                    exchanges.upstream, client, listening, own, exchanges.misfit
                )
        return
    for site in _sites():
        upstream = Upstream(site.scheme, *site.address)
        await start_checks.look(upstream, client, listening, paths, misfit)


def client_of_sites(settings: Settings, several: GuardedSites | None = None) -> UpstreamClient:
    """Let mitmproxy believe the site's certificate as the options say, and the guard's own client.

    A mistake is reported, and stops the start.
    """
    _trust(settings, several.upstream_hosts() if several is not None else ())
    return UpstreamClient(
        trust=ctx.options.ssl_verify_upstream_trusted_ca or "", blind=bool(ctx.options.ssl_insecure)
    )


def _trust(settings: Settings, others: Sequence[str] = ()) -> None:
    if settings.upstream_ca is not None:
        try:
            ssl.create_default_context(cafile=str(settings.upstream_ca))
        except OSError as error:  # SSLError is one
            reason = (
                "no certificate is in it" if isinstance(error, ssl.SSLError) else error.strerror
            )
            _log.error(
                "guard_upstream_ca: %s cannot be used (%s) — name a file with the certificate, in "
                "PEM (it begins with -----BEGIN CERTIFICATE-----)",
                settings.upstream_ca,
                reason,
            )
        else:
            ctx.options.update(ssl_verify_upstream_trusted_ca=str(settings.upstream_ca))
    if settings.upstream_insecure:
        far = [host for host in (*hosts(), *others) if not leads_inside(host)]
        if far:
            _log.error(
                "guard_upstream_insecure: %s is not on this machine or in a private network, so "
                "anybody on the way could be the site — name its certificate with guard_upstream_ca",
                " and ".join(far),
            )
        else:
            ctx.options.update(ssl_insecure=True)


def announce(
    policy: Policy,
    settings: Settings,
    mode: Mode,
    metrics: tuple[str, int] | None,
    password: str,
    trusted: Proxies,
    unseen: str,
    several: GuardedSites | None = None,
) -> None:
    """Say in the log what is guarded, and what is legal and still worth a look."""
    for text in message(policy, settings, mode, metrics, password, several):
        _log.info("%s", text)
    for text in several.advice() if several is not None else map(str, policy.advice):
        _log.warning("%s", text)
    for word in sorted(trusted.words - trusted.known.words):
        _log.warning(
            "the addresses of %s are not at hand, so it is not trusted yet: run stagedoor update "
            "--state %s", word, settings.lists or "DIR",
        )  # fmt: skip
    if unseen:
        _log.warning("%s", unseen)


def message(
    policy: Policy,
    settings: Settings,
    mode: Mode,
    metrics: tuple[str, int] | None,
    password: str = "",
    several: GuardedSites | None = None,
) -> Sequence[str]:
    """What is guarded, with what, and where to look: a few lines, no more."""
    sites = " and ".join(site.data for site in _sites())
    if several is not None:
        sites = f"{len(several.each)} site{'s' * (len(several.each) != 1)}"
    server = ctx.master.addons.get("proxyserver")
    listening = " and ".join(
        sorted({human.format_address(address) for address in _addresses(server)})
    )
    catalogue = policy.catalogue.signatures
    lines = [
        f"Stagedoor {rule_folder.program_version()} guards {sites}; visitors come to {listening}",
        f"  mode     {mode}" + (" (refusals are only written down)" if mode == "observe" else ""),
        f"  rules    {len(policy.rules)} loaded, {policy.in_force} in force under this stance",
        f"  known    {len(catalogue):,} crawlers and clients by {policy.matcher.tokens:,} signatures",
        f"  metrics  http://{metrics[0]}:{metrics[1]}/metrics" if metrics else "  metrics  off",
    ]
    if metrics:
        told = " (it asks for your password)" if settings.desk_password else ""
        if password and not settings.desk_password:
            told = (
                f" (any user, password {password} until the next start; choose one with "
                "--set guard_desk_password=…)"
            )
        lines.append(f"  desk     http://{metrics[0]}:{metrics[1]}/{told}")
    if settings.lists:
        lines.append(f"  state    {settings.lists}")
    return [*lines, *(f"  site     {text}" for text in (several.lines() if several else ()))]


def _addresses(server: Any) -> list[Any]:
    return list(server.listen_addrs()) if server is not None else []
