"""The character encoding of a page, found out as browsers do it.

Labels: Encoding Standard, section 4.2. Prescan: HTML Standard, section 13.2.3.2. What matters here
is only the family: whether ASCII stands in the page as bytes, as UTF-16, or not to be relied upon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Family = Literal["ascii", "utf-16le", "utf-16be", "unknown"]
"""`ascii`: ASCII markup is ASCII bytes. In its multi-byte members `<`, `>`, `=`, quotes and dashes
are never a part of another character, so markup can be read byte by byte."""

PRESCAN = 1024
"""Bytes in which a page must say its encoding."""

_LABELS = """
unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8
866 cp866 csibm866 ibm866
csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2
csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3
csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4
csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988
arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e
iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987
csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597
iso_8859-7 iso_8859-7:1987 sun_eu_greek
csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598
iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical
csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6
iso-8859-13 iso8859-13 iso885913 iso-8859-14 iso8859-14 iso885914
csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 iso-8859-16
cskoi8r koi koi8 koi8-r koi8_r koi8-ru koi8-u csmacintosh mac macintosh x-mac-roman
dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874
cp1250 windows-1250 x-cp1250 cp1251 windows-1251 x-cp1251
ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591
iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252
cp1253 windows-1253 x-cp1253 cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599
iso_8859-9 iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254 cp1255 windows-1255 x-cp1255
cp1256 windows-1256 x-cp1256 cp1257 windows-1257 x-cp1257 cp1258 windows-1258 x-cp1258
x-mac-cyrillic x-mac-ukrainian
chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030
big5 big5-hkscs cn-big5 csbig5 x-x-big5
cseucpkdfmtjapanese euc-jp x-euc-jp csiso2022jp iso-2022-jp
csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis
cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601
windows-949 x-user-defined
"""
_ASCII = frozenset(_LABELS.split())
_UTF_16: dict[str, Family] = {
    **dict.fromkeys(("unicodefffe", "utf-16be"), "utf-16be"),
    **dict.fromkeys(
        ("csunicode", "iso-10646-ucs-2", "ucs-2", "unicode", "unicodefeff", "utf-16", "utf-16le"),
        "utf-16le",
    ),
}
_MARKS: tuple[tuple[bytes, Family], ...] = (
    (b"\xef\xbb\xbf", "ascii"),
    (b"\xfe\xff", "utf-16be"),
    (b"\xff\xfe", "utf-16le"),
)
_XML_IN_16: tuple[tuple[bytes, Family], ...] = (
    (b"<\0?\0x\0", "utf-16le"),
    (b"\0<\0?\0x", "utf-16be"),
)

_SPACE = rb"\t\n\f\r "
ATTRIBUTE = re.compile(
    rb"[%(s)s/]*+([^%(s)s/>][^%(s)s/>=]*+)"
    rb"(?:[%(s)s]*+=[%(s)s]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^%(s)s>\"'][^%(s)s>]*+)|(?=>))"
    rb"|(?![%(s)s]*+=))" % {b"s": _SPACE}  # an `=` that is left has a value that does not end
)
_TAG_END = re.compile(rb"[%s/]*+>" % _SPACE)
_THING = re.compile(
    rb"<(?:(!--)|(meta)(?=[%(s)s/])|(/?[a-z][^%(s)s>]*+)|[!/?])" % {b"s": _SPACE}, re.IGNORECASE
)
_IN_CONTENT = re.compile(
    rb"charset[%(s)s]*+=[%(s)s]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^%(s)s;\"'][^%(s)s;]*+))"
    % {b"s": _SPACE},
    re.IGNORECASE,
)


def family(label: str) -> Family:
    """What a label from a header or a page stands for; `unknown` also where browsers refuse it."""
    known = label.strip("\t\n\f\r ").lower()
    return "ascii" if known in _ASCII else _UTF_16.get(known, "unknown")


def by_mark(start: bytes, *, whole: bool) -> tuple[Family, int] | None:
    """The encoding that a byte order mark names, and its length; `("unknown", 0)` where there is none.

    None: `start` is too short to say. `whole`: nothing follows it.
    """
    for mark, found in _MARKS:
        if start.startswith(mark):
            return found, len(mark)
        if not whole and mark.startswith(start):
            return None
    return "unknown", 0


def by_declaration(start: bytes) -> Family:
    """UTF-16 without a mark, where an XML declaration shows it; needs the first six bytes."""
    return next((found for sign, found in _XML_IN_16 if start.startswith(sign)), "unknown")


def attributes(tag: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names, in lower case, and values of what stands in a tag after its name."""
    at = 0
    while found := ATTRIBUTE.match(tag, at):
        yield found[1].lower(), found[2] or found[3] or found[4] or b""
        at = found.end()


def said(pairs: Iterator[tuple[bytes, bytes]]) -> str:
    """The encoding that a `<meta>` with these attributes says; empty where it says none."""
    first: dict[bytes, bytes] = {}
    for name, value in pairs:
        first.setdefault(name, value)
    label = first.get(b"charset")
    if label is None and first.get(b"http-equiv", b"").lower() == b"content-type":
        within = _IN_CONTENT.search(first.get(b"content", b""))
        label = within and (within[1] or within[2] or within[3])
    text = (label or b"").strip(b"\t\n\f\r ").decode("latin-1").lower()
    known = family(text)
    return "" if known == "unknown" else text if known == "ascii" else "utf-8"


def prescan(page: bytes) -> str:
    """The label that browsers find in the first 1,024 bytes of a page; empty where they find none."""
    page, at = page[:PRESCAN], 0
    while thing := _THING.search(page, at):
        if thing[1]:  # a comment; its end may share dashes with its beginning
            end = page.find(b"-->", thing.end() - 2)
            if end < 0:
                return ""
            at = end + 3
        elif thing[2] or thing[3]:
            at = _end_of_tag(page, thing.end())
            if at < 0:
                return ""
            if thing[2] and (label := said(attributes(page[thing.end() : at]))):
                return label
        else:
            at = page.find(b">", thing.end()) + 1
            if at == 0:
                return ""
    return ""


def _end_of_tag(page: bytes, at: int) -> int:
    """Where a tag ends whose attributes begin at `at`; -1 where the page ends first."""
    while found := ATTRIBUTE.match(page, at):
        at = found.end()
    found = _TAG_END.match(page, at)
    return found.end() if found else -1
