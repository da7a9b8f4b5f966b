"""The artist's wishes, the same for all standards: what every writer works from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from stagedoor.signals import registry
from stagedoor.signals.meaning import USES, Answer, Said
from stagedoor.signals.standard import Message

_ALWAYS_OPEN = ("/robots.txt", "/.well-known/")

_WRITABLE = re.compile(r"[A-Za-z0-9._-]+")
_URL = re.compile(r"[!-~]+")
_DOCUMENTS = (".xml", ".json")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The stance, for the writers of standards.

    `crawlers` gives each robots.txt token what its crawler comes for: `train`, `input`, `search`,
    or a word of `others` (`seo`, `archive` …), where the answers to such words stand. A crawler
    whose answer is "no" is refused; one whose word is answered nowhere is left as it is. `licence`
    and `tdm_policy` are absolute addresses. `standards` are those to be written. `forbidden` are paths
    that no crawler may ask for.

    Raises ValueError for an address that is not absolute or cannot stand on a line.
    """

    said: Said
    crawlers: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Answer] = field(default_factory=dict)
    artist: str = ""
    contact: str = ""
    licence: str | None = None
    tdm_policy: str | None = None
    standards: frozenset[str] = field(default_factory=lambda: frozenset(registry.current().names))
    forbidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for url in filter(None, (self.licence, self.tdm_policy)):
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"} or not parts.netloc or "#" in url:
                raise ValueError(f'"{url}" is no address — write https://example.com/licence.xml')
            if not _URL.fullmatch(url):
                raise ValueError(f'"{url}" has a character that an address cannot have — encode it')

    def answer(self, word: str) -> Answer | None:
        """The answer to those who come for `word`."""
        return self.said.about(word) if word in USES else self.others.get(word)

    @property
    def refused(self) -> dict[str, str]:
        """The tokens that are refused, in small letters, each with its spelling."""
        if "robots" not in self.standards:
            return {}
        return {
            token.lower(): token
            for token, word in self.crawlers.items()
            if self.answer(word) == "no" and writable(token)
        }

    def message(self, said: Said) -> Message:
        """What the writers of standards get; `said` may be stricter than what is wanted."""
        return Message(
            said=said,
            name=self.artist,
            contact=self.contact,
            licence=self.licence or "",
            tdm_policy=self.tdm_policy or "",
        )

    @property
    def left_out(self) -> tuple[str, ...]:
        """Tokens that cannot stand on a User-agent line, such as those with a space."""
        return tuple(token for token in self.crawlers if not writable(token))

    @property
    def open_paths(self) -> tuple[str, ...]:
        """The signal files, those documents among them that `licence` and `tdm_policy` name.

        The host of these is not asked: a path on a foreign host opens nothing that matters here,
        as only XML and JSON documents are opened.
        """
        named = (urlsplit(url).path for url in (self.licence, self.tdm_policy) if url)
        documents = (path for path in named if path.endswith(_DOCUMENTS) and "*" not in path)
        always = signal_paths()
        return always + tuple(
            dict.fromkeys(path for path in documents if not path.startswith(always))
        )


def signal_paths() -> tuple[str, ...]:
    """What must stay open to a crawler that may fetch nothing else: there the refusal is said."""
    others = (path for path in registry.current().asked if not path.startswith(_ALWAYS_OPEN))
    return (*_ALWAYS_OPEN, *others)


def writable(token: str) -> bool:
    """Whether a token can stand on a User-agent line and be read back."""
    return _WRITABLE.fullmatch(token) is not None
