"""The `guard_…` options: declared once, parsed once.

Few, because everything an artist decides stands in the stance; these are for the person who starts the
program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stagedoor.config.address_values import split_listen
from stagedoor.config.site_names import is_site_name
from stagedoor.config.site_stances import FOLDER as SITES
from stagedoor.config.stance import Stance
from stagedoor.config.store_address import StoreAddress, store_address
from stagedoor.fronts.addresses import Proxies, networks
from stagedoor.fronts.mitmproxy.connections import HEAD, IDLE, IN_ALL, PER_HOUSEHOLD
from stagedoor.identify.edge_addresses import NO_EDGES, EdgeAddresses
from stagedoor.model.errors import did_you_mean
from stagedoor.model.facts import MODES, Mode

DEFAULT_METRICS = "127.0.0.1:9464"
PREFIX = "guard_"
MOST_CLIENTS = 10_000_000

OPTIONS: Sequence[tuple[str, str, str]] = (
    (
        "guard_rules",
        "",
        "Directory with your stance.yaml and rules. They are laid over the shipped ones: a file of "
        "the same name replaces the shipped file, an empty file switches it off. Empty means the "
        "shipped rules as they are.",
    ),
    (
        "guard_state",
        "",
        "Directory for what is to be kept: decisions.jsonl, one JSON line a decision worth reading."
        " Empty means that nothing is written to disk.",
    ),
    (
        "guard_metrics",
        DEFAULT_METRICS,
        "HOST:PORT where metrics for Prometheus are served (/metrics) and the desk (/), or off. They "
        "tell who visits: keep them on loopback unless you know better.",
    ),
    (
        "guard_desk_password",
        "",
        "Password of the desk; /metrics asks for none. Empty means none on loopback; elsewhere one "
        "is made up at every start and printed once.",
    ),
    (
        "guard_mode",
        "",
        "enforce carries refusals out; observe decides and records, and refuses nobody. Empty means"
        " what the stance says. Of several sites, NAME=observe is for one, after a comma.",
    ),
    (
        "guard_trusted_proxies",
        "",
        "Addresses, networks or names (cloudflare, fastly, cloudfront, akamai, bunny, google, "
        "imperva, sucuri), separated by commas, whose X-Forwarded-For and Forwarded headers are "
        "believed. Empty means what the stance says under site.trusted_proxies.",
    ),
    (
        "guard_resolvers",
        "",
        "Addresses of name servers, separated by commas, that are asked who a crawler's address "
        "belongs to. Empty means those of /etc/resolv.conf.",
    ),
    (
        "guard_clients",
        "50000",
        "How many visitors are remembered at once, for rules that count requests or throttle; the "
        "least recent are forgotten first. Each costs about 2 kB at most.",
    ),
    (
        "guard_store",
        "",
        "Where several guards of one site share what they remember of visitors: a server of Valkey "
        "or Redis, such as valkey://127.0.0.1:6379. Its password comes from the environment variable "
        "STAGEDOOR_STORE_PASSWORD, or from the file that STAGEDOOR_STORE_PASSWORD_FILE names. Empty "
        "means what the stance says under site.store.",
    ),
    (
        "guard_ja4_header",
        "",
        "Header in which a trusted proxy that ends TLS itself tells the visitor's JA4 fingerprint, "
        "such as X-JA4. Empty means what the stance says under site.ja4_header.",
    ),
    (
        "guard_upstream_ca",
        "",
        "File with the certificate that is believed of a site behind https://, or of the authority "
        "that has signed it (PEM). Empty means those of public authorities.",
    ),
    (
        "guard_upstream_insecure",
        "no",
        "yes believes every certificate of a site behind https://. Only for a site on this machine "
        "or in a private network.",
    ),
    (
        "guard_tls_cert",
        "",
        "File with the certificate that visitors see, and those it rests on (PEM, such as "
        "fullchain.pem). A renewed one is noticed. Empty means mitmproxy's own.",
    ),
    (
        "guard_tls_key",
        "",
        "File with the certificate's private key (PEM, such as privkey.pem). Empty means that it "
        "stands in the file with the certificate.",
    ),
    (
        "guard_firewall",
        "",
        "nft turns clients away in the kernel for a while that were refused a hundred times, and of "
        "whose address nothing else was seen. It needs nftables and the capability CAP_NET_ADMIN. "
        "Empty means that the firewall is not touched.",
    ),
    (
        "guard_connections",
        str(IN_ALL),
        "How many connections of visitors are kept open at once; fewer where the system grants fewer "
        "descriptors (ulimit -n). Then the oldest without a complete request makes room.",
    ),
    (
        "guard_connections_per_household",
        str(PER_HOUSEHOLD),
        "How many of them one household may have: an IPv4 address, or an IPv6 /64. Trusted proxies "
        "may have any number.",
    ),
    (
        "guard_head_seconds",
        f"{HEAD:g}",
        "Seconds in which the head of a request must be complete, and a TLS handshake before it.",
    ),
    (
        "guard_idle_seconds",
        f"{IDLE:g}",
        "Seconds for which a connection may rest between two requests.",
    ),
)


_SWITCH: Mapping[str, bool] = {"yes": True, "true": True, "no": False, "false": False, "": False}
_FIREWALLS: Mapping[str, bool] = {"nft": True, "no": False, "off": False, "": False}

_BOUNDS: Mapping[str, tuple[int, int]] = {
    "connections": (16, 1_000_000),
    "connections_per_household": (1, 1_000_000),
    "head_seconds": (1, 3600),
    "idle_seconds": (1, 86_400),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The options, understood. `metrics` is None where they are off."""

    rules: Path | None
    state: Path | None
    metrics: tuple[str, int] | None
    mode: Mode | None
    trusted_proxies: Proxies | None
    resolvers: tuple[str, ...] = ()
    ja4_header: str = ""
    clients: int = 50_000
    connections: int = IN_ALL
    per_household: int = PER_HOUSEHOLD
    head_seconds: float = HEAD
    idle_seconds: float = IDLE
    desk_password: str = ""
    upstream_ca: Path | None = None
    upstream_insecure: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None
    store: StoreAddress | None = None
    firewall: bool = False
    site: str = ""
    """The name of the site, where these are the settings of one of several."""
    shared_state: Path | None = None
    """The state directory of all of them: the lists that `stagedoor update` fetches lie there."""
    modes: Mapping[str, Mode] = field(default_factory=dict)
    """The modes of single sites, by name."""

    @property
    def lists(self) -> Path | None:
        """Where fetched lists of addresses and keys lie."""
        return self.shared_state or self.state

    def of_site(self, name: str, count: int) -> Settings:
        """The same for one of `count` sites: a state of its own, and a fair share of memory."""
        return replace(
            self,
            state=self.state / SITES / name if self.state else None,
            shared_state=self.state,
            mode=self.modes.get(name, self.mode),
            clients=max(1, self.clients // count),
            site=name,
        )

    def of_all(self) -> Settings:
        """The same for what is no site's: what is kept of requests is kept by their site."""
        return replace(self, state=None, shared_state=self.state)

    def store_for(self, stance: Stance) -> StoreAddress | None:
        """The shared store: the option's, else the stance's; None where the guard is alone."""
        found = self.store or (store_address(stance.site.store) if stance.site.store else None)
        if found is None or not self.site:
            return found
        return replace(found, site=f"{found.site}.{self.site}" if found.site else self.site)

    def mode_for(self, stance: Stance) -> Mode:
        """The mode in force: the option's, else the stance's."""
        return self.mode or stance.mode

    def ja4_header_for(self, stance: Stance) -> str:
        """The header in which trusted proxies pass JA4 on: the option's, else the stance's."""
        return self.ja4_header or stance.site.ja4_header.strip()

    def trusted_for(self, stance: Stance, known: EdgeAddresses = NO_EDGES) -> Proxies:
        """The trusted proxies: the option's, else the stance's; `known` are lists of edges."""
        if self.trusted_proxies is not None:
            return networks(self.trusted_proxies.written, known)
        return networks(stance.site.trusted_proxies, known)


def parse(options: Any) -> Settings:
    """Settings from an object with the options as attributes.

    Raises ValueError, whose message names the option and the fix; all mistakes at once, a line
    each.
    """
    wrong: list[str] = []
    metrics: tuple[str, int] | None = None
    trusted: Proxies | None = None
    if options.guard_metrics != "off":
        try:
            host, port = split_listen(options.guard_metrics)
            metrics = (host or "127.0.0.1", port)
        except ValueError as error:
            wrong.append(
                f"guard_metrics: {str(error).partition(' — ')[0]} — write {DEFAULT_METRICS}, or off"
            )
    mode, modes = _modes(options.guard_mode, wrong)
    if options.guard_trusted_proxies:
        try:
            trusted = networks(options.guard_trusted_proxies.split(","))
        except ValueError as error:
            wrong.append(f"guard_trusted_proxies: {error}")
    insecure = options.guard_upstream_insecure.strip().lower()
    if insecure not in _SWITCH:
        wrong.append(
            f'guard_upstream_insecure: "{options.guard_upstream_insecure}" is not yes or no'
            " — write yes or no"
        )
    store: StoreAddress | None = None
    if options.guard_store.strip():
        try:
            store = store_address(options.guard_store.strip())
        except ValueError as error:
            wrong.append(f"guard_store: {error}")
    clients = options.guard_clients.strip()
    if not (clients.isascii() and clients.isdigit() and 1 <= int(clients) <= MOST_CLIENTS):
        wrong.append(
            f'guard_clients: "{clients}" is not a number from 1 to {MOST_CLIENTS} — write 50000'
        )
    bounds = {
        name: _number(getattr(options, f"guard_{name}"), least, most, f"guard_{name}", wrong)
        for name, (least, most) in _BOUNDS.items()
    }
    firewall = options.guard_firewall.strip().lower()
    if firewall not in _FIREWALLS:
        wrong.append(
            f'guard_firewall: "{options.guard_firewall}" is no firewall that is known — write nft, or '
            "nothing"
        )
    if options.guard_tls_key and not options.guard_tls_cert:
        wrong.append("guard_tls_key: there is no guard_tls_cert that it belongs to — name both")
    if wrong:
        raise ValueError("\n".join(wrong))
    return Settings(
        rules=Path(options.guard_rules).expanduser() if options.guard_rules else None,
        state=Path(options.guard_state).expanduser() if options.guard_state else None,
        metrics=metrics,
        mode=mode,
        modes=modes,
        trusted_proxies=trusted,
        ja4_header=options.guard_ja4_header.strip(),
        clients=int(clients),
        connections=bounds["connections"],
        per_household=bounds["connections_per_household"],
        head_seconds=bounds["head_seconds"],
        idle_seconds=bounds["idle_seconds"],
        desk_password=options.guard_desk_password,
        upstream_ca=Path(options.guard_upstream_ca).expanduser()
        if options.guard_upstream_ca
        else None,
        upstream_insecure=_SWITCH.get(insecure, False),
        tls_cert=Path(options.guard_tls_cert).expanduser() if options.guard_tls_cert else None,
        tls_key=Path(options.guard_tls_key).expanduser() if options.guard_tls_key else None,
        store=store,
        firewall=_FIREWALLS.get(firewall, False),
        resolvers=tuple(filter(None, map(str.strip, options.guard_resolvers.split(",")))),
    )


def _modes(text: str, wrong: list[str]) -> tuple[Mode | None, Mapping[str, Mode]]:
    """`observe` for all, `anna=observe` for one site; what is neither is added to `wrong`."""
    every: Mode | None = None
    single: dict[str, Mode] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, given = part.rpartition("=")
        mode = next((known for known in MODES if known == given.strip()), None)
        if mode is None or (equals and not is_site_name(name.strip())):
            fix = did_you_mean(given, MODES) or f"write {' or '.join(MODES)}"
            wrong.append(f'guard_mode: "{part}" is not a mode — {fix}')
        elif equals:
            single[name.strip()] = mode
        else:
            every = mode
    return every, single


def modes_written(every: Mode | None, single: Mapping[str, Mode]) -> str:
    """The same as the option's value."""
    return ",".join([*([every] if every else []), *(f"{n}={m}" for n, m in sorted(single.items()))])


def _number(text: str, least: int, most: int, name: str, wrong: list[str]) -> int:
    """A whole number; what is none is added to `wrong`."""
    given = text.strip()
    if given.isascii() and given.isdigit() and least <= int(given) <= most:
        return int(given)
    default = next(value for option, value, _ in OPTIONS if option == name)
    wrong.append(f'{name}: "{given}" is not a number from {least} to {most} — write {default}')
    return 0


def misspelt(names: Iterable[str]) -> list[str]:
    """Messages for options that look like ours and are not: mitmproxy keeps silent about them."""
    known = [name for name, _, _ in OPTIONS]
    found = []
    for name in sorted(names):
        fix = did_you_mean(name, known)
        if fix or name.lower().startswith(PREFIX):
            fix = fix or f"known: {', '.join(known)}"
            found.append(f'there is no option "{name}" — {fix}')
    return found
