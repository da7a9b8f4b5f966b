"""A case of a rule as written: one request, what its client did before, and what must become of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    Field,
)

from stagedoor.config.schema import Model, OneOrMany
from stagedoor.model.facts import (
    Behaviour,
    Credentials,
    LicenceStanding,
    PassStanding,
    Proof,
)
from stagedoor.model.heard import Heard, Listening
from stagedoor.rules.written_values import Address, Bytes, Seconds, SitePath, TraitName, YesNo


class Sound(Model):
    """What one session of a case's client was sent: the words of `model.heard`."""

    ahead: Seconds = 0.0
    whole_recordings: int = 0
    begun_recordings: int = 0
    episodes: int = 0
    archives: int = 0
    catalogue_share: float = 0.0
    sequential_walk: int = 0
    whole_file_by_ranges: int = 0
    segments_without_playlist: int = 0
    ignored: int = 0
    tripped: YesNo = False

    def heard(self) -> Heard:
        """As conditions see it."""
        return Heard(**{name: getattr(self, name) for name in Heard._fields})


class Lately(Sound):
    """What the client of a case has done before: the words of `behaviour.…` in conditions."""

    requests_last_minute: int = 0
    recordings_last_hour: int = 0
    audio_last_hour: Bytes = 0.0
    known_for: Seconds = 0.0
    on_air: Seconds = 0.0
    live_streams: int = 0
    live_streams_in_network: int = 0
    told: OneOrMany[Literal["robots", "headers", "files"]] = ()
    violations: int = 0
    robots_disallows: YesNo = False
    network: Sound = Sound()
    agent: Sound = Sound()

    def facts(self) -> Behaviour:
        """As conditions see it."""
        return Behaviour(
            requests=self.requests_last_minute,
            recordings=self.recordings_last_hour,
            audio=int(self.audio_last_hour),
            known=self.known_for,
            on_air=self.on_air,
            live_streams=self.live_streams,
            live_streams_in_network=self.live_streams_in_network,
            told=frozenset(self.told),
            violations=self.violations,
            disallowed=self.robots_disallows,
            listening=Listening(self.heard(), self.network.heard(), self.agent.heard()),
        )


class After(Model):
    """What the client of a case was sent just before, by a clock of the case's own: `after:
    {whole_recordings: 31, within: 5s}`.

    Recordings are of `each`, and begun evenly over `within`; the request comes right behind the last,
    or `later`. Of a recording that is only begun, a tenth is sent. `from_addresses`: they take turns.
    `episodes`, `archives` and `segments` (of ten seconds each, of one track) are sent after them.
    """

    whole_recordings: Annotated[int, Field(ge=0, le=10_000)] = 0
    begun_recordings: Annotated[int, Field(ge=0, le=10_000)] = 0
    episodes: Annotated[int, Field(ge=0, le=10_000)] = 0
    archives: Annotated[int, Field(ge=0, le=10_000)] = 0
    segments: Annotated[int, Field(ge=0, le=10_000)] = 0
    within: Seconds = 1.0
    each: Seconds = 180.0
    later: Seconds = 0.0
    from_addresses: Annotated[int, Field(ge=1, le=250)] = 1
    tripped: YesNo = False


class Case(Model):
    """One request and what must become of it, whatever the artist's stance says today."""

    ua: str
    get: SitePath
    method: str = "GET"
    host: str = "example.org"
    type: str = ""
    """The response's Content-Type, for what only the response can show."""
    traits: OneOrMany[TraitName] = ()
    """Traits that the request is taken to have, besides those its headers show."""
    form: Literal["live", "bought"] | None = None
    """How sound is handed out there, for what only the response or the site's profile can tell."""
    headers: dict[str, str] = Field(default_factory=dict)
    ip: Address | None = None
    credentials: Credentials = "none"
    """Whether it carries a login, and whether the site is taken to have accepted it."""
    pass_: PassStanding = Field(default="unneeded", alias="pass")
    """Whether it needs a pass, and shows one."""
    solved: YesNo = False
    """Whether it shows that a challenge was solved there."""
    behaviour: Lately = Lately()
    after: After | None = None
    """What it was sent before, in the place of `behaviour`."""
    proof: Proof | None = None
    """How sure its claim is taken to be (a case says nothing about addresses)."""
    licence: LicenceStanding = "none"
    """What the licence that it shows is taken to be worth."""
    expect: str
    """A word of the table of actions; see forms()."""
