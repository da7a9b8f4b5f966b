"""Operators' lists: read strictly, and addresses found by their longest prefix."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.identify import ranges
from stagedoor.identify.prefixes import Network, Prefixes, number
from stagedoor.identify.ranges import (
    MAX_BYTES,
    Membership,
    RangeList,
    membership,
    parse_ranges,
)
from stagedoor.model.errors import ConfigError

# -- the table ---------------------------------------------------------------------------------


def _v4(bits: int, length: int) -> Network:
    return IPv4Network((bits, length), strict=False)


def _v6(bits: int, length: int) -> Network:
    return IPv6Network((bits, length), strict=False)


# Few distinct bits, so that networks nest, touch and repeat.
_FEW = st.integers(0, 7)
networks = st.one_of(
    st.builds(lambda a, b, n: _v4(a << 29 | b, n), _FEW, _FEW, st.integers(0, 32)),
    st.builds(lambda a, b, n: _v6(a << 125 | b, n), _FEW, _FEW, st.integers(0, 128)),
)


@given(st.lists(networks, max_size=30), st.data())
def test_the_longest_prefix_wins_as_a_loop_over_all_says(
    found: list[Network], data: st.DataObject
) -> None:
    table = Prefixes([(network, str(network)) for network in found])
    edges = [
        edge
        for network in found
        for edge in (int(network.network_address) - 1, int(network.network_address), int(network.broadcast_address) + 1)
    ]  # fmt: skip
    near = st.sampled_from(edges) if edges else st.just(0)
    for kind, bits in ((IPv4Address, 32), (IPv6Address, 128)):
        address = kind(data.draw(near) % (1 << bits))
        if bits == 128 and int(address) >> 32 == 0xFFFF:
            continue  # an IPv4 address in disguise
        around = [network for network in found if address in network]
        longest = max(around, key=lambda network: network.prefixlen, default=None)
        assert table.find(str(address)) == (str(longest) if longest is not None else None)


def test_the_table_takes_text_and_any_owner_and_the_last_of_two() -> None:
    table = Prefixes(
        [("192.0.2.0/24", 1), ("192.0.2.128/25", 2), ("192.0.2.0/24", 3), ("2001:db8::/32", 0)]
    )
    assert [table.find(a) for a in ("192.0.2.1", "192.0.2.129", "192.0.3.0", "2001:db8::1")] == [
        3,
        2,
        None,
        0,
    ]
    assert table.networks == 4
    assert Prefixes([]).find("192.0.2.1") is None
    with pytest.raises(ValueError, match="nonsense"):
        Prefixes([("nonsense", 1)])


def test_an_ipv4_address_in_an_ipv6_one_is_an_ipv4_address() -> None:
    table = Prefixes([("192.0.2.0/24", "four"), ("::/0", "six")])
    assert table.find("::ffff:192.0.2.1") == "four"
    assert table.find("::ffff:c000:201") == "four"


@given(st.one_of(st.ip_addresses(), st.text("0123456789abcdef:.%x /+_-", max_size=24)))
def test_addresses_are_read_as_ipaddress_reads_them(given: object) -> None:
    text = str(given)
    try:
        parsed = ip_address(text)
    except ValueError:
        assert number(text) is None
        return
    mapped = getattr(parsed, "ipv4_mapped", None)
    assert number(text) == ((4, int(mapped)) if mapped else (parsed.version, int(parsed)))


@pytest.mark.parametrize(
    "text",
    ["", ":", ":::", "1:2", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", " 1.2.3.4", "1_0.2.3.4", "-1.2.3.4",
     "1::2::3", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "1:2:3:4:5:6:7:8::", "::1 ", "١.2.3.4"],
)  # fmt: skip
def test_what_is_no_address_is_in_no_network(text: str) -> None:
    assert number(text) is None
    assert Prefixes([("0.0.0.0/0", 1), ("::/0", 1)]).find(text) is None


# -- operators' lists --------------------------------------------------------------------------

SHAPES: Mapping[str, bytes] = {
    "google, openai, bing": b"""{"creationTime": "2026-11-20T10:00:00", "prefixes":
        [{"ipv4Prefix": "198.51.100.0/24"}, {"ipv6Prefix": "2001:db8::/48"}]}""",
    "ahrefs": b'{"ips": [{"ip_address": "198.51.100.0/24"}, {"ip_address": "2001:db8::/48"}]}',
    "parallel": b'{"ips": ["198.51.100.0/24", "2001:db8::/48"]}',
    "amazon": b"""{"syncToken": "1", "prefixes": [{"ip_prefix": "198.51.100.0/24", "region": "x"},
        {"ipv6_prefix": "2001:db8::/48"}]}""",
    "two lists": b'{"prefixes": ["198.51.100.0/24"], "ips": ["2001:db8::/48"]}',
    "plain": b'["198.51.100.0/24", "2001:db8::/48", "198.51.100.0/24"]',
    "objects": b'[{"cidr": "198.51.100.0/24"}, {"cidr": "2001:db8::/48"}]',
    "both in one": b'[{"ipv4Prefix": "198.51.100.0/24", "ipv6Prefix": "2001:db8::/48"}]',
    "text": b"# ours\r\n198.51.100.0/24  # west\r\n\r\n2001:db8::/48,\r\n",
    "marked": b"\xef\xbb\xbf198.51.100.0/24\n2001:db8::/48",
    "marked json": b'\xef\xbb\xbf ["198.51.100.0/24", "2001:db8::/48"]',
    "host bits": b"198.51.100.77/24\n2001:db8::1/48",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_that_operators_use_is_read(shape: str) -> None:
    assert list(map(str, parse_ranges(SHAPES[shape]))) == ["198.51.100.0/24", "2001:db8::/48"]


def test_a_bare_address_is_a_network_of_one() -> None:
    assert list(map(str, parse_ranges(b"198.51.100.7\n2001:db8::7"))) == [
        "198.51.100.7/32",
        "2001:db8::7/128",
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no network is in it"),
        (b"[]", "no network is in it"),
        (b'{"prefixes": []}', "no network is in it"),
        (b'{"error": "gone", "code": 404}', "none of its fields is a list of networks; it has: error, code"),
        (b'{"prefixes": "198.51.100.0/24"}', "none of its fields is a list"),
        (b'{"prefixes": [', "openai.json:1:"),
        (b"[" * 100_000, "not JSON"),
        (b'{"prefixes": [{"ipv4Prefix": "198.51.100.0/24"}, {"service": "x"}]}', "prefixes[1]: "),
        (b'["198.51.100.0/24", 7]', '[1]: "7" is not a network'),
        (b"<!DOCTYPE html>\n<title>Not found</title>", 'openai.json:1:1: "<!DOCTYPE html>" is not a network — does'),
        (b"198.51.100.0/24\nnonsense\n", 'openai.json:2:1: "nonsense" is not a network — write 192.0.2.0/24'),
        (b"\xff\xfe\x00", "is not a network"),
        # A list that would verify half the Internet.
        (b"0.0.0.0/0", "too wide for one operator — /8 is the widest"),
        (b"20.0.0.0/7", "too wide"),
        (b"2000::/18", "too wide for one operator — /19 is the widest"),
        (b"\n".join(b"%d.0.0.0/8" % n for n in range(20, 25)), "its IPv4 networks cover more than 1/64 of"),
        (b"\n".join(b"2%03x::/19" % (n * 32) for n in range(9)), "its IPv6 networks cover more than 1/65,536"),
        # A list that would verify the neighbours, or the proxy in front.
        (b"127.0.0.1", '"127.0.0.1" is not on the Internet'),
        (b"198.51.100.0/24\n10.0.0.0/8", "openai.json:2:1"),
        (b"::1", "not on the Internet"),
        (b"fd00::/32", "not on the Internet"),
        (b"::ffff:198.51.100.0/120", "not on the Internet"),
    ],
)  # fmt: skip
def test_a_list_with_anything_wrong_is_refused_whole(data: bytes, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_ranges(data, "openai.json")
    assert message in str(error.value)
    assert all(str(problem).startswith("openai.json") for problem in error.value.problems)


def test_nested_networks_are_counted_once() -> None:
    assert len(parse_ranges(b"20.0.0.0/8\n20.1.0.0/16\n21.0.0.0/8\n22.0.0.0/8\n23.0.0.0/8")) == 5


def test_local_networks_pass_where_they_are_meant() -> None:
    assert list(map(str, parse_ranges(b"127.0.0.0/8", local=True))) == ["127.0.0.0/8"]


def test_a_list_is_bounded_in_bytes_networks_and_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigError, match="bytes are more"):
        parse_ranges(b" " * (MAX_BYTES + 1))
    monkeypatch.setattr(ranges, "MAX_NETWORKS", 1000)
    many = [f"20.0.{n >> 8}.{n & 255}" for n in range(1001)]
    assert len(parse_ranges(json.dumps(many[:-1]).encode())) == 1000
    with pytest.raises(ConfigError, match="more than 1,000 networks"):
        parse_ranges(json.dumps(many).encode())
    with pytest.raises(ConfigError) as error:
        parse_ranges(b"nonsense\n" * 1000)
    assert len(error.value.problems) == 20


@given(st.binary(max_size=200))
def test_whatever_a_server_sends_is_a_list_or_refused(data: bytes) -> None:
    with suppress(ConfigError):
        assert parse_ranges(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["prefixes", "ips", "ipv4Prefix", "x"]), inner, max_size=3
        )
    ),
)


@given(json_values)
def test_whatever_json_a_server_sends_is_a_list_or_refused(value: object) -> None:
    with suppress(ConfigError):
        assert parse_ranges(json.dumps(value).encode())


# -- what lists say ----------------------------------------------------------------------------


def test_membership_names_the_network_or_what_was_looked_through() -> None:
    lists = {
        "a": RangeList.of("a", 100.0, parse_ranges(b"198.51.100.0/24\n198.51.100.128/25")),
        "b": RangeList.of("b", 50.0, parse_ranges(b"203.0.113.0/24")),
    }
    assert membership(lists, ["a", "b"], "198.51.100.200") == Membership(
        "198.51.100.128/25", 100.0, 2
    )
    assert membership(lists, ["a", "b"], "203.0.113.1") == Membership("203.0.113.0/24", 50.0, 1)
    assert membership(lists, ["a", "b"], "192.0.2.1") == Membership("", 50.0, 3)
    assert membership(lists, ["c", "a"], "198.51.100.1").network == "198.51.100.0/24"
    assert membership(lists, ["c", "a"], "192.0.2.1") == Membership("", 100.0, 2, ("c",))
    assert membership(lists, [], "192.0.2.1") == Membership()
