"""JA4, against the captures and values that the method's authors published."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captures import Stream, client_hellos
from stagedoor.fronts.mitmproxy.client_hello import read_hello
from stagedoor.identify.ja4 import LENGTH, Hello, Protocol, is_grease, ja4, middle, well_formed

CAPTURES = Path(__file__).parents[2] / "../shared/data/ja4"
EXPECTED = CAPTURES / "expected.json"
needs_captures = pytest.mark.skipif(
    not EXPECTED.exists(), reason=f"no published captures at {CAPTURES}"
)
FILES = sorted(json.loads(EXPECTED.read_text())) if EXPECTED.exists() else ["captures"]

GREASE = [0x0A0A + 0x1010 * number for number in range(16)]
CHROME_CIPHERS = (
    *(0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014),
    *(0x009C, 0x009D, 0x002F, 0x0035),
)
CHROME_EXTENSIONS = (
    *(0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005, 0x0023, 0x0012),
    *(0x002B, 0xFF01, 0x000B, 0x000A, 0x0015),
)
CHROME_SIGNATURES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)


def listed(numbers: Sequence[int], width: int = 2) -> bytes:
    """16-bit numbers with the length of their list before them."""
    body = b"".join(number.to_bytes(2) for number in numbers)
    return len(body).to_bytes(width) + body


def alpn(*names: bytes) -> bytes:
    """The body of an ALPN extension."""
    body = b"".join(bytes([len(name)]) + name for name in names)
    return len(body).to_bytes(2) + body


def hello(
    extensions: Sequence[tuple[int, bytes]] = (),
    *,
    protocol: Protocol = "t",
    version: int = 0x0303,
    ciphers: Sequence[int] = CHROME_CIPHERS,
) -> Hello:
    return Hello(protocol, version, tuple(ciphers), tuple(extensions))


def chrome(*, ciphers: Sequence[int] = CHROME_CIPHERS, order: Sequence[int] = ()) -> Hello:
    """The ClientHello of the example that the method's description walks through."""
    bodies = {
        0x000D: listed(CHROME_SIGNATURES),
        0x0010: alpn(b"h2", b"http/1.1"),
        0x002B: listed([0x0304, 0x0303], 1),
    }
    kinds = order or CHROME_EXTENSIONS
    return hello([(kind, bodies.get(kind, b"")) for kind in kinds], ciphers=ciphers)


@needs_captures
@pytest.mark.parametrize("name", FILES)
def test_the_published_captures(name: str) -> None:
    expected = json.loads(EXPECTED.read_text())[name]
    found: dict[Stream, list[str]] = defaultdict(list)
    for one in client_hellos(CAPTURES / name):
        protocol: Protocol = "q" if one.protocol == "q" else "t"
        found[one.stream].append(ja4(read_hello(one.hello, protocol)))
    assert found, "every capture has a ClientHello in it"
    wanted = {
        Stream(row["src"], int(row["srcport"]), row["dst"], int(row["dstport"])): row["ja4"]
        for row in expected
    }
    assert {stream: found.get(stream) for stream in wanted} == wanted


@needs_captures
@pytest.mark.parametrize(
    ("name", "port"),
    [("chrome-cloudflare-quic-with-secrets.pcapng", 50280), ("quic-tls-handshake.pcapng", 59102)],
)
def test_quic(name: str, port: int) -> None:
    # expected.json comes from FoxIO's Python, which leaves QUIC out; this is what their Rust found
    # (rust/ja4/src/snapshots/ja4__insta@chrome-cloudflare-quic-with-secrets.pcapng.snap).
    (found,) = [one for one in client_hellos(CAPTURES / name) if one.stream.srcport == port]
    assert ja4(read_hello(found.hello, "q")) == "q13d0310h3_55b375c5d22e_cd85d2d88918"


def test_the_example_of_the_description() -> None:
    assert ja4(chrome()) == "t13d1516h2_8daaf6152771_e5627efa2ab1"


@given(st.permutations(CHROME_CIPHERS), st.permutations(CHROME_EXTENSIONS), st.data())
def test_order_and_grease_change_nothing(
    ciphers: list[int], extensions: list[int], data: st.DataObject
) -> None:
    for numbers in (ciphers, extensions):
        for grease in data.draw(st.lists(st.sampled_from(GREASE), max_size=3)):
            numbers.insert(data.draw(st.integers(0, len(numbers))), grease)
    assert ja4(chrome(ciphers=ciphers, order=extensions)) == ja4(chrome())


def test_the_order_of_signature_algorithms_counts() -> None:
    one = hello([(0x000D, listed([0x0403, 0x0804]))])
    other = hello([(0x000D, listed([0x0804, 0x0403]))])
    assert ja4(one) != ja4(other)
    assert ja4(one) == ja4(hello([(0x000D, listed([0x3A3A, 0x0403, 0x0804]))]))


def test_only_the_sixteen_are_grease() -> None:
    assert [value for value in range(0x10000) if is_grease(value)] == GREASE


@pytest.mark.parametrize(
    ("legacy", "offered", "shown"),
    [
        (0x0303, None, "12"),
        (0x0301, None, "10"),
        (0x0300, None, "s3"),
        (0x0002, None, "s2"),
        (0x7777, None, "00"),
        (0x0303, [0x0304, 0x0303], "13"),
        (0x0303, [0x0302, 0x0304], "13"),
        (0x0303, [0xFAFA, 0x0303], "12"),
        (0x0302, [], "11"),
        (0x0303, [0x7F1C], "00"),
    ],
)
def test_the_version_is_the_highest_offered(
    legacy: int, offered: list[int] | None, shown: str
) -> None:
    extensions = [] if offered is None else [(0x002B, listed(offered, 1))]
    assert ja4(hello(extensions, version=legacy))[1:3] == shown


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([b"h2", b"http/1.1"], "h2"),
        ([b"http/1.1"], "h1"),
        ([b"h"], "hh"),
        ([b""], "00"),
        ([], "00"),
        ([b"\xba\xad"], "99"),  # the published capture tls-non-ascii-alpn.pcapng
        ([b"h\xad"], "h9"),
        ([b" h"], "28"),  # not a letter or digit, and not above 0x7f: hexadecimal
        ([b"h\x00"], "60"),
    ],
)
def test_the_first_alpn_value(names: list[bytes], shown: str) -> None:
    assert ja4(hello([(0x0010, alpn(*names))]))[8:10] == shown


def test_counts_stop_at_99() -> None:
    many = [number for number in range(0x100, 0x200) if not is_grease(number)]
    found = ja4(hello([(kind, b"") for kind in many], ciphers=many))
    assert found[4:8] == "9999"


def test_a_hello_with_nothing_in_it() -> None:
    assert ja4(hello(ciphers=())) == "t12i000000_000000000000_000000000000"


def test_without_signature_algorithms_there_is_no_underscore() -> None:
    expected = sha256(b"0005,000a").hexdigest()[:12]
    assert ja4(hello([(0x000A, b""), (0x0005, b"")]))[24:] == expected
    assert (
        ja4(hello([(0x000A, b""), (0x000D, b""), (0x0000, b"")]))[24:]
        == (sha256(b"000a,000d").hexdigest()[:12])
    )


@given(
    st.lists(st.integers(0, 0xFFFF), max_size=120),
    st.lists(
        st.tuples(st.sampled_from([0, 13, 16, 43, 0x0A0A, 999]), st.binary(max_size=9)), max_size=9
    ),
)
def test_every_hello_has_a_well_formed_ja4(
    ciphers: list[int], extensions: list[tuple[int, bytes]]
) -> None:
    found = ja4(hello(extensions, ciphers=ciphers))
    assert well_formed(found) == found
    assert len(found) == LENGTH


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("t13d1517h2_8daaf6152771_cb7bf5808d99", True),
        (" q13d0310h3_55b375c5d22e_cd85d2d88918\t", True),
        ("t13d151699_8daaf6152771_e5627efa2ab1", True),
        ("", False),
        ("t13d1517h2_8daaf6152771", False),
        ("t13d1517h2_8daaf6152771_cb7bf5808d99, t13d1517h2_8daaf6152771_cb7bf5808d99", False),
        ("T13d1517h2_8daaf6152771_cb7bf5808d99", False),
        ("t13d1517h2_8DAAF6152771_cb7bf5808d99", False),
        ("t14d1517h2_8daaf6152771_cb7bf5808d99", False),
        ("t13x1517h2_8daaf6152771_cb7bf5808d99", False),
        ("t13d15é7h2_8daaf6152771_cb7bf5808d99", False),
        (" " * 500 + "t13d1517h2_8daaf6152771_cb7bf5808d99", False),
    ],
)
def test_the_shape_of_a_ja4(text: str, right: bool) -> None:
    assert well_formed(text) == (text.strip() if right else "")


def test_the_middle() -> None:
    assert middle("t13d1517h2_8daaf6152771_cb7bf5808d99") == "8daaf6152771"
    assert middle("") == ""
    assert middle("something else") == ""
