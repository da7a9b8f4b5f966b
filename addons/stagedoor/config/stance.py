"""The stance: the one file an artist edits.

What is enforced follows from it (rules read it as `stance.…`). The defaults here are the shipped
`rules/stance.yaml`; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, create_model, field_validator

from stagedoor.config.address_values import checked_upstream, proxy_word, split_listen
from stagedoor.config.schema import ListOf, Model
from stagedoor.config.site_names import Sites, host_name
from stagedoor.config.stance_values import (
    Number,
    OpenClosed,
    SitePath,
    Span,
    Switch,
    YesLogNo,
    YesNo,
)
from stagedoor.config.store_address import store_address
from stagedoor.model.facts import Mode
from stagedoor.model.languages import Language
from stagedoor.signals import registry

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")
"""A host and a port, in the letters that names have on the wire."""


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

    paths: ListOf[SitePath] = ()


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
    """Where the site is and where the guard listens, for starting without any option.

    `hosts` are further names of the site, and `default` the site that is meant where a name is
    unknown: both where several sites stand behind one guard.
    """

    upstream: str = ""
    hosts: ListOf[Annotated[str, AfterValidator(host_name)]] = ()
    default: str = ""
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

    paths: ListOf[SitePath] = ()
    page: SitePath = "/"
    per_hour: Annotated[int, Field(ge=1, le=1000)] = 40
    form: Literal["query", "path"] = "query"


class OnError(Model):
    """What happens to requests when the guard itself fails."""

    pages: OpenClosed = "open"
    audio: OpenClosed = "closed"


class Stance(Model):
    """The whole file. `sites` are those that stand in it; each has a stance by itself."""

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
    sites: Sites = ()

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
