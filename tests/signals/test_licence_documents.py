"""Licence documents of RSL: read, and written so that others read them."""

from __future__ import annotations

import encodings.aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from stagedoor.signals import licence_documents
from stagedoor.signals.meaning import USES, Answer, Said, Statement, Use, resolve

YES: tuple[Answer, ...] = ("yes", "yes", "yes")
NO: tuple[Answer, ...] = ("no", "no", "no")
URL = "https://ana.example/music/a.mp3?x=1"
NS = {"r": licence_documents.NAMESPACE}

answers = st.sampled_from(["yes", "no", None])
saids = st.builds(Said, answers, answers, answers)
speaking = saids.filter(lambda found: found != Said())


def document(*contents: str) -> bytes:
    return f'<rsl xmlns="{licence_documents.NAMESPACE}">{"".join(contents)}</rsl>'.encode()


def content(licence: str, url: str = "/", more: str = "") -> str:
    return f'<content url="{url}" {more}>{licence}</content>'


def licence(permits: str = "", prohibits: str = "", more: str = "") -> str:
    first = f'<permits type="usage">{permits}</permits>' if permits else ""
    second = f'<prohibits type="usage">{prohibits}</prohibits>' if prohibits else ""
    return f"<license>{first}{second}{more}</license>"


def said(data: bytes, url: str = URL) -> Said:
    found = licence_documents.read(data, url)
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
        # Where usage is permitted, what is not listed is not allowed (3.4).
        (content(licence("ai-train")), Said("yes", "no", "no")),
        (content(licence("search")), Said("no", "no", "yes")),
        (content(licence("search") + licence("ai-train")), Said("yes", "no", "yes")),
        # A part of a use is neither the use nor nothing of it: the index of an AI (3.4.1).
        (content(licence("ai-index")), Said("no", "no")),
        (content(licence("ai-all")), Said("yes", "yes")),
        (content(licence("ai-train", "ai-index")), Said("yes", "no", "no")),
        (content(licence("search", "ai-index")), Said("no", "no", "yes")),
        # Version 0.9 had other words, and commas.
        (content(licence("search, ai-use", "train-ai")), Said("no", "yes", "yes")),
        (content(licence("train-ai")), Said("yes", "no", "no")),
        (content(licence("train-genai")), Said(input="no", search="no")),
        (content(licence(prohibits="train-genai,ai-summarize")), Said("no", "no")),
        (content(licence(" search\n ai-input,ai-index ", "ai-train")), Said("no", "yes", "yes")),
        # A prohibition beats a permission, also of another licence, also a narrower word.
        (content(licence("ai-train", "ai-all")), Said("no", "no", "no")),
        (content(licence("ai-train") + licence(prohibits="ai-train")), Said("no", "no", "no")),
        # What has to be paid for is not allowed as things stand …
        *(
            (content(licence("ai-train", more=payment(kind))), Said("no", "no", "no"))
            for kind in ("purchase", "subscription", "training", "crawl", "use", "contribution")
        ),
        (content(licence("ai-train", more='<payment type="free"/>')), Said("yes", "no", "no")),
        (content(licence("ai-train", more='<payment type="attribution"/>')), Said("yes", "no", "no")),
        (content(licence("ai-train", more="<payment/>")), Said("yes", "no", "no")),
        # … also by a price without a type: the custom licence of 3.7 …
        *(
            (content(licence("all", more=f"<payment><{child}>x</{child}></payment>")), Said(*NO))
            for child in ("custom", "standard", "amount", "accepts")
        ),
        (content(licence("all", more="<payment><legal>x</legal></payment>")), Said(*YES)),
        (content(licence("all", more="<payment/>" + payment("")) ), Said(*NO)),
        (content(licence("all", more=payment("free"))), Said(*YES)),
        (content("<license><payment><custom>x</custom></payment></license>"), Said(*NO)),
        (content(licence(prohibits="ai-train", more=payment("crawl"))), Said(*NO)),
        # … but where the same is also offered for nothing, that offer counts, in any order.
        (content(licence("all", more=payment("use")) + licence("search")), Said("no", "no", "yes")),
        (content(licence("search") + licence("all", more=payment("use"))), Said("no", "no", "yes")),
        # What only some people may is no answer for all; what nobody may is.
        (content(licence("all", more='<permits type="user">education</permits>')), Said()),
        (content(licence("all", more='<prohibits type="geo">eu</prohibits>')), Said()),
        (
            content(licence("search", "ai-train", '<permits type="user">personal</permits>')),
            Said("no", "no"),
        ),
        (content(licence("all"), more='server="https://licences.example"'), Said()),
        # Only those who report are licensed (3.12).
        (content(licence("all", more='<reporting type="usage"/>')), Said()),
        (content(licence("all", "ai-train", "<reporting/>")), Said(train="no")),
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
        ("https://ana.example/about", Said("no", "no", "yes")),
        ("https://ana.example/music/a.mp3", Said("yes", "no", "no")),
        ("https://ana.example/music/live/b.mp3", Said(train="no")),
        ("https://ana.example/music/a.pdf", Said(input="no")),
        ("https://ANA.example:443/m%75sic/a.mp3", Said("yes", "no", "no")),
        ("http://other.example/a.wav", Said("no", "yes", "no")),
        ("https://ana.example/a.wav", Said("no", "no", "yes")),
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
    assert licence_documents.read(text, URL, "/rsl.xml") == Statement(
        "rsl", "/rsl.xml", Said(train="no"), narrow
    )
    wide = text.decode().encode("utf-16")
    found = licence_documents.read(wide, URL)
    assert found
    assert found.said == Said(train="no")


def test_licences_in_a_feed() -> None:
    feed = f"""<?xml version="1.0"?>
    <rss xmlns:rsl="{licence_documents.NAMESPACE}" version="2.0"><channel><item>
      <rsl:content url="{URL}"><rsl:license>
        <rsl:prohibits type="usage"><![CDATA[ai-all]]></rsl:prohibits>
      </rsl:license></rsl:content>
    </item></channel></rss>"""
    assert said(feed.encode()) == Said(train="no", input="no")
    assert (
        said(feed.replace(licence_documents.NAMESPACE, "https://other.example/").encode()) == Said()
    )


def test_the_strictest_counts_between_documents() -> None:
    found = [
        licence_documents.read(document(content(one)), URL)
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
    assert licence_documents.read(hostile, URL) is None


def test_no_declared_encoding_does_harm() -> None:
    for name in {*encodings.aliases.aliases.values(), "nonsense", "utf-7"}:
        declared = f'<?xml version="1.0" encoding="{name}"?>'.encode() + document(GOOD)
        licence_documents.read(declared, URL)
        licence_documents.read(declared + b"\x80\xff", URL)


@pytest.mark.parametrize("url", ["", "/", "https://[::1/x", "https://", "ana.example", "//", "?"])
def test_no_url_does_harm(url: str) -> None:
    assert licence_documents.read(document(content(GOOD, url or "/x")), URL) is None or url
    licence_documents.read(document(GOOD), url)


@given(speaking, st.text(), st.sampled_from(["/", "/music/*.mp3$", "https://ana.example/music/"]))
def test_what_is_written_is_read_back(stance: Said, holder: str, scope: str) -> None:
    text = licence_documents.write(
        stance,
        scope=scope,
        holder=holder,
        contact_url="https://ana.example/?a=1&b=2",
        contact_email="ana@ana.example",
    )
    url = "https://ana.example/music/a.mp3"
    # RSL cannot leave a use open beside one that is permitted; in doubt it is refused.
    rest: Answer | None = "no" if "yes" in (stance.train, stance.input, stance.search) else None
    assert said(text, url) == Said(*(stance.about(use) or rest for use in USES))


@given(speaking, st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1))
def test_another_parser_finds_the_elements_of_the_specification(stance: Said, holder: str) -> None:
    text = licence_documents.write(
        stance, holder=holder, contact_url="https://ana.example/?a=1&b=2"
    )
    root = etree.fromstring(text)
    assert root.tag == f"{{{licence_documents.NAMESPACE}}}rsl"
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


@given(speaking)
def test_what_is_admitted_is_not_prohibited_by_a_wider_word(stance: Said) -> None:
    """`ai-all` takes in `ai-index` (3.4.1): with search admitted, it must not be prohibited."""
    root = etree.fromstring(licence_documents.write(stance))
    words = {
        kind: {
            word
            for element in root.iter(f"{{{licence_documents.NAMESPACE}}}{kind}")
            for word in (element.text or "").split()
        }
        for kind in ("permits", "prohibits")
    }
    assert "ai-all" not in words["permits"] | words["prohibits"]
    if stance.search == "yes":
        assert words["permits"] & {"ai-index", "all"}
        assert not words["prohibits"] & {"ai-index", "all"}


def test_the_shipped_stance_admits_the_index_of_an_ai() -> None:
    text = licence_documents.write(Said("no", "no", "yes")).decode()
    assert '<permits type="usage">search ai-index</permits>' in text
    assert '<prohibits type="usage">ai-train ai-input</prohibits>' in text


def test_nothing_said_is_no_licence_for_everything() -> None:
    with pytest.raises(ValueError, match="every use"):
        licence_documents.write(Said())


@given(speaking)
def test_every_content_has_a_licence_and_a_document_is_kept_for_a_day(stance: Said) -> None:
    root = etree.fromstring(licence_documents.write(stance))
    assert root.get("max-age") == "1"  # days (3.2.1); left out it is 30
    [content_] = root
    assert content_.find("r:license", NS) is not None


@pytest.mark.parametrize(
    ("association", "text", "expected"),
    [
        ("resource", content(licence(prohibits="ai-train"), ""), Said(train="no")),
        ("site", content(licence(prohibits="ai-train"), ""), Said(train="no")),
        ("none", content(licence(prohibits="ai-train"), ""), Said()),
        # What leads from the recording itself is narrower than any path …
        (
            "resource",
            content(licence(prohibits="ai-train"), "") + content(licence("all"), "/music/a.mp3"),
            Said(train="no"),
        ),
        # … and what leads from robots.txt is as wide as the site.
        (
            "site",
            content(licence(prohibits="ai-train"), "") + content(licence("all"), "/music/"),
            Said(*YES),
        ),
        (
            "site",
            content(licence(prohibits="ai-train"), "") + content(licence(prohibits="ai-input")),
            Said("no", "no"),
        ),
        ("resource", "<content>" + licence(prohibits="all") + "</content>", Said()),
    ],
)
def test_an_empty_scope_is_that_of_the_association(
    association: licence_documents.Association, text: str, expected: Said
) -> None:
    found = licence_documents.read(document(text), URL, association=association)
    assert (found.said if found else Said()) == expected


def test_what_stands_inside_a_file_is_about_the_file() -> None:
    """4.8: one content, whose address is the original's."""
    inside = content(licence(prohibits="ai-train"), "https://ana.example/music/b.mp3")
    found = licence_documents.read_embedded(document(inside))
    assert found
    assert (found.said, found.where) == (Said(train="no"), "file")
    assert licence_documents.read_embedded(document(inside, inside)) is None
    assert licence_documents.read_embedded(b"<rsl") is None
