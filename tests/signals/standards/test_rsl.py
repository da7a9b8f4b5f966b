"""RSL: documents that say it, and the pointers to them."""

from __future__ import annotations

import encodings.aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from stagedoor.signals.meaning import USES, Said, Statement, Use, resolve
from stagedoor.signals.standards import rsl

URL = "https://ana.example/music/a.mp3?x=1"
LICENCE = "https://ana.example/license.xml"
NS = {"r": rsl.NAMESPACE}

answers = st.sampled_from(["yes", "no", None])
saids = st.builds(Said, answers, answers, answers)


def document(*contents: str) -> bytes:
    return f'<rsl xmlns="{rsl.NAMESPACE}">{"".join(contents)}</rsl>'.encode()


def content(licence: str, url: str = "/", more: str = "") -> str:
    return f'<content url="{url}" {more}>{licence}</content>'


def licence(permits: str = "", prohibits: str = "", more: str = "") -> str:
    first = f'<permits type="usage">{permits}</permits>' if permits else ""
    second = f'<prohibits type="usage">{prohibits}</prohibits>' if prohibits else ""
    return f"<license>{first}{second}{more}</license>"


def said(data: bytes, url: str = URL) -> Said:
    found = rsl.read(data, url)
    return found.said if found else Said()


def payment(kind: str) -> str:
    return f'<payment type="{kind}"><amount currency="USD">1</amount></payment>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The specification's example of a site that wants no AI at all.
        (content(licence(prohibits="ai-all")), Said(train="no", input="no")),
        (content(licence("search", "ai-all")), Said("no", "no", "yes")),
        (content(licence("all")), Said("yes", "yes", "yes")),
        (content(licence(prohibits="all")), Said("no", "no", "no")),
        (content(licence("ai-train")), Said(train="yes")),
        (content(licence("ai-index")), Said()),
        (content(licence(" search\n ai-input,ai-index ", "ai-train")), Said("no", "yes", "yes")),
        # A prohibition beats a permission, also of another licence, also a narrower word.
        (content(licence("ai-train", "ai-all")), Said(train="no", input="no")),
        (content(licence("ai-train") + licence(prohibits="ai-train")), Said(train="no")),
        # What has to be paid for is not allowed as things stand …
        *(
            (content(licence("ai-train", more=payment(kind))), Said(train="no"))
            for kind in ("purchase", "subscription", "training", "crawl", "use", "contribution")
        ),
        (content(licence("ai-train", more='<payment type="free"/>')), Said(train="yes")),
        (content(licence("ai-train", more='<payment type="attribution"/>')), Said(train="yes")),
        (content(licence("ai-train", more="<payment/>")), Said(train="yes")),
        # … but where the same is also offered for nothing, that offer counts, in any order.
        (content(licence("all", more=payment("use")) + licence("search")), Said("no", "no", "yes")),
        (content(licence("search") + licence("all", more=payment("use"))), Said("no", "no", "yes")),
        # What only some people may is no answer for all; what nobody may is.
        (content(licence("ai-train", more='<permits type="user">education</permits>')), Said()),
        (content(licence("ai-train", more='<prohibits type="geo">eu</prohibits>')), Said()),
        (
            content(licence("search", "ai-train", '<permits type="user">personal</permits>')),
            Said(train="no"),
        ),
        (content(licence("ai-train"), more='server="https://licences.example"'), Said()),
        (content(licence()), Said()),
        (content("<license><permits>ai-train</permits></license>"), Said()),
        ("<content>" + licence(prohibits="all") + "</content>", Said()),
        ("", Said()),
    ],
)  # fmt: skip
def test_what_a_licence_says(text: str, expected: Said) -> None:
    assert said(document(text)) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://ana.example/about", Said(train="no", search="yes")),
        ("https://ana.example/music/a.mp3", Said(train="yes")),
        ("https://ana.example/music/live/b.mp3", Said(train="no")),
        ("https://ana.example/music/a.pdf", Said(input="no")),
        ("https://ANA.example:443/m%75sic/a.mp3", Said(train="yes")),
        ("http://other.example/a.wav", Said(input="yes")),
        ("https://ana.example/a.wav", Said(train="no", search="yes")),
    ],
)
def test_the_narrowest_scope_counts_alone(url: str, expected: Said) -> None:
    text = document(
        content(licence("search", "ai-train")),
        content(licence(prohibits="ai-train"), "https://ana.example/music/live/"),
        content(licence("ai-train"), "https://ana.example/music/"),
        content(licence(prohibits="ai-input"), "/music/*.pdf$"),
        content(licence("ai-input"), "http://other.example/*.wav"),
    )
    assert said(text, url) == expected


def test_the_same_scope_twice_governs_together() -> None:
    text = document(content(licence("search")), content(licence(prohibits="ai-all")))
    assert said(text) == Said("no", "no", "yes")


def test_a_statement_quotes_what_governs() -> None:
    narrow = content(licence(prohibits="ai-train"), "/music/")
    text = document(content(licence("all")), narrow)
    assert rsl.read(text, URL, "/rsl.xml") == Statement("rsl", "/rsl.xml", Said(train="no"), narrow)
    wide = text.decode().encode("utf-16")
    found = rsl.read(wide, URL)
    assert found
    assert found.said == Said(train="no")


def test_licences_in_a_feed() -> None:
    feed = f"""<?xml version="1.0"?>
    <rss xmlns:rsl="{rsl.NAMESPACE}" version="2.0"><channel><item>
      <rsl:content url="{URL}"><rsl:license>
        <rsl:prohibits type="usage"><![CDATA[ai-all]]></rsl:prohibits>
      </rsl:license></rsl:content>
    </item></channel></rss>"""
    assert said(feed.encode()) == Said(train="no", input="no")
    assert said(feed.replace(rsl.NAMESPACE, "https://other.example/").encode()) == Said()


def test_the_strictest_counts_between_documents() -> None:
    found = [
        rsl.read(document(content(one)), URL)
        for one in (licence("all"), licence(prohibits="ai-all"))
    ]
    statements = [statement for statement in found if statement]
    assert [resolve(statements, use).answer for use in USES] == ["no", "no", "yes"]


GOOD = content(licence(prohibits="all"))
ENTITIES = "".join(f'<!ENTITY e{n} "&e{n - 1};&e{n - 1};">' for n in range(1, 40))


@pytest.mark.parametrize(
    "hostile",
    [
        b"<!DOCTYPE rsl>" + document(GOOD),
        f'<!DOCTYPE rsl [<!ENTITY e0 "x">{ENTITIES}]>'.encode() + document(GOOD + "&e39;"),
        b'<!DOCTYPE rsl [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + document(GOOD + "&x;"),
        b'<!DOCTYPE rsl SYSTEM "http://127.0.0.1:9/x.dtd">' + document(GOOD),
        document(GOOD, "<a>" * 100, "</a>" * 100),
        document(GOOD) + b" " * 1_000_000,
        document(GOOD)[:-1],
        document(GOOD, "&nothing;"),
        b"",
        b"<",
        b"\xff\xfe<",
    ],
)
def test_what_no_licence_needs_is_refused(hostile: bytes) -> None:
    assert said(document(GOOD)) == Said("no", "no", "no")
    assert rsl.read(hostile, URL) is None


def test_no_declared_encoding_does_harm() -> None:
    for name in {*encodings.aliases.aliases.values(), "nonsense", "utf-7"}:
        declared = f'<?xml version="1.0" encoding="{name}"?>'.encode() + document(GOOD)
        rsl.read(declared, URL)
        rsl.read(declared + b"\x80\xff", URL)


@pytest.mark.parametrize("url", ["", "/", "https://[::1/x", "https://", "ana.example", "//", "?"])
def test_no_url_does_harm(url: str) -> None:
    assert rsl.read(document(content(GOOD, url or "/x")), URL) is None or url
    rsl.read(document(GOOD), url)


@given(saids, st.text(), st.sampled_from(["/", "/music/*.mp3$", "https://ana.example/music/"]))
def test_what_is_written_is_read_back(stance: Said, holder: str, scope: str) -> None:
    text = rsl.write(
        stance,
        scope=scope,
        holder=holder,
        contact_url="https://ana.example/?a=1&b=2",
        contact_email="ana@ana.example",
    )
    url = "https://ana.example/music/a.mp3"
    assert said(text, url) == stance


@given(saids, st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1))
def test_another_parser_finds_the_elements_of_the_specification(stance: Said, holder: str) -> None:
    text = rsl.write(stance, holder=holder, contact_url="https://ana.example/?a=1&b=2")
    root = etree.fromstring(text)
    assert root.tag == f"{{{rsl.NAMESPACE}}}rsl"
    assert root.xpath("/r:rsl/r:content/@url", namespaces=NS) == ["/"]
    [copyright_] = root.xpath("/r:rsl/r:content/r:copyright", namespaces=NS)
    assert dict(copyright_.attrib) == {
        "type": "person",
        "contactUrl": "https://ana.example/?a=1&b=2",
    }
    assert copyright_.text.replace("\ufffd", "") == holder.replace("\ufffe", "").replace(
        "\uffff", ""
    ).replace("\ufffd", "")
    for kind, answer in (("permits", "yes"), ("prohibits", "no")):
        path = f"/r:rsl/r:content/r:license/r:{kind}[@type='usage']/text()"
        tokens = {word for text in root.xpath(path, namespaces=NS) for word in text.split()}
        assert {use for use in USES if meant(tokens, use)} == {
            use for use in USES if stance.about(use) == answer
        }


def meant(tokens: set[str], use: Use) -> bool:
    """Straight from the specification's table of words (3.4.1.1)."""
    own = {"train": "ai-train", "input": "ai-input", "search": "search"}[use]
    return bool(tokens & {"all", own}) or (use != "search" and "ai-all" in tokens)


def test_nothing_said_is_no_licence_for_everything() -> None:
    assert b"<license>" not in rsl.write(Said())


def test_pointers_are_written_and_read() -> None:
    name, value = rsl.write_header(LICENCE)
    assert (name, value) == ("Link", f'<{LICENCE}>; rel="license"; type="application/rsl+xml"')
    assert list(rsl.licences([(name, value)])) == [LICENCE]
    assert rsl.write_robots(LICENCE) == f"License: {LICENCE}"
    assert rsl.read_robots_value(f" {LICENCE} ") == LICENCE
    assert rsl.read_robots_value("/license.xml") == ""
    for write in (rsl.write_header, rsl.write_robots, rsl.write_link):
        with pytest.raises(ValueError, match="absolute URL"):
            write("/license.xml")


def test_only_licences_of_the_resource_itself_are_taken() -> None:
    fields = [
        ("Link", '</style.css>; rel=preload, </a>; rel="license"; type="application/rsl+xml"'),
        ("link", '</b>; rel="LICENSE next"; type="Application/RSL+XML;v=1"'),
        ("Link", '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'),
        ("Link", '</c>; rel="license"; type="application/rsl+xml"; anchor="/other"'),
        ("X-Link", '</d>; rel="license"; type="application/rsl+xml"'),
    ]
    assert list(rsl.licences(fields)) == ["/a", "/b"]
    assert [(s.said, s.where, s.text) for s in rsl.read_headers(fields)] == [
        (Said(), "header", '</a>; rel="license"; type="application/rsl+xml"'),
        (Said(), "header", '</b>; rel="license"; type="application/rsl+xml"'),
    ]
