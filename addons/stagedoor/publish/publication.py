"""From the one stance: everything that is said to machines, ready to be sent.

The same answers go into robots.txt, headers, tags and files, in each standard's words. Every piece
can be switched off under `publish:` in the stance. What the site itself says is kept, and only ever
made stricter: see `stricter` for headers and `signals.robots.access.merge` for robots.txt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stagedoor.config.stance import Stance
from stagedoor.identify.catalogue import Catalogue
from stagedoor.model.facts import Purpose
from stagedoor.signals.meaning import USES, Answer, Said, Standard, Use
from stagedoor.signals.robots import merge
from stagedoor.signals.robots.merge import Merged
from stagedoor.signals.standards import ai_txt, content_usage, robots_tag, rsl, tdmrep, trust_txt
from stagedoor.signals.wanted import Wanted

ROBOTS = "/robots.txt"
LICENCE = "/license.xml"
POLICY = "/.well-known/tdm-policy.json"
HEADERS = "headers"
"""What the headers of every response are published as."""

USES_OF: Mapping[Purpose, Use] = {
    "ai-training": "train",
    "ai-input": "input",
    "search": "search",
    "ai-search": "search",
}
"""What crawlers of a purpose make of what they fetch."""
_OTHERS: Mapping[Purpose, tuple[str, str]] = {
    "archive": ("archives", "archives"),
    "seo": ("seo", "reports about websites"),
    "audio-harvester": ("harvesters", "audio in bulk"),
    "transcriber": ("transcribers", "transcription"),
}
"""Crawlers that robots.txt refuses besides: the word under `others` in the stance, and what they
come for."""

_TEXT = "text/plain; charset=utf-8"
_PRODUCT = re.compile(r"([A-Za-z0-9._-]+)(?:/[0-9.]*| \()")
"""A token that goes on behind the product's name: `YaK/1`, `Rephonic/`, `LCC (`."""

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class File:
    """One published file."""

    standard: Standard
    type: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Published:
    """All that is said. `files` are by path; robots.txt is none of them, it is merged."""

    wanted: Wanted
    headers: Fields
    files: Mapping[str, File]
    tags: str
    """Elements for the heads of pages; empty where none go in."""
    merges_robots: bool

    def robots(self, origin: bytes | None) -> Merged:
        """The robots.txt to publish, where the site's own is `origin` (None: it has none)."""
        return merge.merge(origin, self.wanted)

    @property
    def header_text(self) -> str:
        """The headers as one text, a line each."""
        return "".join(f"{n.decode()}: {v.decode('latin-1')}\n" for n, v in self.headers)


NOTHING = Published(Wanted(Said()), (), {}, "", merges_robots=False)


def published(stance: Stance, catalogue: Catalogue) -> Published:
    """What this stance says, to the crawlers in this catalogue."""
    says = stance.publish
    said = Said(train=stance.ai.train, input=stance.ai.input, search=stance.ai.search)
    licence = f"{says.address}{LICENCE}" if says.address and says.rsl == "yes" else None
    policy = f"{says.address}{POLICY}" if _has_policy(stance) else ""
    others = _others(stance)
    wanted = Wanted(
        said=said,
        crawlers=_crawlers(catalogue, said, others),
        others=others,
        artist=stance.artist.name,
        contact=stance.artist.contact,
        licence=licence,
        tdm_policy=policy or None,
        standards=_standards(stance),
    )
    headers: list[tuple[str, str]] = []
    tags: list[str] = []
    if says.content_usage == "yes":
        headers.append((content_usage.NAME, content_usage.write(said)))
    if says.tdmrep == "yes":
        headers += tdmrep.write_headers(said.train or "no", policy=policy)
        tags.append(tdmrep.write_meta(said.train or "no", policy=policy))
    if says.noai == "yes":
        headers += robots_tag.write(said)
        tags.append(robots_tag.write_meta(said))
    if licence:
        headers.append(rsl.write_header(licence))
        tags.append(rsl.write_link(licence))
    return Published(
        wanted=wanted,
        headers=tuple(
            (name.encode(), value.encode("latin-1", "replace")) for name, value in headers
        ),
        files=_files(stance, said, policy),
        tags=_row(tags) if says.tags == "yes" else "",
        merges_robots=bool(wanted.standards & {"robots", "content-usage", "content-signal"}),
    )


def _row(elements: Sequence[str]) -> str:
    """Elements as they may stand in HTML and in XHTML alike."""
    lines = (line for text in elements for line in text.splitlines())
    return "".join(f"{line.removesuffix('>')} />" for line in lines if line)


def _has_policy(stance: Stance) -> bool:
    """A policy says whom to ask: it needs an address of its own, and a reservation to be about."""
    says = stance.publish
    return says.tdmrep == "yes" and bool(says.address) and stance.ai.train == "no"


def _standards(stance: Stance) -> frozenset[Standard]:
    says = stance.publish
    switched: dict[Standard, str] = {
        "robots": says.robots,
        "content-usage": says.content_usage,
        "content-signal": says.content_signals,
        "tdmrep": says.tdmrep,
        "rsl": says.rsl,
        "robots-tag": says.noai,
        "ai.txt": says.ai_txt,
        "trust.txt": says.trust_txt,
    }
    if says.robots == "no":  # the file is left alone, with all that would stand in it
        switched |= {"content-usage": "no", "content-signal": "no"}
    return frozenset(standard for standard, word in switched.items() if word == "yes")


def _crawlers(catalogue: Catalogue, said: Said, others: Mapping[str, Answer]) -> dict[str, str]:
    """The robots token of each crawler that is told something, and what it comes for.

    A robots.txt lets a crawler in or refuses it, whatever it then does with a page. So one that
    comes for several things stands under the first that is refused; where none is, under the first.
    The rules do the same: `client.purpose` holds if any of its purposes matches.
    """
    comes_for = {**USES_OF, **{purpose: words for purpose, (_, words) in _OTHERS.items()}}
    answers: dict[str, Answer | None] = {use: said.about(use) for use in USES}
    answers.update(others)
    found: dict[str, str] = {}
    for signature in catalogue.signatures:
        words = [comes_for[purpose] for purpose in signature.purposes if purpose in comes_for]
        if words:
            refused = (word for word in words if answers.get(word) == "no")
            found[_robots_token(signature.robots_token)] = next(refused, words[0])
    return found


def _robots_token(token: str) -> str:
    """What of a token can stand on a User-agent line; the token itself where that is unsure.

    Some tokens carry the slash or bracket that follows the name in a user agent, so that they match
    nothing else. A robots.txt names the product alone (RFC 9309, 2.2.1; RFC 9110, 10.1.5). With a
    blank or more behind the slash nobody knows what its crawler looks for.
    """
    product = _PRODUCT.fullmatch(token)
    return product[1] if product else token


def _others(stance: Stance) -> dict[str, Answer]:
    """Of the rest of the stance only the refusals: `log` and `yes` say nothing in robots.txt."""
    return {words: "no" for word, words in _OTHERS.values() if getattr(stance.others, word) == "no"}


def _files(stance: Stance, said: Said, policy: str) -> dict[str, File]:
    says, artist = stance.publish, stance.artist
    train = said.train or "no"
    mail = artist.contact.removeprefix("mailto:") if artist.contact.startswith("mailto:") else ""
    page = artist.contact if artist.contact.startswith("http") else ""
    found: dict[str, File] = {}
    if says.tdmrep == "yes":
        text = tdmrep.write(train, policy=policy)
        found[tdmrep.FILE] = File("tdmrep", "application/json", text)
    if policy:
        text = tdmrep.write_policy(
            policy, site=f"{says.address}/", name=artist.name or says.address, email=mail, page=page
        )
        found[POLICY] = File("tdmrep", tdmrep.POLICY_TYPE, text)
    if says.ai_txt == "yes" and train == "no":
        found[ai_txt.FILE] = File("ai.txt", _TEXT, ai_txt.write(train).encode())
    if says.trust_txt == "yes":
        found[trust_txt.FILES[0]] = File("trust.txt", _TEXT, trust_txt.write(train).encode())
    if says.rsl == "yes":
        text = rsl.write(
            said,
            scope=f"{says.address}/" if says.address else "/",
            holder=artist.name,
            contact_url=page,
            contact_email=mail,
        )
        found[LICENCE] = File("rsl", rsl.MEDIA_TYPE, text)
    return found


# -- beside what the site says itself --------------------------------------------------------------

_OURS = frozenset({b"content-usage", b"tdm-reservation", b"tdm-policy", b"x-robots-tag", b"link"})


def stricter(fields: Fields, ours: Fields) -> Fields:
    """The fields of the site's response with ours among them; what it says more strictly stays."""
    theirs = [field for field in fields if field[0].lower() in _OURS]
    if not theirs:
        return fields + ours
    drop: set[bytes] = set()
    add: list[tuple[bytes, bytes]] = []
    _usage(theirs, ours, drop, add)
    _reservation(theirs, ours, drop, add)
    for name, value in ours:
        lowered = name.lower()
        if lowered == b"x-robots-tag" and not _says_noai(theirs):
            add.append((name, value))
        if lowered == b"link" and not any(rsl.licences(_texts(theirs, b"link"))):
            add.append((name, value))
    return (*(field for field in fields if field[0].lower() not in drop), *add)


def _texts(fields: Iterable[tuple[bytes, bytes]], name: bytes) -> list[tuple[str, str]]:
    return [(n.decode("latin-1"), v.decode("latin-1")) for n, v in fields if n.lower() == name]


def _usage(
    theirs: Sequence[tuple[bytes, bytes]],
    ours: Fields,
    drop: set[bytes],
    add: list[tuple[bytes, bytes]],
) -> None:
    own = next((field for field in ours if field[0].lower() == b"content-usage"), None)
    if own is None:
        return
    values = [value for _, value in _texts(theirs, b"content-usage")]
    if not values:
        add.append(own)
        return
    site = content_usage.parse(", ".join(values))
    wanted = content_usage.parse(own[1])
    both = {
        use: "no"
        if "no" in (site.about(use), wanted.about(use))
        else site.about(use) or wanted.about(use)
        for use in USES
    }
    together = Said(**both)
    if together != site:
        drop.add(b"content-usage")
        add.append((own[0], content_usage.write(together).encode()))


def _reservation(
    theirs: Sequence[tuple[bytes, bytes]],
    ours: Fields,
    drop: set[bytes],
    add: list[tuple[bytes, bytes]],
) -> None:
    own = [field for field in ours if field[0].lower().startswith(b"tdm-")]
    site = [v for _, v in _texts(theirs, b"tdm-reservation")]
    if not own or any(value.strip() == "1" for value in site):
        return
    if any(value == b"1" for _, value in own) or not site:
        drop |= {b"tdm-reservation", b"tdm-policy"}
        add.extend(own)


def _says_noai(theirs: Sequence[tuple[bytes, bytes]]) -> bool:
    values = [value for _, value in _texts(theirs, b"x-robots-tag")]
    return any(s.agent == "*" and s.said.train == "no" for s in robots_tag.read(values))
