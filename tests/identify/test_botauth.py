"""Web Bot Auth: what a signature must hold, what it proves, and that no header breaks the reader."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from signing import Crawler, PrivateKey, algorithm, jwk, p256, rsa_pss
from stagedoor.identify.botauth import LIMITS, NONE, Limits, Outcome, check
from stagedoor.identify.keys import Key, Keys, read_keys
from stagedoor.identify.origins import key_set_of, origin_of
from stagedoor.model.facts import Request

NOW = 1_800_000_000
SIGNER = "https://signer.example"
URL = "https://music.example/music/a.mp3?token=1"
CRAWLER = Crawler(SIGNER, Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
OTHER = Crawler("https://other.example", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))

RFC_KEYID = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U"
RFC_PUBLIC = bytes.fromhex("26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb")
"""RFC 9421, B.1.4."""


def knows(*crawlers: Crawler) -> Any:
    """keys_for() of a guard that knows the directories of these."""
    found: dict[str, dict[str, Key]] = {}
    for crawler in crawlers:
        found.setdefault(crawler.origin, {}).update(read_keys(crawler.directory()))

    def keys_for(origin: str, _keyid: str) -> Keys | None:
        return found.get(origin)

    return keys_for


def judged(request: Request, now: float = NOW, **how: Any) -> Outcome:
    how.setdefault("authority", request.header("host"))
    return check(request, how.pop("keys_for", knows(CRAWLER, OTHER)), now, **how)


def asks(crawler: Crawler = CRAWLER, url: str = URL, method: str = "GET", **how: Any) -> Request:
    return crawler.asks(url, method, now=NOW, **how)


def with_headers(request: Request, **changes: str | None) -> Request:
    """`request` with headers replaced, added, or (None) left out; `_` stands for `-`."""
    names = {name.replace("_", "-").lower(): value for name, value in changes.items()}
    kept = [(name, value) for name, value in request.headers if name.lower() not in names]
    return replace(request, headers=(*kept, *((n, v) for n, v in names.items() if v is not None)))


def joined(*requests: Request) -> Request:
    """One request with the signatures of several."""
    lines = [
        (name, value)
        for request in requests
        for name, value in request.headers
        if name.startswith("Signature")
    ]
    return replace(requests[0], headers=(("Host", requests[0].header("host")), *lines))


# -- what is verified -------------------------------------------------------------------------


def test_a_signed_request_is_verified() -> None:
    outcome = judged(asks(params={"nonce": "once"}))
    assert outcome.standing == "verified"
    assert (outcome.signer, outcome.keyid) == (SIGNER, CRAWLER.keyid)
    assert (outcome.cause, outcome.nonce, outcome.until) == ("", "once", NOW + 60 + LIMITS.skew)
    assert len(outcome.signature) == 64
    assert outcome.covered == ("@authority", "signature-agent")


@pytest.mark.parametrize("form", ['"https://chatgpt.com"', "https://chatgpt.com"])
def test_the_older_forms_are_verified(form: str) -> None:
    crawler = Crawler("https://chatgpt.com", CRAWLER.private, legacy=True)
    request = asks(crawler)
    if not form.startswith('"'):  # signed as it is sent: without quotes
        crawler.agent = '"X"'
        request = with_headers(asks(crawler), signature_agent='"X"')
        assert judged(request, keys_for=knows(CRAWLER)).standing == "invalid"
        request = _signed_unquoted(form)
    outcome = judged(request, keys_for=knows(Crawler("https://chatgpt.com", CRAWLER.private)))
    assert (outcome.standing, outcome.signer) == ("verified", "https://chatgpt.com")


def _signed_unquoted(form: str) -> Request:
    covered = ['"@authority"', '"signature-agent"']
    how: dict[str, Any] = {"covered": covered, "fields": {"Signature-Agent": form}}
    signed = CRAWLER.headers("GET", URL, now=NOW, **how)
    return with_headers(
        asks(),
        signature_agent=form,
        signature_input=signed["Signature-Input"],
        signature=signed["Signature"],
    )


def test_the_published_vector_of_the_older_form() -> None:
    # draft-meunier-web-bot-auth-architecture, vector 4: its member is not named like the signature,
    # and it is valid for a century.
    nonce = (
        "n9p433xm+NJ3ph3upfBIGmsuwHw387YV7Q/F+6BSpGCVjYCqQw6rznNA8PVVLySrAWsv0hQtFioQb6E1YsauiA=="
    )
    request = Request(
        method="GET",
        host="example.com",
        path="/path/to/resource",
        target="/path/to/resource",
        agent="",
        headers=(
            ("Signature-Agent", 'agent2="https://signature-agent.test"'),
            (
                "Signature-Input",
                'sig2=("@authority" "signature-agent";key="agent2");created=1735689600;'
                f'keyid="{RFC_KEYID}";alg="ed25519";expires=4889289600;nonce="{nonce}";'
                'tag="web-bot-auth"',
            ),
            (
                "Signature",
                "sig2=:RdNFx5Bj6au3YgAMQL/RzmUlZE8QZLIaXGRpw985hWnwPfMxT228NMk6ehRS1PSl4e8PhbNZ"
                "ACSanGdhEwYCCg==:",
            ),
        ),
    )
    keys = {RFC_KEYID: Key(RFC_KEYID, Ed25519PublicKey.from_public_bytes(RFC_PUBLIC))}

    def ask(**how: Any) -> Outcome:
        how = {"authority": "example.com", "limits": Limits(validity=4e9), **how}
        return check(request, lambda _o, _k: keys, 1735689700, **how)

    outcome = ask()
    assert (outcome.standing, outcome.signer) == ("verified", "https://signature-agent.test")
    assert ask(authority="example.org").cause == "wrong"
    assert ask(limits=LIMITS).cause == "time"


RSA_N = (
    "r4tmm3r20Wd_PbqvP1s2-QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct-Lh1GH45x28Rw3Ry53mm-oAXjyQ86"
    "OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL-Wokq"
    "ltd11nqqzi-bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4"
    "aOT9v6d-nb4bnNkQVklLQ3fVAvJm-xdDOp9LCNCN48V2pnDOkFV6-U9nV5oyc6XI2w"
)
"""RFC 9421, B.1.2."""
VECTORS = {
    # draft-ietf-webbotauth-httpsig-protocol-00, appendix E: agent, components, expires, alg, nonce,
    # signature. The first is valid for a century.
    "E.1.1": (
        'agent2="https://signature-agent.test"',
        '"signature-agent";key="agent2"',
        4889289600,
        "wcfPQPh7SzkvrIVvhD00vNk9PkxJNY2NVbYl2PVBB4zmUoluSwE7W6bPtF60QA3k8g06FU7PPCD+J58YofY1zg==",
        "gHzpLNeHaHIO19NaJH9YMW5dcVSi2s0wOMBr6p18vcofS106sfC4KBIS0/szPlBBd1vIcyQ88B6CTEWIhRAiVrb9zf"
        "X0mx1aG12CSGWcYkSirHeyTxhbuJvXd27ed6skWoy4PjXItq38936ivUQjfdIwXh1aX6HxkAC3vRnEdSNfntkLWeEu"
        "IQ5BLIOBGE39fSwg27Qjq6OVWYas/9/aFUr3HA34MXWYdp+//cvlEKDp3kRoLOw9ro0AOr6srHrTeEtxon2afcws1a"
        "ZVSlPdd2fZSEIGmw9HAHLDCEkFTERu1gH2k/zIEqgy7CAYXI9E5slog0cLg/Vc6+f8gih33g==",
    ),
    "E.1.2": (
        '"https://signature-agent.test"',
        '"signature-agent"',
        1735693200,
        "XSHtZVCThSIAksXsH9WBs6AtxtXC0eQGiIcUGSoJstFs8lAWakjhrfwzLhyjtme5iXMZvmFWqDEs6cT3Jf+BbQ==",
        "I1QWNzGXdP1a4dSvOHLCVOOanEYHDk+ZsVxM9MLX/p4ko69ghKwR5EOtAD96g7g4GWP7lmpM/jFAf9q8EFRDTPLjUX"
        "ySwMv4YPgabv2LQihTJG2y8a2m6IGltyruwQNiqSJVUuRaG9+b17CGmAMFZh30X6GXLdQJrCARpeTqPwp2DC+a8haD"
        "E/VE5EruqzjA5/2mKwvrkzkSqeW5tOVtFwWRRHIOidquf/8Je6kM9mhgkg4arudLA5SL4wyyYE1jURIgcOl8agrfdJ"
        "5Def23DIRtiOLRa8jT9cpTLFAuFHN+mrZA/LH9h0gSIg1cPb+0cMASee5uku1KjWcFer7jWA==",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_published_vectors_with_rsa_pss(name: str) -> None:
    agent, covered, expires, nonce, made = VECTORS[name]
    entry = {"kty": "RSA", "e": "AQAB", "n": RSA_N}
    keys = read_keys(json.dumps({"keys": [entry]}).encode(), refused=frozenset())
    (keyid,) = keys
    request = Request(
        method="GET",
        host="example.com",
        path="/",
        target="/",
        agent="",
        headers=(
            ("Signature-Agent", agent),
            (
                "Signature-Input",
                f'sig2=("@authority" {covered});created=1735689600;keyid="{keyid}";'
                f'alg="rsa-pss-sha512";expires={expires};nonce="{nonce}";tag="web-bot-auth"',
            ),
            ("Signature", f"sig2=:{made}:"),
        ),
    )
    limits = Limits(validity=4e9)
    outcome = check(
        request, lambda _o, _k: keys, 1735689700, authority="example.com", limits=limits
    )
    assert (outcome.standing, outcome.signer) == ("verified", "https://signature-agent.test")
    assert outcome.keyid == "oD0HwocPBSfpNy5W3bpJeyFGY_IQ_YpqxSjQ3Yd-CLA"


@pytest.mark.parametrize(
    "components",
    [
        ("@method",),
        ("@path", "@query"),
        ("@request-target",),
        ("@target-uri",),
        ("@scheme", "accept"),
        ("user-agent",),
    ],
)
def test_other_components_may_be_signed_too(components: tuple[str, ...]) -> None:
    crawler = Crawler(SIGNER, CRAWLER.private, components=components)
    fields = {"Accept": "*/*", "User-Agent": "ExampleBot/1.0"}
    assert judged(asks(crawler, fields=fields)).standing == "verified"


@pytest.mark.parametrize(
    "target", ["/music/a[1].mp3", "/a|b.mp3?q[]=1", "/100%.mp3", "/%zz?x={y}", "/?"]
)
def test_targets_that_no_standard_knows_do_not_spoil_a_signature(target: str) -> None:
    request = replace(asks(), target=target)
    assert judged(request).standing == "verified"


def test_a_target_with_brackets_can_be_signed() -> None:
    crawler = Crawler(SIGNER, CRAWLER.private, components=("@path", "@query"))
    request = asks(crawler, "https://music.example/a[1].mp3?q[]=1")
    assert judged(request).standing == "verified"
    assert judged(replace(request, target="/a[2].mp3?q[]=1")).cause == "wrong"


def test_a_query_parameter_can_be_signed() -> None:
    covered = ['"@authority"', '"@query-param";name="token"', '"signature-agent";key="sig1"']
    fields = {'@query-param";name="token': "1"}
    request = asks(covered=covered, fields=fields)
    request = with_headers(request, **{'@query-param";name="token': None})
    assert judged(request).standing == "verified"
    assert judged(replace(request, target="/music/a.mp3?token=2")).cause == "wrong"


def test_the_port_counts_and_the_usual_port_does_not() -> None:
    assert judged(asks(url="https://music.example:8443/")).standing == "verified"
    request = asks(url="https://music.example/")
    assert judged(request, authority="Music.example:443").standing == "verified"
    assert judged(request, authority="music.example:8443").cause == "wrong"


def test_the_scheme_is_the_callers_to_say() -> None:
    crawler = Crawler(SIGNER, CRAWLER.private, components=("@target-uri",))
    request = asks(crawler, "http://music.example/a")
    assert judged(request, scheme="http").standing == "verified"
    assert judged(request).cause == "wrong"


def test_headers_in_several_lines_are_one() -> None:
    lines = joined(asks(Crawler(SIGNER, CRAWLER.private, label="a")), asks(OTHER))
    assert judged(lines).standing == "verified"


# -- what is not ------------------------------------------------------------------------------


def test_most_requests_are_not_signed() -> None:
    assert judged(with_headers(asks(), signature=None, signature_input=None)) is NONE
    assert judged(with_headers(asks(), signature=None)) is NONE
    assert judged(with_headers(asks(), signature_input=None)) is NONE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature", 'keyId="https://a.example/actor#main-key",algorithm="rsa-sha256"'),
        ("signature_input", 'sig1=("@method" "@target-uri");created=1;keyid="k"'),
        ("signature_input", "not a (dictionary"),
        ("signature_input", 'sig1="web-bot-auth"'),
        ("signature_input", 'sig1=("web-bot-auth");tag="other"'),
        ("signature_input", "sig1=5"),
    ],
)
def test_other_protocols_that_sign_are_none_of_ours(name: str, value: str) -> None:
    request = with_headers(asks(), signature_agent=None, **{name: value})
    if name == "signature":
        request = with_headers(request, signature_input='sig1=("date");created=1')
    assert judged(request) is NONE


@pytest.mark.parametrize(
    "authority",
    [
        "evil.example",
        "",
        "music.example:8443",
        "music.example/evil",
        "user@music.example",
        "music.example?x",
        "music.example#x",
        "music.example\n",
        "music.example:",
    ],
)
def test_a_signature_for_another_host_proves_nothing(authority: str) -> None:
    outcome = judged(asks(), authority=authority)
    assert (outcome.standing, outcome.cause) == ("invalid", "wrong")
    assert (outcome.nonce, outcome.signature, outcome.covered) == ("", b"", ())


@pytest.mark.parametrize(
    ("component", "change"),
    [
        ("@method", {"method": "POST"}),
        ("@path", {"target": "/music/b.mp3?token=1"}),
        ("@query", {"target": "/music/a.mp3?token=2"}),
        ("@target-uri", {"target": "/music/a.mp3"}),
    ],
)
def test_what_is_signed_cannot_be_changed(component: str, change: dict[str, str]) -> None:
    signed = asks(Crawler(SIGNER, CRAWLER.private, components=(component,)))
    assert judged(signed).standing == "verified"
    assert judged(replace(signed, **change)).cause == "wrong"  # type: ignore[arg-type]


def test_a_signed_header_cannot_be_changed() -> None:
    crawler = Crawler(SIGNER, CRAWLER.private, components=("user-agent",))
    request = asks(crawler, fields={"User-Agent": "ExampleBot"})
    assert judged(with_headers(request, user_agent="Other")).cause == "wrong"
    assert judged(with_headers(request, user_agent=None)).cause == "wrong"


def test_a_key_counts_only_for_the_origin_that_publishes_it() -> None:
    thief = Crawler(OTHER.origin, CRAWLER.private)
    outcome = judged(asks(thief))
    assert (outcome.standing, outcome.cause) == ("unverified", "unknown-key")
    assert outcome.signer == OTHER.origin


def test_a_signature_cannot_be_given_to_another_signer() -> None:
    request = with_headers(asks(), signature_agent=f'sig1="{OTHER.origin}"')
    assert judged(request).standing == "unverified"
    both = knows(CRAWLER, Crawler(OTHER.origin, CRAWLER.private))
    assert judged(request, keys_for=both).cause == "wrong"


def test_keys_that_are_not_known_leave_it_open() -> None:
    asked = []

    def keys_for(origin: str, keyid: str) -> None:
        asked.append((origin, keyid))

    outcome = judged(asks(), keys_for=keys_for)
    assert (outcome.standing, outcome.cause) == ("unverified", "no-keys")
    assert (outcome.signer, outcome.keyid) == (SIGNER, CRAWLER.keyid)
    assert asked == [(SIGNER, CRAWLER.keyid)]


@pytest.mark.parametrize(
    ("params", "cause"),
    [
        ({"created": None}, "incomplete"),
        ({"expires": None}, "incomplete"),
        ({"expires": "tomorrow"}, "incomplete"),
        ({"keyid": None}, "incomplete"),
        ({"keyid": "main"}, "incomplete"),
        ({"keyid": 5}, "incomplete"),
        ({"alg": "hmac-sha256"}, "incomplete"),
        ({"nonce": "n" * 300}, "malformed"),
        ({"nonce": 5}, "malformed"),
        ({"expires": NOW - 61, "created": NOW - 100}, "time"),
        ({"created": NOW + 61, "expires": NOW + 100}, "time"),
        ({"created": NOW, "expires": NOW}, "time"),
        ({"created": NOW, "expires": NOW - 5}, "time"),
    ],
)
def test_parameters_that_make_it_invalid(params: dict[str, Any], cause: str) -> None:
    asked: list[str] = []
    outcome = judged(asks(params=params), keys_for=lambda origin, _: asked.append(origin))
    assert (outcome.standing, outcome.cause) == ("invalid", cause)
    assert outcome.reason
    assert asked == []


@pytest.mark.parametrize(
    "params",
    [
        {"expires": NOW - 59, "created": NOW - 100},
        {"created": NOW + 59, "expires": NOW + 100},
        {"expires": NOW + 24 * 3600},
        {"alg": None},
        {"nonce": None},
    ],
)
def test_parameters_at_the_edge(params: dict[str, Any]) -> None:
    assert judged(asks(params=params)).standing == "verified"


def test_the_skew_can_be_set() -> None:
    request = asks(params={"created": NOW - 100, "expires": NOW - 30})
    assert judged(request, limits=Limits(skew=10)).cause == "time"
    assert judged(request, limits=Limits(skew=40)).standing == "verified"


@pytest.mark.parametrize(
    "params",
    [
        {"expires": NOW + 24 * 3600 + 1},
        {"created": -999_999_999_999_999, "expires": 999_999_999_999_999},
    ],
)
def test_a_longer_life_leaves_it_open(params: dict[str, Any]) -> None:
    """-01: over a day is a reason not to believe it, no reason to call it wrong."""
    outcome = judged(asks(params=params), keys_for=lambda *_: pytest.fail("no key is needed"))
    assert (outcome.standing, outcome.cause) == ("unverified", "time")


@pytest.mark.parametrize("alg", ["rsa-v1_5-sha256", "ecdsa-p384-sha384", "new", 5])
def test_another_algorithm_leaves_it_open(alg: object) -> None:
    outcome = judged(asks(params={"alg": alg}))
    assert (outcome.standing, outcome.cause) == ("unverified", "unsupported")


KINDS = [CRAWLER.private, p256(), rsa_pss()]


@pytest.mark.parametrize("private", KINDS, ids=["ed25519", "p256", "rsa-pss"])
@pytest.mark.parametrize("params", [{}, {"alg": None}], ids=["named", "from the key"])
def test_three_algorithms(private: PrivateKey, params: dict[str, Any]) -> None:
    crawler = Crawler(SIGNER, private)
    request = asks(crawler, params=params)
    assert judged(request, keys_for=knows(crawler)).standing == "verified"
    assert judged(request, keys_for=knows(crawler), authority="x.example").cause == "wrong"
    value = request.header("signature")
    forged = value[:9] + ("A" if value[9] != "A" else "B") + value[10:]
    changed = with_headers(request, signature=forged)
    assert judged(changed, keys_for=knows(crawler)).cause == "wrong"


@pytest.mark.parametrize("private", KINDS, ids=["ed25519", "p256", "rsa-pss"])
@pytest.mark.parametrize("alg", ["ed25519", "ecdsa-p256-sha256", "rsa-pss-sha512"])
def test_a_request_cannot_choose_another_algorithm_than_its_keys(
    private: PrivateKey, alg: str
) -> None:
    crawler = Crawler(SIGNER, private)
    outcome = judged(asks(crawler, params={"alg": alg}), keys_for=knows(crawler))
    assert outcome.standing == ("verified" if alg == algorithm(private) else "invalid")


WELL_KNOWN = f"{SIGNER}/.well-known/http-message-signatures-directory"


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    ("agent", "signer"),
    [
        (SIGNER, SIGNER),
        (f"{SIGNER}/", SIGNER),
        ("HTTPS://Signer.example:443", SIGNER),
        (WELL_KNOWN, SIGNER),
        (f"{WELL_KNOWN}?day=1", SIGNER),
        (f"{SIGNER}/jwks.json", f"{SIGNER}/jwks.json"),
        (f"{SIGNER}/jwks.json?v=2", f"{SIGNER}/jwks.json"),
        (f"{SIGNER}/%6Awks.json", f"{SIGNER}/jwks.json"),
        (f"{SIGNER}:8443/a/keys", f"{SIGNER}:8443/a/keys"),
    ],
)
def test_the_signer_is_the_address_of_its_keys(legacy: bool, agent: str, signer: str) -> None:
    """-01: the value is the address of the key set; -00: an origin. Both are one identity."""
    crawler = Crawler(signer, CRAWLER.private, agent=agent, legacy=legacy)
    outcome = judged(asks(crawler), keys_for=knows(crawler))
    assert (outcome.standing, outcome.signer) == ("verified", signer)


def test_two_key_sets_of_one_origin_are_two_signers() -> None:
    one = Crawler(f"{SIGNER}/a.json", CRAWLER.private)
    assert judged(asks(one), keys_for=knows(CRAWLER)).cause == "no-keys"
    assert judged(asks(CRAWLER), keys_for=knows(one)).cause == "no-keys"


def test_a_key_has_its_own_times() -> None:
    (key,) = read_keys(CRAWLER.directory()).values()
    for early, late, standing in [
        (0, NOW, "verified"),
        (0, NOW - 61, "invalid"),
        (NOW + 61, NOW + 99, "invalid"),
    ]:
        timed = {key.thumbprint: replace(key, not_before=early, expires=late)}
        assert judged(asks(), keys_for=lambda _o, _k, timed=timed: timed).standing == standing


@pytest.mark.parametrize(
    "covered",
    [
        ['"@authority"'],
        ['"signature-agent";key="sig1"'],
        ['"@method"', '"signature-agent";key="sig1"'],
        ['"@authority"', '"signature-agent";key="sig2"'],
        ['"@authority";req', '"signature-agent";key="sig1"'],
        [],
    ],
)
def test_what_must_be_signed(covered: list[str]) -> None:
    outcome = judged(asks(covered=covered))
    assert (outcome.standing, outcome.cause) == ("invalid", "incomplete")


def test_the_older_form_must_be_signed_as_a_whole() -> None:
    request = asks(Crawler(SIGNER, CRAWLER.private, legacy=True), covered=['"@authority"'])
    assert judged(request).cause == "incomplete"


def test_a_signature_that_covers_two_members_needs_its_own() -> None:
    covered = ['"@authority"', *(f'"signature-agent";key="{name}"' for name in "ab")]
    request = with_headers(
        asks(covered=covered), signature_agent=f'a="{SIGNER}", b="{OTHER.origin}"'
    )
    assert judged(request).cause == "incomplete"


def test_without_a_signature_agent_there_is_nobody_to_ask() -> None:
    outcome = judged(with_headers(asks(), signature_agent=None))
    assert (outcome.standing, outcome.cause) == ("invalid", "incomplete")


@pytest.mark.parametrize(
    ("agent", "cause"),
    [
        ('sig1="http://signer.example"', "malformed"),
        ('sig1="https://signer.example/keys#one"', "malformed"),
        ('sig1="https://signer.example/a/../keys"', "malformed"),
        ('sig1="https://signer.example//keys"', "malformed"),
        ('sig1="https://signer.example/k eys"', "malformed"),
        ('sig1="https://signer.example/keys";type=directory', "malformed"),
        ('sig1="https://user@signer.example"', "malformed"),
        ('sig1="https://localhost"', "malformed"),
        ('sig1="https://[::1]"', "malformed"),
        ('sig1="data:application/json,{}"', "malformed"),
        ("sig1=5", "malformed"),
        ("sig1", "malformed"),
        ("sig1=(", "malformed"),
        ('sig1=("https://signer.example")', "malformed"),
        ('sig1="https://a.example", sig1="https://b.example"', "malformed"),
        ('sig2="https://signer.example"', "incomplete"),
        ("", "incomplete"),
        ("  ", "incomplete"),
    ],
)
def test_a_signature_agent_that_names_no_origin(agent: str, cause: str) -> None:
    outcome = judged(with_headers(asks(), signature_agent=agent))
    assert (outcome.standing, outcome.cause) == ("invalid", cause)


@pytest.mark.parametrize("parameter", ["type=cimd", "type=other", "v=1", "type=directory;v=1"])
def test_other_ways_to_find_keys_leave_it_open(parameter: str) -> None:
    agent = f'sig1="https://signer.example/jwks.json";{parameter}'
    outcome = judged(with_headers(asks(), signature_agent=agent))
    assert (outcome.standing, outcome.cause) == ("unverified", "unsupported")
    assert judged(
        with_headers(asks(), signature_agent=f'sig1="{SIGNER}";type=directory')
    ).cause == "wrong"  # the parameter belongs to what is signed  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "agent", "signer"),
    [
        ("directory", SIGNER, SIGNER),
        ("directory", WELL_KNOWN, SIGNER),
        ("jwks_uri", f"{SIGNER}/jwks.json", f"{SIGNER}/jwks.json"),
    ],
)
def test_the_types_of_the_earlier_draft(kind: str, agent: str, signer: str) -> None:
    crawler = Crawler(signer, CRAWLER.private, agent=agent, parameters=f";type={kind}")
    outcome = judged(asks(crawler), keys_for=knows(crawler))
    assert (outcome.standing, outcome.signer) == ("verified", signer)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature_input", 'sig1=("@authority";tag="web-bot-auth"'),
        ("signature_input", "web-bot-auth\xff"),
        ("signature_input", ", " * 100 + "web-bot-auth"),
        ("signature_input", 'sig1=(host 7);created=1;expires=2;keyid="k";tag="web-bot-auth"'),
        ("signature", "sig1=abc"),
        ("signature", "sig2=:YWJj:"),
        ("signature", 'sig1="abc"'),
        ("signature", "sig1=:not base64!:"),
    ],
)
def test_headers_that_cannot_be_read(name: str, value: str) -> None:
    outcome = judged(with_headers(asks(), **{name: value}))
    assert (outcome.standing, outcome.cause) == ("invalid", "malformed")


@pytest.mark.parametrize("value", ["sig1=::", "sig1=:YWJj:", f"sig1=:{'A' * 86}==:"])
def test_bytes_that_are_no_signature(value: str) -> None:
    assert judged(with_headers(asks(), signature=value)).cause == "wrong"


def test_every_byte_of_the_signature_counts() -> None:
    request = asks()
    value = request.header("signature")
    for at in range(6, 91):  # the last letter holds bits that are not used
        other = value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]
        assert judged(with_headers(request, signature=other)).standing == "invalid"


# -- several, and too much --------------------------------------------------------------------


def test_of_several_signatures_the_best_counts() -> None:
    bad = asks(Crawler(SIGNER, CRAWLER.private, label="bad"), params={"expires": NOW - 100})
    unknown = asks(Crawler("https://new.example", label="new"))
    assert judged(joined(bad, unknown)).cause == "no-keys"
    assert judged(joined(unknown, bad)).cause == "no-keys"
    assert judged(joined(bad, unknown, asks(OTHER))).signer == OTHER.origin


def test_work_is_bounded() -> None:
    many = [asks(Crawler(SIGNER, CRAWLER.private, label=f"s{n}")) for n in range(5)]
    assert judged(joined(*many)).cause == "malformed"
    assert judged(joined(*many[:4])).standing == "verified"
    long = with_headers(asks(), signature_agent=f'sig1="{SIGNER}", b="{"x" * 5000}"')
    assert judged(long).cause == "malformed"
    covered = ['"@authority"', '"signature-agent";key="sig1"', *('"accept"',) * 20]
    assert judged(asks(covered=covered)).cause == "malformed"
    parts = with_headers(asks(), signature=asks().header("signature") + ";a" * 200)
    assert judged(parts).cause == "malformed"
    crawler = Crawler(SIGNER, CRAWLER.private, components=("@path",))
    assert judged(asks(crawler, f"https://m.example/{'p' * 20_000}")).cause == "malformed"
    crawler = Crawler(SIGNER, CRAWLER.private, components=("cookie",))
    assert judged(asks(crawler, fields={"Cookie": "c" * 20_000})).cause == "malformed"
    assert judged(asks(crawler, fields={"Cookie": "c" * 10_000})).standing == "verified"


def test_a_component_signed_twice_is_wrong() -> None:
    covered = ['"@authority"', '"@authority"', '"signature-agent";key="sig1"']
    assert judged(asks(covered=covered)).cause == "wrong"


# -- origins ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://chatgpt.com", "https://chatgpt.com"),
        ("HTTPS://ChatGPT.com:443/", "https://chatgpt.com"),
        ("https://signer.example:8443", "https://signer.example:8443"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://chatgpt.com", ""),
        ("https://chatgpt.com/x", ""),
        ("https://chatgpt.com?x", ""),
        ("https://chatgpt.com#x", ""),
        ("https://chatgpt.com\n", ""),
        ("https://chatgpt.com:", ""),
        ("https://chatgpt.com:70000", ""),
        ("https://chatgpt.com.", ""),
        ("https://chatgpt..com", ""),
        ("https://-a.example", ""),
        ("https://b\xfccher.example", ""),
        ("https://user@chatgpt.com", ""),
        ("https://chatgpt.com\\@evil.example", ""),
        ("https://" + "a" * 64 + ".example", ""),
        ("https://" + "a." * 127 + "example", ""),
        ("chatgpt.com", ""),
        ("", ""),
    ],
)
def test_origins(text: str, origin: str) -> None:
    assert origin_of(text) == origin


# -- whatever comes ---------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *("sig1", "=", "(", ")", '"@authority"', '"signature-agent"', ';key="sig1"', ";", ",", " "),
        *('"', ":", "YWJj", "@1", "?1", "*", "1.5", "-1", '%"f%c3%bc"', "\\", "\x00", "\xff", "\t"),
        *(';tag="web-bot-auth"', f';keyid="{CRAWLER.keyid}"', f";created={NOW}"),
        *(f";expires={NOW + 60}", ';alg="ed25519"', f'"{SIGNER}"', '"@query-param";name="a"'),
        *('"@status"', '"cookie";bs', '"accept";sf', ';key="sig1";req', '"@path"', '"\\""'),
    ]
)
GARBAGE = st.lists(PIECES, max_size=30).map("".join) | st.text(
    st.characters(max_codepoint=255), max_size=200
)


# As it would have to look to come further than the first glance.
INPUTS = st.builds(
    "sig1=({}){}".format,
    st.lists(PIECES, max_size=8).map(" ".join),
    st.lists(PIECES, max_size=8).map(lambda pieces: ';tag="web-bot-auth"' + "".join(pieces)),
)
PLAUSIBLE = INPUTS | GARBAGE.map(lambda text: f'{text};tag="web-bot-auth"') | GARBAGE


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "Signature": GARBAGE,
            "signature-input": PLAUSIBLE,
            "Signature-Agent": GARBAGE | GARBAGE.map("sig1={}".format),
            "Cookie": GARBAGE,
            "Accept": GARBAGE,
        },
    ),
    st.text(max_size=20) | st.just("music.example"),
    GARBAGE,
)
def test_no_header_breaks_it(headers: Mapping[str, str], host: str, target: str) -> None:
    request = with_headers(asks(), **headers)
    outcome = judged(replace(request, target="/" + target), authority=host)
    assert outcome.standing != "verified" or not set(headers) - {"Cookie", "Accept"}


def _mutations(text: str) -> Iterator[str]:
    for at in range(0, len(text), 3):
        yield text[:at] + text[at + 1 :]
        yield text[:at] + "\xff" + text[at:]
        yield text[:at] + '"' + text[at:]
        yield text[:at]


@pytest.mark.parametrize("name", ["signature", "signature-input", "signature-agent"])
def test_a_damaged_header_is_never_verified_as_something_else(name: str) -> None:
    request = asks(params={"nonce": "once"})
    for text in _mutations(request.header(name)):
        outcome = judged(with_headers(request, **{name: text}))
        if outcome.standing == "verified":  # optional white space, or a letter of the unused tail
            assert (outcome.signer, outcome.keyid) == (SIGNER, CRAWLER.keyid)
            assert outcome.nonce == "once"


def test_the_test_keys_are_what_the_guard_reads() -> None:
    assert set(read_keys(CRAWLER.directory(OTHER))) == {CRAWLER.keyid, OTHER.keyid}
    assert jwk(CRAWLER.private)["crv"] == "Ed25519"


@pytest.mark.parametrize(
    ("signer", "address"),
    [
        (SIGNER, f"{SIGNER}/.well-known/http-message-signatures-directory"),
        (f"{SIGNER}/keys/one.json", f"{SIGNER}/keys/one.json"),
    ],
)
def test_the_keys_of_an_origin_stand_at_its_well_known_address(signer: str, address: str) -> None:
    assert key_set_of(signer) == address
