"""The policies: what each use of the client may do. The one table of requests we make ourselves."""

from __future__ import annotations

from dataclasses import replace

from stagedoor.fetch.fetch_policy import FetchPolicy
from stagedoor.fetch.public_addresses import anywhere
from stagedoor.identify.keys import MAX_BYTES

KEYS_TYPE = "application/http-message-signatures-directory+json"

KEY_DIRECTORY = FetchPolicy(
    # Named by visitors, who are not trusted: no redirects, and little time.
    headers=(("Accept", KEYS_TYPE), ("User-Agent", "stagedoor")),
    mixed="skip",
    most=MAX_BYTES,
    seconds=5.0,
    connect=2.0,
    connect_last=5.0,
    # What is no directory is told apart by verify/key_directories.py: a server may be busy, or say
    # that nothing has changed.
    statuses=frozenset(),
    words={
        "certificate": "could not be reached by TLS ({why})",
        "dead": "could not be reached ({why})",
        "inside": "is at {addresses}: not public",
        "large": "sent more than {most} bytes",
        "lookup": "could not be reached ({why})",
        "nameless": "is at no address: not public",
        "odd": "could not be reached ({why})",
        "protocol": "did not answer with HTTP ({why})",
        "silent": "could not be reached (no answer)",
        "slow": "did not answer within {seconds:g} s",
        "tls": "could not be reached by TLS ({why})",
    },
)
"""The key directory of an operator that signs requests (Web Bot Auth), fetched beside the requests."""

KEY_SET = replace(
    KEY_DIRECTORY,
    headers=(
        ("Accept", "application/jwk-set+json, application/json;q=0.9, */*;q=0.5"),
        ("User-Agent", "stagedoor"),
    ),
)
"""The same where the key set is at an address of its own."""

LISTS = FetchPolicy(
    # Named in the catalogue, which people edit; operators move their lists.
    headers=(
        ("User-Agent", "Stagedoor (fetches lists of crawlers' addresses, at most hourly)"),
        ("Accept", "application/json, text/plain, */*;q=0.5"),
        ("Accept-Encoding", "identity"),
    ),
    redirects=3,
    most=4 << 20,
    seconds=20.0,
    connect=5.0,
    words={"encoded": "its answer is encoded ({why}), which nobody asked for"},
)
"""An operator's list of addresses or key directory, for `stagedoor update`."""

AUDIT = FetchPolicy(
    # The site is the artist's own, so it may lie on loopback; what it points to may not, unless the
    # site lies there itself. Every answer is kept, refusals too.
    schemes=frozenset({"http", "https"}),
    headers=(("Accept", "*/*"),),
    like_the_first=True,
    redirects=6,  # RFC 9309 asks for five at least
    last_redirect="return",
    most=1_000_000,
    longer="cut",
    head=64 << 10,
    seconds=15.0,
    connect=5.0,
    statuses=frozenset(),
    codings="decode",
    words={
        "certificate": "has a certificate that is not valid: {why}",
        "dead": "does not answer ({why})",
        "inside": "leads to {host}, which is not on the Internet: not asked",
        "lookup": "cannot be looked up ({why})",
        "nameless": "has no address for {host}",
        "protocol": "does not speak HTTP: {why}",
        "silent": "does not answer",
        "slow": "gives no whole answer within {seconds:g} seconds",
        "tls": "does not speak TLS — is it http://?",
    },
)
"""A page, file or recording of the site that `stagedoor audit` looks at."""

SITE = FetchPolicy(
    # The site behind the guard, at the address that the artist gave: asked for the guard's own sake.
    schemes=frozenset({"http", "https"}),
    methods=frozenset({"GET", "HEAD", "POST"}),
    addresses=anywhere,
    most=500 << 10,
    longer="cut",
    head=64 << 10,
    seconds=10.0,
    connect=5.0,
    statuses=frozenset(),
    codings="decode",
)
"""A signal file of the site behind, or what it says to those who do not log in."""

ELSEWHERE = FetchPolicy(
    # Where the site's own robots.txt is redirected to: public, unless the site itself is not.
    schemes=frozenset({"http", "https"}),
    headers=(("User-Agent", "Stagedoor (reads the robots.txt that a site redirects to)"),),
    most=500 << 10,
    longer="cut",
    head=64 << 10,
    seconds=10.0,
    connect=5.0,
    statuses=frozenset(),
    codings="decode",
)
"""The signal file at the end of a redirect that leads away from the site."""

INTROSPECTION = FetchPolicy(
    # Named by the artist in licence.yaml: their own server, perhaps beside this machine.
    schemes=frozenset({"http", "https"}),
    methods=frozenset({"POST"}),
    headers=(
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Accept", "application/json"),
        ("User-Agent", "Stagedoor"),
    ),
    addresses=anywhere,
    most=64 << 10,
    seconds=5.0,
    connect=2.0,
)
"""What the artist's licence server says of a token (RFC 7662), asked beside the requests."""

TIMESTAMP = FetchPolicy(
    # Named by the artist on the command line. Many such servers have no https, and the answer is
    # signed (RFC 3161 section 3.4). A POST is never redirected.
    schemes=frozenset({"http", "https"}),
    methods=frozenset({"POST"}),
    headers=(("Content-Type", "application/timestamp-query"), ("User-Agent", "Stagedoor")),
    addresses=anywhere,
    proxies=True,
    most=256 << 10,
    seconds=20.0,
    connect=20.0,
)
"""A time stamp for an export of the ledger."""
