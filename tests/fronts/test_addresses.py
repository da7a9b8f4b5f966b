"""Whose address a request comes from: only what a trusted proxy has written is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.fronts.addresses import (
    MOST_HOPS,
    client_address,
    is_trusted,
    networks,
    parse,
    trace,
)

PROXY = "10.0.0.1"
TRUSTED = networks(["10.0.0.0/8", "2001:db8:ff::/48"])
PERSON = "198.51.100.7"


def asked(forwarded_for: str = "", forwarded: str = "", peer: str = PROXY) -> str:
    """The client's address, behind trusted proxies."""
    return client_address(peer, forwarded_for, forwarded, TRUSTED)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        (" 198.51.100.7 ", "198.51.100.7"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ('"198.51.100.7:4711"', "198.51.100.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ('"[2001:db8::1]:4711"', "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::1", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("[::ffff:198.51.100.7]:80", "198.51.100.7"),
    ],
)
def test_an_address_is_read_as_proxies_write_it(text: str, address: str) -> None:
    assert str(parse(text)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "unknown",
        "_hidden",
        "example.org",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.4/8",
        "[",
        "[]",
        ":",
        "::1::",
        "0x7f.1",
        "010.0.0.1",
        "1.2.3.4, 5.6.7.8",
    ],
)
def test_anything_else_is_no_address(text: str) -> None:
    assert parse(text) is None


def test_without_trusted_proxies_only_the_socket_counts() -> None:
    assert client_address(PROXY, PERSON, f"for={PERSON}", ()) == PROXY


def test_a_peer_that_is_not_trusted_is_not_believed() -> None:
    assert asked(PERSON, f"for={PERSON}", peer="203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize(
    ("forwarded_for", "address"),
    [
        (PERSON, PERSON),
        (f"{PERSON}:4711", PERSON),
        (f"6.6.6.6, {PERSON}", PERSON),
        (f"6.6.6.6,{PERSON},10.1.1.1", PERSON),
        (f"6.6.6.6, {PERSON}, 10.1.1.1, 10.2.2.2", PERSON),
        (f"{PERSON}, [2001:db8:ff::1]:80", PERSON),
        ("2001:db8::1", "2001:db8::1"),
        ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
        ("10.1.1.1", "10.1.1.1"),
        (f"6.6.6.6, nonsense, {PERSON}", PERSON),
        ("6.6.6.6, nonsense", PROXY),
        ("6.6.6.6, nonsense, 10.1.1.1", "10.1.1.1"),
        ("6.6.6.6, , 10.1.1.1", "10.1.1.1"),
        ("6.6.6.6,", PROXY),
        (",", PROXY),
        (" ", PROXY),
        ("unknown", PROXY),
    ],
)
def test_the_right_most_entry_that_no_proxy_of_ours_wrote_about_itself_counts(
    forwarded_for: str, address: str
) -> None:
    assert asked(forwarded_for) == address


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (f"for={PERSON}", PERSON),
        (f"For={PERSON};proto=https;by=10.0.0.1", PERSON),
        (f"proto=https; for={PERSON} ;by=x", PERSON),
        (f'for="{PERSON}:4711"', PERSON),
        ('for="[2001:db8::1]:4711"', "2001:db8::1"),
        (f"for=6.6.6.6, for={PERSON}", PERSON),
        (f"for=6.6.6.6, for={PERSON};by=1, for=10.1.1.1", PERSON),
        ("for=_hidden", PROXY),
        ("for=unknown", PROXY),
        ("for=6.6.6.6, for=_hidden", PROXY),
        ("by=6.6.6.6", PROXY),
        ("nonsense", PROXY),
        ("for", PROXY),
        ("for=", PROXY),
        (f'for="1.2.3.4, for={PERSON}', PERSON),
    ],
)
def test_forwarded_is_read_like_x_forwarded_for(forwarded: str, address: str) -> None:
    assert asked(forwarded=forwarded) == address


def test_an_element_of_forwarded_that_names_nobody_hides_what_stands_before_it() -> None:
    # The last element is the one our own proxy has written; what is left of it, the visitor may have.
    assert asked(forwarded="for=6.6.6.6, by=10.0.0.1;proto=https") == PROXY


def test_x_forwarded_for_counts_where_both_are_there() -> None:
    assert asked(PERSON, "for=6.6.6.6") == PERSON


def test_an_ipv4_peer_wrapped_in_ipv6_is_the_same_peer() -> None:
    assert asked(PERSON, peer="::ffff:10.0.0.1") == PERSON
    assert asked(peer="::ffff:203.0.113.9") == "203.0.113.9"


def test_a_peer_without_an_address_stays_without_one() -> None:
    assert asked(PERSON, peer="") == ""


def test_a_chain_longer_than_any_real_one_is_not_walked_to_its_end() -> None:
    chain = ", ".join([PERSON, *(["10.1.1.1"] * MOST_HOPS)])
    assert asked(chain) == "10.1.1.1"


@given(st.text(), st.text(), st.text(max_size=50))
def test_nothing_a_visitor_sends_raises(forwarded_for: str, forwarded: str, peer: str) -> None:
    asked(forwarded_for, forwarded)
    client_address(peer, forwarded_for, forwarded, TRUSTED)


@given(st.text(max_size=80), st.ip_addresses())
def test_a_visitor_who_writes_the_header_himself_gains_nothing(forged: str, real: object) -> None:
    address = str(parse(str(real)))
    if not is_trusted(address, TRUSTED):
        assert asked(f"{forged}, {address}") == address
        assert asked("", f'for={forged.replace(chr(34), "")}, for="[{real}]"') == address


@given(st.text(max_size=80), st.text(max_size=80))
def test_an_untrusted_peer_is_itself_whatever_it_says(forwarded_for: str, forwarded: str) -> None:
    assert asked(forwarded_for, forwarded, peer=PERSON) == PERSON


@pytest.mark.parametrize(
    "word",
    ["10.0.0.0/8", "10.1.2.3/8", "192.0.2.1", " 192.0.2.1 ", "2001:db8::/32", "::1", "0.0.0.0/0"],
)
def test_networks_are_read_with_or_without_a_mask(word: str) -> None:
    assert len(networks([word])) == 1


@pytest.mark.parametrize("word", ["", "x", "10.0.0.0/33", "localhost", "10.0.0.*", "1.2.3.4:80"])
def test_a_word_that_is_no_network_is_told_with_a_fix(word: str) -> None:
    with pytest.raises(
        ValueError, match=r" is not an address or network — write 127\.0\.0\.1 or 10\.0\.0\.0/8"
    ):
        networks(["127.0.0.1", word])


@given(
    st.from_regex(r"\A[0-9]{1,3}(\.[0-9]{1,3}){3}\Z") | st.text(max_size=20),
    st.sampled_from([PROXY, PERSON, "::ffff:10.0.0.1"]),
)
def test_the_short_way_for_one_entry_finds_what_the_long_one_does(text: str, peer: str) -> None:
    for trusted in (TRUSTED, networks(["10.0.0.0/8", "cloudflare"]), networks(["::/0"])):
        assert client_address(peer, text, "", trusted) == trace(peer, text, "", trusted).address
