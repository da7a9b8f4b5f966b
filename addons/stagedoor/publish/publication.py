"""The publication: everything that is said to machines, made from the one stance, ready to be sent.

The same answers go into robots.txt, headers, tags and files, in each standard's words. Every piece
can be switched off under `publish:` in the stance. What the site itself says is kept, and only ever
made stricter: see `stricter` for headers (each standard has its own way) and `signals.robots.access.merge` for robots.txt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from stagedoor.config.stance import Stance
from stagedoor.identify.catalogue import Catalogue
from stagedoor.model.facts import Purpose
from stagedoor.rules.trap import trap_link, trap_path
from stagedoor.signals import registry
from stagedoor.signals.meaning import USES, USES_OF, Answer, Said
from stagedoor.signals.robots import merge
from stagedoor.signals.robots.merge import Merged
from stagedoor.signals.standard import Header, Message, Standard
from stagedoor.signals.wanted import Wanted

ROBOTS = "/robots.txt"
HEADERS = "headers"
"""What the headers of every response are published as."""

_OTHERS: Mapping[Purpose, tuple[str, str]] = {
    "archive": ("archives", "archives"),
    "seo": ("seo", "reports about websites"),
    "audio-harvester": ("harvesters", "audio in bulk"),
    "transcriber": ("transcribers", "transcription"),
}
"""Crawlers that robots.txt refuses besides: the word under `others` in the stance, and what they
come for."""

_PRODUCT = re.compile(r"([A-Za-z0-9._-]+)(?:/[0-9.]*| \()")
"""A token that goes on behind the product's name: `YaK/1`, `Rephonic/`, `LCC (`."""

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class File:
    """One published file."""

    standard: str
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
    trap: str = ""
    """The trap link, as it stands in pages; empty where there is none."""

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
    on = switched_on(stance)
    said = message(stance, on)
    others = _others(stance)
    trap = trap_path(stance)
    wanted = Wanted(
        said=said.said,
        crawlers=_crawlers(catalogue, said.said, others),
        others=others,
        artist=stance.artist.name,
        contact=stance.artist.contact,
        licence=said.licence or None,
        tdm_policy=said.tdm_policy or None,
        standards=_standards(on),
        forbidden=(trap,) if trap else (),
    )
    headers = [field for s in on if s.header and s.header.write for field in s.header.write(said)]
    tags = [s.page.write(said) for s in on if s.page]
    files = {
        path: File(s.name, document.type, document.text)
        for s in on
        if s.files
        for path, document in s.files.write(said).items()
    }
    return Published(
        wanted=wanted,
        headers=tuple(
            (name.encode(), value.encode("latin-1", "replace")) for name, value in headers
        ),
        files=files,
        tags=_row(tags) if stance.publish.says("tags") else "",
        merges_robots=any(_stands_in_robots(s) for s in on if s.name in wanted.standards),
        trap=trap_link(trap) if trap and "robots" in wanted.standards else "",
    )


def switched_on(stance: Stance) -> tuple[Standard, ...]:
    """The standards that are published, in the order of writing."""
    return tuple(
        standard
        for standard in registry.current().written
        if standard.switch is not None and stance.publish.says(standard.switch.word)
    )


def message(stance: Stance, on: Iterable[Standard]) -> Message:
    """What this stance says, as the writers of standards get it.

    A yes to search may stay unsaid: within a search application, AIPREF's `search=y` counts for
    more than a no to anything else (vocab-08). A no is always said.
    """
    silent = stance.ai.search == "yes" and not stance.publish.says("about_search")
    search = None if silent else stance.ai.search
    found = Message(
        said=Said(train=stance.ai.train, input=stance.ai.input, search=search),
        name=stance.artist.name,
        contact=stance.artist.contact,
        address=stance.publish.address,
    )
    for standard in on:
        found = standard.linked(found)
    return found


def _row(elements: Sequence[str]) -> str:
    """Elements as they may stand in HTML and in XHTML alike."""
    lines = (line for text in elements for line in text.splitlines())
    return "".join(f"{line.removesuffix('>')} />" for line in lines if line)


def _stands_in_robots(standard: Standard) -> bool:
    """Whether it is a reason to publish a robots.txt; a mere pointer is none."""
    return standard.core or (standard.record is not None and standard.record.scope is not None)


def _standards(on: Sequence[Standard]) -> frozenset[str]:
    """Their names. Without robots.txt, that file is left alone, with all that would stand in it."""
    left_alone = not any(standard.core for standard in on)
    return frozenset(s.name for s in on if not (left_alone and _stands_in_robots(s)))


def _crawlers(catalogue: Catalogue, said: Said, others: Mapping[str, Answer]) -> dict[str, str]:
    """The robots token of each crawler that is named, and what it comes for.

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


# -- beside what the site says itself --------------------------------------------------------------


def stricter(fields: Fields, ours: Fields) -> Fields:
    """The fields of the site's response with ours among them; what it says more strictly stays."""
    known = registry.current()
    names = known.merged_fields
    theirs = tuple([field for field in fields if field[0].lower() in names])
    if not theirs:
        return fields + ours
    small = sum(len(name) + len(value) for name, value in theirs) <= _MOST_REMEMBERED
    drop, add = (_merged if small else _merged.__wrapped__)(known, theirs, ours)
    return (*(field for field in fields if field not in drop), *add)


_MOST_REMEMBERED = 1024
"""Octets of fields whose merging is remembered: a site says the same on most of its responses."""


@lru_cache(maxsize=256)
def _merged(
    known: registry.Registry, theirs: Fields, ours: Fields
) -> tuple[frozenset[tuple[bytes, bytes]], Fields]:
    """Which of the site's fields go, and which come."""
    drop: set[tuple[bytes, bytes]] = set()
    add: list[tuple[bytes, bytes]] = []
    for header, merge_fields, first, others in known.merged:
        own = tuple(_of(header, first, others, ours))
        if not own:
            continue
        site = tuple(_of(header, first, others, theirs))
        if not site:
            add += own
            continue
        merged = merge_fields(_texts(site), _texts(own))
        drop.update(site if merged.drop else ())
        add += ((n.encode("latin-1"), v.encode("latin-1")) for n, v in merged.add)
    return frozenset(drop), tuple(add)


def _of(
    header: Header, first: bytes, others: frozenset[bytes], fields: Iterable[tuple[bytes, bytes]]
) -> Iterator[tuple[bytes, bytes]]:
    """The fields that are this standard's."""
    for field in fields:
        name = field[0].lower()
        if name == first:
            if header.carries(field[1].decode("latin-1")):
                yield field
        elif name in others:
            yield field


def _texts(fields: Fields) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in fields)
