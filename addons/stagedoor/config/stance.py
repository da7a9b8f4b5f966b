"""The stance: the one file an artist edits.

What is enforced follows from it (rules read it as `stance.…`). The defaults here are the shipped
`rules/stance.yaml`; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal, cast, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    create_model,
    field_validator,
)

from stagedoor.config.schema import ListOf, Model, check
from stagedoor.config.store_address import store_address
from stagedoor.config.yamltext import Document, Path, Value
from stagedoor.model import edges
from stagedoor.model.errors import Location, Problem, did_you_mean, listed
from stagedoor.model.facts import Mode
from stagedoor.model.globs import MAX_PATTERN
from stagedoor.model.languages import Language
from stagedoor.model.units import duration
from stagedoor.signals import registry


def _yes_no(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return {"block": "no", "allow": "yes"}.get(value, value) if isinstance(value, str) else value


YesNo = Annotated[Literal["yes", "no"], BeforeValidator(_yes_no)]
YesLogNo = Annotated[Literal["yes", "log", "no"], BeforeValidator(_yes_no)]
"""yes: let in. log: let in and write it down. no: refuse (`block` is understood too)."""


def _switch(value: object) -> object:
    return ("yes" if value else "no") if isinstance(value, bool) else value


Switch = Annotated[Literal["yes", "no"], BeforeValidator(_switch)]
"""yes: it is done. no: it is left out."""
OpenClosed = Literal["open", "closed"]

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")
"""A host and a port, in the letters that names have on the wire."""


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f'the path "{path}" does not begin with / — write "/{path}"')
    if len(path) > MAX_PATTERN:
        raise ValueError(
            f"the path has {len(path):,} characters; at most {MAX_PATTERN:,} are taken"
            " — shorten it: * stands for any text"
        )
    return path


def proxy_word(text: str) -> str:
    """An address, a network, or the word of a content delivery network whose list is known."""
    word = text.strip().lower()
    if word not in edges.TRUSTED_WORDS:
        try:
            network(text)
        except ValueError as error:
            raise ValueError(
                f'"{text}" is not an address or network — '
                + (did_you_mean(word, edges.TRUSTED_WORDS) or _PROXY_FIX)
            ) from error
    return text


_PROXY_FIX = f"write 127.0.0.1 or 10.0.0.0/8, or a name: {listed(edges.TRUSTED_WORDS, 10)}"


def network(text: str) -> IPv4Network | IPv6Network:
    """`10.0.0.0/8`, `192.0.2.1` … as a network; ValueError with the fix for anything else."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise ValueError(
            f'"{text}" is not an address or network — write 127.0.0.1 or 10.0.0.0/8'
        ) from error


class Artist(Model):
    """Who is speaking; printed on refusals so that a wrongly refused person can ask. `language`: of
    reports and letters.
    """

    name: str = ""
    contact: str = ""
    language: Literal["", Language] = ""

    @field_validator("contact")
    @classmethod
    def _reachable(cls, value: str) -> str:
        if value and not value.startswith(("mailto:", "https://", "http://")):
            if "@" in value and " " not in value:
                raise ValueError(f'"{value}" is not a link — write mailto:{value}')
            raise ValueError(f'"{value}" is not a link — begin with mailto: or https://')
        return value


class Ai(Model):
    """What machines that learn, answer or search may do with the site."""

    train: YesNo = "no"
    input: YesNo = "no"
    search: YesNo = "yes"
    agents: YesLogNo = "no"


class Others(Model):
    """Everybody else who is not a listener."""

    archives: YesLogNo = "yes"
    previews: YesLogNo = "yes"
    seo: YesLogNo = "log"
    impostors: YesLogNo = "no"
    disguises: YesLogNo = "log"
    harvesters: YesLogNo = "no"
    transcribers: YesLogNo = "no"
    robots: YesLogNo = "no"
    scanners: YesLogNo = "no"
    headless: YesLogNo = "log"
    downloaders: YesLogNo = "log"
    libraries: YesLogNo = "no"
    anonymous: YesLogNo = "no"
    unknown: YesLogNo = "log"
    sweepers: YesLogNo = "no"
    embedded: YesLogNo = "yes"


def _over_nothing(number: float) -> float:
    if number < 1:
        raise ValueError(f'"{number}" refuses everybody — write a number of one or more')
    return number


Span = Annotated[float, BeforeValidator(duration)]
Number = Annotated[int, AfterValidator(_over_nothing)]


class Listening(Model):
    """From where on nobody is listening any more, but taking. `ahead` and `at_once_by_network` in
    seconds of sound that cannot have been heard yet, `on_air` in seconds of a live stream; the
    others count recordings, episodes, archives and streams.
    """

    ahead: Span = 5400.0
    whole_files: Number = 30
    at_once_by_network: Span = 7200.0
    episodes: Number = 500
    archives: Number = 30
    live_streams: Number = 100
    live_streams_by_network: Number = 1000
    on_air: Span = 43_200.0


class Audio(Model):
    """What counts as audio besides what is recognised by its name or type."""

    paths: ListOf[Annotated[str, AfterValidator(_absolute)]] = ()


def _with_switches[M: Model](base: type[M]) -> type[M]:
    """`base` with a switch for each standard that holds now, and one for tags behind them."""
    fields: dict[str, Any] = {
        switch.word: (Switch, switch.default)
        for standard in registry.current().switched
        if (switch := standard.switch) is not None
    }
    return create_model(
        base.__name__,
        __base__=base,
        __doc__=base.__doc__,
        __module__=base.__module__,
        **fields,
        tags=(Switch, "yes"),
    )


@_with_switches
class Publish(Model):
    """What is published for machines besides being enforced; `address` is the site's own, for links.

    `about_search`: whether a yes to search is published; a no always is.
    """

    address: str = ""
    about_search: Switch = "yes"

    def says(self, switch: str) -> bool:
        """Whether the piece under this word is published."""
        return bool(getattr(self, switch) == "yes")

    @field_validator("address")
    @classmethod
    def _address(cls, value: str) -> str:
        """It is printed everywhere: no password, and nothing that a header cannot carry."""
        site = checked_upstream(value, "https") if value else ""
        host = site.partition("://")[2]
        if "@" in host:
            raise ValueError("the address carries a name or password — leave out what is before @")
        if site and not _HOST.fullmatch(host):
            raise ValueError(
                f'"{value}" is not an address that every machine reads — write it in plain letters,'
                " as https://xn--bcher-kva.example stands for https://b\u00fccher.example"
            )
        return site


class Evidence(Model):
    """What is kept of machines, where there is a state directory."""

    ledger: Switch = "yes"


class Site(Model):
    """Where the site is and where the guard listens, for starting without any option."""

    upstream: str = ""
    listen: str = ""
    profile: str = ""
    trusted_proxies: ListOf[Annotated[str, AfterValidator(proxy_word)]] = ()
    ja4_header: str = ""
    store: str = ""

    @field_validator("store")
    @classmethod
    def _store(cls, value: str) -> str:
        if value:
            store_address(value)
        return value

    @field_validator("upstream", mode="before")
    @classmethod
    def _address(cls, value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return checked_upstream(value) if isinstance(value, str) and value else value

    @field_validator("listen", mode="before")
    @classmethod
    def _listen(cls, value: object) -> object:
        if isinstance(value, int):
            value = str(value)
        if isinstance(value, str) and value:
            split_listen(value)
        return value


class Passes(Model):
    """Recordings that are for those alone who came by one of the site's own pages, feeds or playlists.

    `paths` are those that need a pass; none: no recording does. `page` is where a client is sent that
    has none. A household is given `per_hour` passes in an hour; more browsers there share them.
    """

    paths: ListOf[Annotated[str, AfterValidator(_absolute)]] = ()
    page: Annotated[str, AfterValidator(_absolute)] = "/"
    per_hour: Annotated[int, Field(ge=1, le=1000)] = 40
    form: Literal["query", "path"] = "query"


class OnError(Model):
    """What happens to requests when the guard itself fails."""

    pages: OpenClosed = "open"
    audio: OpenClosed = "closed"


class Stance(Model):
    """The whole file."""

    artist: Artist = Artist()
    ai: Ai = Ai()
    others: Others = Others()
    audio: Audio = Audio()
    listening: Listening = Listening()
    traps: Switch = "no"
    passes: Passes = Passes()
    canaries: Switch = "no"
    announcement: Switch = "no"
    publish: Publish = Publish()
    evidence: Evidence = Evidence()
    on_error: OnError = OnError()
    site: Site = Site()
    mode: Mode = Field(default="enforce")

    def words(self) -> Mapping[str, str]:
        """What rules may ask for: `stance.ai.train` → `no`, and so on."""
        return {
            f"stance.{group}.{name}": word
            for group in ("ai", "others")
            for name, word in getattr(self, group).model_dump().items()
        } | {PASSES: "yes" if self.passes.paths else "no"}

    def amounts(self) -> Mapping[str, float]:
        """The numbers that rules may compare with: `stance.listening.ahead` → 5400.0."""
        found = self.listening.model_dump().items()
        return {f"stance.listening.{name}": float(amount) for name, amount in found}


@lru_cache(maxsize=4)
def _stance_of(_standards: registry.Registry) -> type[Stance]:
    publish = _with_switches(Publish)
    return create_model(
        Stance.__name__,
        __base__=Stance,
        __doc__=Stance.__doc__,
        __module__=Stance.__module__,
        publish=(publish, publish()),
    )


PASSES = "stance.passes.needed"
"""Whether any path needs a pass, as rules ask for it."""
_SHIPPED = registry.current()


def model() -> type[Stance]:
    """The stance with a switch for each standard that holds now: `Stance`, as a rule."""
    now = registry.current()
    return Stance if now is _SHIPPED else _stance_of(now)


def choices() -> Mapping[str, tuple[str, ...]]:
    """What each of those words may be: `stance.ai.train` → (`yes`, `no`)."""
    return {
        f"stance.{group}.{name}": get_args(field.annotation)
        for group, model in (("ai", Ai), ("others", Others))
        for name, field in model.model_fields.items()
    } | {PASSES: ("yes", "no")}


NAMELESS: Path = ("others", "nameless")
"""Where earlier versions had one word for who gives no name, and who gives one that nobody knows."""
FORMER: Mapping[str, str] = {"stance.others.nameless": "stance.others.unknown"}
"""Words that rules of earlier versions ask for, and what is asked in their place."""


def read_stance(document: Document, problems: list[Problem]) -> Stance:
    """The stance in `document`; every mistake is added to `problems`.

    Returns the default stance where the file cannot be used, so that rules can still be checked.
    """
    kind = model()
    stance = check(kind, _renewed(document), problems)
    return stance if stance is not None else kind()


def _renewed(document: Document) -> Document:
    """`document` with the two words that `others.nameless` has become, each standing in its place."""
    others = document.value.get("others") if isinstance(document.value, dict) else None
    if not isinstance(others, dict) or NAMELESS[-1] not in others:
        return document
    word = others[NAMELESS[-1]]
    new = [name for name in ("anonymous", "unknown") if name not in others]
    if not isinstance(word, str) or word not in {"yes", "log", "no", "allow", "block"}:
        new = new[:1]  # one mistake is reported once
    kept = {name: item for name, item in others.items() if name != NAMELESS[-1]}
    value = {
        **cast("dict[str, Value]", document.value),
        "others": {**kept, **dict.fromkeys(new, word)},
    }
    at: dict[Path, Location] = {("others", name): document.at(NAMELESS) for name in new}
    return replace(document, value=value, values={**document.values, **at})


def advice(stance: Stance, document: Document) -> list[Problem]:
    """What is legal and still worth reporting: shown at the start and by `stagedoor check`."""
    found = []
    if not stance.artist.contact:
        place = document.at(("artist", "contact"))
        found.append(
            Problem(
                place,
                "artist.contact is empty: a person refused by mistake cannot ask you",
                "write mailto: and your address",
            )
        )
    for number, path in enumerate(stance.audio.paths):
        if path.endswith("/"):
            found.append(
                Problem(
                    document.at(("audio", "paths", number)),
                    f'"{path}" is the folder\'s own page alone, not what lies in it',
                    f'write "{path}**"',
                )
            )
    if NAMELESS in document.values:
        others = stance.others
        found.append(
            Problem(
                document.at(NAMELESS, key=True),
                "others.nameless is now two words: anonymous (gives no name) and unknown (gives a"
                " name that nobody knows); it is read as both",
                f'write "anonymous: {others.anonymous}" and "unknown: {others.unknown}" in its place',
            )
        )
    return found


_BARE = re.compile(
    r"(?:https?)?:?/{0,2}(\[[0-9A-Fa-f:.]+\]|[\w.-]+)?(?::?([0-9]{1,5}))?(?:[/?#].*)?"
)
"""A site as people write it: without a scheme, or with half of one."""


def checked_upstream(value: str, scheme: str = "") -> str:
    """`value` where it is the address of a site; ValueError with the fix where it is not.

    `scheme` is the one to suggest; empty: http on this machine, https elsewhere.
    """
    wrong = f'"{value}" is not the address of a site — write {_meant(value, scheme)}'
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ValueError(wrong) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError(wrong)
    if parts.path not in {"", "/"} or parts.query:
        raise ValueError(
            f'"{value}" names a page — write only the site, {parts.scheme}://{parts.netloc}'
        )
    return f"{parts.scheme}://{parts.netloc}"


def _meant(value: str, scheme: str) -> str:
    """The address that somebody may have meant by `value`."""
    example = "https://music.example.org" if scheme == "https" else "http://localhost:8000"
    text = value.strip()
    if re.fullmatch("[0-9]{1,5}", text) and int(text) < 65536 and int(text):
        return example if scheme == "https" else f"http://localhost:{text}"
    found = _BARE.fullmatch(text)
    host, port = (found[1] or "", found[2] or "") if found else ("", "")
    if not ("." in host or host == "localhost" or (host and port)) or port == "0":
        return example
    near = host == "localhost" or host.startswith(("127.", "10.", "192.168.", "[")) or port
    return f"{scheme or ('http' if near else 'https')}://{host}{':' + port if port else ''}"


def split_listen(value: str) -> tuple[str, int]:
    """`HOST:PORT`, `:PORT` or `PORT` → (host, port); ValueError with the fix.

    The host is empty where none is given, which means every address of the machine.
    """
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError(f'"{value}" is not a listening address — write 0.0.0.0:8080 or just 8080')
    return host, int(port)
