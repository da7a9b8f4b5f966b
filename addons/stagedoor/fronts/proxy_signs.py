"""What stands between the visitor and the guard: found by headers, and warned about with a setting.

Only a trusted proxy's headers are looked at, and they only ever take certainty away: a visitor who
writes them himself is no longer held to be an impostor, and gains nothing that a crawler whose
claim cannot be checked does not get.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stagedoor.fronts.addresses import Network, Proxies, Trace, is_trusted, parse, trace
from stagedoor.identify.edge_addresses import EdgeAddresses
from stagedoor.identify.intermediaries import intermediary
from stagedoor.model import edges
from stagedoor.model.edges import Edge
from stagedoor.model.facts import Request

FORWARDING = (
    "X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP",
    "CF-Connecting-IP", "Fastly-Client-IP", "X-Cluster-Client-IP", "X-Envoy-External-Address",
)  # fmt: skip
"""Headers that only a proxy has a reason to send; the best known first."""
MOST_WARNED = 32
_SIGNS = frozenset(edges.SIGNS) | frozenset(edges.LOOPS)
"""Headers that may show an intermediary, in lower case."""


def between(peer: str, request: Request, trusted: Sequence[Network]) -> str:
    """The intermediary whose address may stand in the place of the visitor's, by the headers that a
    trusted proxy passed on; empty where none is seen, or where its address has been looked behind.
    """
    if not trusted or not is_trusted(peer, trusted):
        return ""
    if request.first is not None and _SIGNS.isdisjoint(request.first):
        return ""
    edge: Edge | None = None
    own: dict[str, str] = {}
    via: list[str] = []
    loops: list[str] = []
    for name, value in request.headers:
        lowered = name.lower()
        sign = edges.SIGNS.get(lowered)
        if sign is not None:
            edge = edge or sign
            own[lowered] = value
        elif lowered in edges.LOOPS:
            (via if lowered == "via" else loops).append(value)
    if edge is None and not via and not loops:
        return ""
    edge = edge or edges.named(",".join((*loops, *via)))
    found = _trace(peer, request, trusted, own)
    if found.through:
        return ""  # a trusted edge was passed: the address is what that edge says
    if edge is None:
        entries = ",".join(via).count(",") + 1 if via else 0
        if loops:
            return "a content delivery network"
        # A trusted proxy may write itself into Via; one entry more is somebody before it.
        return "a proxy before the trusted one" if entries > found.hops else ""
    for name in edges.OWN_VISITOR.get(edge.word, ()):
        if str(parse(own.get(name, "")[:100]) or "") == found.address:
            return ""  # the address is the one that the network itself names
    return edge.name


def _trace(peer: str, request: Request, trusted: Sequence[Network], own: dict[str, str]) -> Trace:
    """The way of a request, from its headers."""
    before = [value for name, value in request.headers if name.lower() == "x-forwarded-for"]
    forwarded = [value for name, value in request.headers if name.lower() == "forwarded"]
    return trace(peer, ",".join(before), ",".join(forwarded), trusted, own)


_OFTEN, _EACH, _MOST_PEERS = 64, 16, 1024
"""So many requests of one peer are looked at, then one in so many; and peers that are counted."""


class Warnings:
    """One line about each thing in front that is not set up, with the setting that does it."""

    def __init__(self) -> None:
        self._warned: set[tuple[str, str]] = set()
        self._looks: dict[str, int] = {}

    def _rests(self, peer: str) -> bool:
        """Whether this request is passed over: of a peer that was looked at often, most are."""
        if len(self._looks) >= _MOST_PEERS and peer not in self._looks:
            self._looks.clear()
        looks = self._looks[peer] = self._looks.get(peer, 0) + 1
        return looks > _OFTEN and looks % _EACH != 0

    def look(
        self,
        peer: str,
        request: Request,
        trusted: Proxies,
        known: EdgeAddresses,
        between: str,
        *,
        in_stance: bool,
    ) -> str:
        """What to warn about in view of a request; empty for nothing new.

        `in_stance`: the trusted proxies stand in the stance.
        """
        if len(self._warned) >= MOST_WARNED or self._rests(peer):
            return ""
        for kind, subject, text, added in self._found(peer, request, trusted, known, between):
            if (kind, subject) in self._warned:
                continue
            self._warned.add((kind, subject))
            end = setting(trusted.written, added, in_stance=in_stance) if added else ""
            return f"{text}{end}"
        return ""

    def _found(
        self,
        peer: str,
        request: Request,
        trusted: Proxies,
        known: EdgeAddresses,
        between: str,
    ) -> Iterator[tuple[str, str, str, str]]:
        """Kind, subject, what to say, and the word to add to the trusted proxies."""
        address = request.address
        word = known.word(address)
        name = edges.BY_WORD[word].name if word else ""
        believed = is_trusted(peer, trusted)
        if not believed and not word and not _is_near(address):
            return  # a visitor from the Internet, who may say what he likes
        if believed and word and is_trusted(address, trusted):
            yield "silent", word, _SILENT.format(name=name), ""
        elif word:
            yield "edge", word, _EDGE.format(name=name), word
        elif believed and between:
            yield "sign", between, _SIGN.format(name=between, address=address), ""
        elif not believed:
            header = next((name for name in FORWARDING if request.header(name)), "")
            if header:
                yield "peer", address, _PEER.format(address=address, header=header), address
        if hidden := intermediary(request.agent):
            yield "agent", hidden, _AGENT.format(name=hidden), ""


_PEER = (
    "requests come from {address} with {header}, which is not believed: if that is your own proxy, "
)
_EDGE = (
    "requests come through {name}: its address is not the visitor's, so no crawler can be proven and "
    "no visitor distinguished from another — "
)
_SILENT = (
    "requests come through {name}, but your own proxy does not say for whom: let it pass "
    "X-Forwarded-For on (Caddy: servers {{ trusted_proxies static private_ranges … }}; nginx: "
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for)"
)
_SIGN = (
    "a request came through {name}, and {address} may be its address, not the visitor's: crawlers "
    "cannot be proven so — if {name} stands in front of your site, run stagedoor update, and add "
    "its name or its addresses to trusted_proxies"
)
_AGENT = (
    "requests come with the user agent of {name} in the place of the visitor's: nobody can be "
    "recognised — let {name} pass the User-Agent header on (CloudFront: the origin request policy "
    "AllViewer)"
)


def setting(words: Sequence[str], added: str, *, in_stance: bool) -> str:
    """The exact setting that trusts `added` as well."""
    every = [*words, added]
    if in_stance and words:
        listed = ", ".join(f'"{word}"' if ":" in word else word for word in every)
        return f"write trusted_proxies: [{listed}] under site in stance.yaml"
    return f"start with --set guard_trusted_proxies={','.join(every)}"


def _is_near(text: str) -> bool:
    """Whether the address is none of the Internet: this machine, a container, a private network."""
    address = parse(text)
    return address is not None and not address.is_global
