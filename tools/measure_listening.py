"""Who is disturbed by the shipped rules, and who is stopped: by a clock of its own, in seconds.

Usage: ``python -m tools.measure_listening``

Plays the listeners and the takers of recordings against the real rules and the real store: each
request is decided, and what is let in is counted as sent; of responses that run at the same time,
the portions go out in turns, and a response is stopped where the guard would stop it. Prints, for each listener, how far each
fact rose and whether anything was refused; for each taker, how many of 100 recordings it had before
it was refused for the first time, and how many after an hour of going on.

The site: 100 recordings of 179 s (4.76 MB each), a feed of 300 episodes of 22.5 minutes, an album of
HLS in segments of ten seconds. Exits with 1 where a listener is disturbed.
"""

from __future__ import annotations

import random
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT / "addons") not in sys.path:
    sys.path.insert(0, str(ROOT / "addons"))

from stagedoor.engine import order  # noqa: E402
from stagedoor.engine.interruption import can_be_stopped, has_to_wait, interrupt  # noqa: E402
from stagedoor.engine.needs import NO_EFFECTS, Effects, Facts, Known  # noqa: E402
from stagedoor.engine.transaction import Transaction  # noqa: E402
from stagedoor.engine.under_way import FEW, FURTHEST, Expected, Way  # noqa: E402
from stagedoor.load import rule_folder  # noqa: E402
from stagedoor.model.facts import Arrival, Request  # noqa: E402
from stagedoor.model.heard import SCOPES, Heard, Listening, Scope  # noqa: E402
from stagedoor.model.sound import SoundKind, SoundSent, portion  # noqa: E402
from stagedoor.rules.policy import Policy  # noqa: E402
from stagedoor.store.interface import Query  # noqa: E402
from stagedoor.store.memory import MemoryStore  # noqa: E402

SONG, EPISODE, SIZE = 179.0, 1350.0, 4_760_000
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{}.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_{} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.{} Mobile/15E148 Safari/604.1"
)
AGENTS = (FIREFOX, CHROME.format(156), CHROME.format(155), *(IPHONE.format(n, n) for n in range(5)))
PLAYS = (
    ("accept", "*/*"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "no-cors"),
    ("sec-fetch-dest", "audio"),
    ("accept-language", "en-GB,en;q=0.5"),
    ("range", "bytes=0-"),
)
BARE = (("accept", "*/*"),)
HOME = "198.51.100.7"
COUNTED = frozenset({"recording", "segment", "archive"})
"""Kinds that are expected once they are let in."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for a part of a recording: `begin` to `end` are shares of it."""

    at: float
    track: str
    address: str = HOME
    agent: str = CHROME.format(156)
    begin: float = 0.0
    end: float = 1.0
    length: float = SONG
    kind: SoundKind = "recording"
    headers: tuple[tuple[str, str], ...] = PLAYS
    resource: str = ""
    opens: bool = False
    """It asks for all from `begin` on, and drops the response at `end`."""


@dataclass(slots=True)
class Outcome:
    """What became of somebody: the most each fact rose to, and the recordings that were had."""

    most: dict[Scope, Heard] = field(default_factory=lambda: dict.fromkeys(SCOPES, Heard()))
    had: set[str] = field(default_factory=set)
    had_before_refusal: int = 0
    refused: int = 0
    waited: int = 0
    """Turns in which its requests stood in line."""
    rules: list[str] = field(default_factory=list)
    noted: int = 0
    """Requests that were let in, and written down."""


class Site:
    """The rules and a store, by a clock that is given."""

    def __init__(self, policy: Policy) -> None:
        self.policy, self.store = policy, MemoryStore(50_000)

    def ask(self, ask: Ask, outcome: Outcome) -> None:
        """Decide one request, and send all of what is let in."""
        for _ in self.respond(ask, outcome):
            pass

    def respond(self, ask: Ask, outcome: Outcome) -> Iterator[None]:
        """The same, a portion with each step."""
        transaction, refused = self._decided(ask), True
        while self._has_to_wait(ask, transaction):
            outcome.waited += 1
            yield
            self._decided_late(ask, transaction)
        outcome.noted += transaction.verdict.action == "log"
        if not transaction.verdict.refused:
            way = transaction.way = self._begun(ask, transaction)
            for sent in portions(ask):
                self.store.sounded(transaction.listener, sent, ask.at)
                way.moved(sent, ask.at)
                if sent.last:
                    self.store.ended(way)
                if can_be_stopped(transaction, sent):
                    self._interrupt(ask, transaction, sent)
                if transaction.interrupted:
                    break
                yield
            else:
                refused = False
                outcome.had.add(ask.track)
            self.store.ended(way)
        if refused:
            if not outcome.refused:
                outcome.had_before_refusal = len(outcome.had)
            outcome.refused += 1
            if transaction.verdict.rule not in outcome.rules:
                outcome.rules.append(transaction.verdict.rule)
            return
        heard = self._heard(ask, transaction)
        for scope in SCOPES:
            outcome.most[scope] = Heard(*map(max, outcome.most[scope], getattr(heard, scope)))

    def _begun(self, ask: Ask, transaction: Transaction) -> Way:
        """What is asked for is under way."""
        size = round(SIZE * ask.length / SONG)
        extent = (round(size * ask.begin), 0 if ask.opens else round(size * ask.end))
        piece = ask.length * (ask.end - ask.begin) if ask.kind == "segment" else 0.0
        way = Way(
            transaction.listener,
            ask.track,
            ask.at,
            extent,
            size=size,
            length=ask.length,
            piece=piece,
        )
        if ask.kind == "archive":
            way = Way(transaction.listener, ask.track, ask.at, archive=True)
        if ask.kind in COUNTED:
            self.store.begun(way, ask.at)
        return way

    def _has_to_wait(self, ask: Ask, transaction: Transaction) -> bool:
        """As the service asks it."""
        few = self.store.under_way(transaction.listener) <= FEW
        if few or transaction.verdict.refused or ask.kind not in COUNTED:
            return False
        return has_to_wait(transaction, self._heard(ask, transaction, Expected())) is not None

    def _decided_late(self, ask: Ask, transaction: Transaction) -> None:
        listener, steps = transaction.listener, transaction.steps
        query = Query(
            listener.household,
            ask.at,
            listener=listener,
            listening=steps.listening,
            sentences=steps.sentences,
        )
        effects = order.decide_late(transaction, self.store.read(query))
        if effects is not NO_EFFECTS:
            self.store.apply(listener.household, "", effects, ask.at, listener)

    def _decided(self, ask: Ask) -> Transaction:
        path = ask.resource or ask.track
        request = Request("GET", "music.example", path, path, ask.agent, ask.headers, ask.address)
        transaction = Transaction(self.policy, request, Arrival(plaintext=False, proxied=False))
        order.enter(transaction)
        needs = order.needs(transaction)
        listener, known = transaction.listener, Known()
        if needs.listening or needs.sentences:
            query = Query(
                listener.household,
                ask.at,
                listener=listener,
                listening=needs.listening,
                sentences=needs.sentences,
            )
            known = self.store.read(query)
        effects = order.decide(transaction, Facts(known=known))
        if effects is not NO_EFFECTS:
            self.store.apply(listener.household, "", effects, ask.at, listener)
        return transaction

    def _interrupt(self, ask: Ask, transaction: Transaction, sent: SoundSent) -> None:
        """As the service does it."""
        if transaction.place is not None and not self.store.watched(transaction.listener, ask.at):
            transaction.own += sent.seconds
            return
        expected = Expected(FURTHEST, transaction.way)
        sentence = interrupt(transaction, sent, self._heard(ask, transaction, expected))
        if sentence is not None:
            listener, effects = transaction.listener, Effects(sentence=sentence)
            self.store.apply(listener.household, "", effects, ask.at, listener)

    def _heard(
        self, ask: Ask, transaction: Transaction, expected: Expected | None = None
    ) -> Listening:
        listener = transaction.listener
        query = Query(
            listener.household, ask.at, listener=listener, listening=SCOPES, expected=expected
        )
        return self.store.read(query).behaviour.listening


def portions(ask: Ask) -> Iterator[SoundSent]:
    """What is asked for, as a front reports it."""
    size = round(SIZE * ask.length / SONG)
    start, stop = round(size * ask.begin), round(size * ask.end)
    own = not ask.resource
    step = portion(size if own else stop - start)
    for begin in range(start, stop, step):
        end = min(stop, begin + step)
        yield SoundSent(
            track=ask.track,
            kind=ask.kind,
            seconds=ask.length * (end - begin) / size,
            start=begin if own else begin - start,
            end=end if own else end - start,
            size=size if own else stop - start,
            length=ask.length,
            offset=ask.length * begin / size,
            resource=ask.resource or ask.track,
            first=begin == start,
            last=end == stop,
            complete=end == stop,
        )


Asks = Iterator[Ask]


def song(number: int) -> str:
    """The path of a recording."""
    return f"/music/{number + 1:03}.mp3"


# -- listeners -------------------------------------------------------------------------------------


def dj(seconds: float, songs: int = 60) -> Asks:
    """Tries recordings, each for a few seconds; players have half of it by then."""
    for number in range(songs):
        yield Ask(100 + number * seconds, song(number), end=0.53, opens=True)


def metadata(songs: int) -> Asks:
    """A page that preloads the beginning of every recording."""
    for number in range(songs):
        yield Ask(100 + number * 0.5, song(number), end=0.22, opens=True)


def family() -> Asks:
    """Four people behind one address, an hour long, each with a browser of their own or the same."""
    for person in range(4):
        for number in range(20):
            track = song(person * 20 + number)
            yield Ask(100 + number * SONG + person * 7, track, agent=AGENTS[person])


def alike() -> Asks:
    """The same four with the same browser."""
    for person in range(4):
        for number in range(20):
            yield Ask(100 + number * SONG + person * 7, song(person * 20 + number))


def school_class() -> Asks:
    """Thirty pupils behind one address open one album within a minute, and play two songs of it."""
    for pupil in range(30):
        for number in range(3):
            agent = AGENTS[pupil % 8]
            end = 1.0 if number < 2 else 0.5
            at = 100 + pupil * 2 + number * SONG / 3
            yield Ask(at, song(number), agent=agent, end=end, opens=True)


def airport() -> Asks:
    """Twenty strangers behind one address, one song each, within two minutes."""
    for stranger in range(20):
        agent = AGENTS[stranger % 8]
        yield Ask(100 + stranger * 5.5, song(stranger), agent=agent, end=0.85, opens=True)


def moving_phone() -> Asks:
    """Changes its address in the middle of a song."""
    agent = IPHONE.format(5, 5)
    yield Ask(100, song(0), agent=agent, end=0.4, opens=True)
    yield Ask(130, song(0), agent=agent, begin=0.4, address="192.0.2.99")
    yield Ask(280, song(1), agent=agent, address="192.0.2.99")


def album_fan() -> Asks:
    """Downloads the twelve recordings of an album, all at once."""
    for number in range(12):
        yield Ask(100 + number * 0.05, song(number))


def discography(albums: int = 25) -> Asks:
    """Downloads all albums of a musician, each in a zip, one after the other."""
    for number in range(albums):
        yield Ask(100 + number * 5, f"/albums/{number}.zip", kind="archive")


def subscriber() -> Asks:
    """A podcast app of a new subscriber takes all 300 episodes."""
    for number in range(300):
        track = f"/episodes/{number}.mp3"
        yield Ask(100 + number, track, agent="gPodder/3.11.1", length=EPISODE, kind="episode")


def hls(hours: float = 2.0, pace: float = 1.0) -> Asks:
    """Plays HLS; `pace` is how much faster than sound the segments come."""
    length = hours * 3600
    for number in range(int(length / 10)):
        at, share = 100 + number * 10 / pace, 10 / length
        begin = number * share
        yield Ask(
            at,
            "/hls/index.m3u8",
            begin=begin,
            end=begin + share,
            length=length,
            kind="segment",
            resource=f"/hls/{number}.ts",
        )


def mixes() -> Asks:
    """Opens four mixes of two hours; the player takes each whole."""
    for number in range(4):
        yield Ask(100 + number * 300, f"/mixes/{number}.mp3", length=7200)


def in_order(pace: float = 1.0) -> Asks:
    """Plays the catalogue from its beginning to its end, and goes on to the next song early: `pace`."""
    for number in range(100):
        yield Ask(100 + number * SONG / pace, song(number))


def school_in_order() -> Asks:
    """Twelve pupils with the same browser, each through the whole catalogue, from the beginning on."""
    for pupil in range(12):
        for number in range(100):
            yield Ask(100 + pupil * 61 + number * SONG, song(number))


def all_day() -> Asks:
    """Plays the whole catalogue in a day, prefetching the next song each time."""
    for number in range(100):
        yield Ask(100 + number * SONG, song(number))


def release_day() -> Asks:
    """Two hundred fans of one provider, in one /24, play the new album in the same hour."""
    dice = random.Random(1)
    starts = sorted(dice.uniform(0, 3600) for _ in range(200))
    for fan, start in enumerate(starts):
        for number in range(4):
            address = f"203.0.113.{fan}"
            yield Ask(100 + start + number * SONG, song(number), address=address)


LISTENERS: dict[str, Callable[[], Asks]] = {
    "DJ, 60 × 10 s": lambda: dj(10),
    "DJ, 60 × 5 s": lambda: dj(5),
    "page, 30 × preload=metadata": lambda: metadata(30),
    "page, 100 × preload=metadata": lambda: metadata(100),
    "family of four, an hour": family,
    "family of four, one browser": alike,
    "class of 30, one album": school_class,
    "20 strangers at an airport": airport,
    "phone that moves": moving_phone,
    "fan takes an album of 12": album_fan,
    "fan takes 25 albums in zips": discography,
    "subscriber to 300 episodes": subscriber,
    "two hours of HLS": hls,
    "two hours of HLS, at once": lambda: hls(pace=100),
    "four mixes of two hours": mixes,
    "the whole catalogue in a day": all_day,
    "the same, a third of each skipped": lambda: in_order(1.5),
    "twelve pupils, the catalogue each": school_in_order,
    "200 fans in one /24, new album": release_day,
}


# -- takers ----------------------------------------------------------------------------------------


def fast(headers: tuple[tuple[str, str], ...] = PLAYS) -> Asks:
    """All recordings, twenty a second."""
    for number in range(100):
        yield Ask(100 + number * 0.05, song(number), headers=headers)


def pieces() -> Asks:
    """In ranges of 256 kB."""
    share = 262_144 / SIZE
    for number in range(100):
        for piece in range(19):
            begin = piece * share
            at = 100 + number * 0.4 + piece * 0.02
            yield Ask(at, song(number), begin=begin, end=min(1.0, begin + share))


def segments() -> Asks:
    """HLS of 100 tracks, without their playlists."""
    for number in range(100):
        for segment in range(18):
            begin = segment * 10 / SONG
            yield Ask(
                100 + number * 0.4 + segment * 0.02,
                f"/hls/{number}/",
                begin=begin,
                end=min(1.0, begin + 10 / SONG),
                kind="segment",
                resource=f"/hls/{number}/{segment}.ts",
            )


def neighbours(apart: float = 0.05) -> Asks:
    """Twenty addresses of one /24 take turns."""
    for number in range(100):
        yield Ask(100 + number * apart, song(number), address=f"203.0.113.{number % 20 + 10}")


def slow() -> Asks:
    """One address, 20 to 60 seconds between two recordings."""
    dice, at = random.Random(1), 100.0
    for number in range(100):
        at += dice.uniform(20, 60)
        yield Ask(at, song(number))


def slow_shuffled() -> Asks:
    """The same, in no order."""
    order = list(range(100))
    random.Random(2).shuffle(order)
    return (replace(ask, track=song(number)) for ask, number in zip(slow(), order, strict=True))


def everywhere() -> Asks:
    """An address of its own for each recording."""
    for number in range(100):
        yield Ask(100 + number * 0.05, song(number), address=f"{11 + number}.7.8.9")


def turning_agents() -> Asks:
    """One address, another browser each time."""
    for number in range(100):
        yield Ask(100 + number * 0.05, song(number), agent=CHROME.format(60 + number))


def costume() -> Asks:
    """As a podcast app, by a list of links."""
    for number in range(100):
        yield Ask(100 + number * 0.05, song(number), agent="gPodder/3.11.1", kind="episode")


TAKERS: dict[str, Callable[[], Asks]] = {
    "a browser's handshake and headers, 5 s": fast,
    "a browser's agent, headers of a script": lambda: fast(BARE),
    "pieces of 256 kB": pieces,
    "HLS segments without playlists": segments,
    "20 addresses of one /24": neighbours,
    "20 addresses of one /24, 2 s apart": lambda: neighbours(2.0),
    "one address, another agent each time": turning_agents,
    "100 albums in zips": lambda: discography(100),
    "one that sleeps 20 to 60 s": slow,
    "the same, in no order": slow_shuffled,
    "an address for each recording": everywhere,
    "as a podcast app": costume,
}


AT_ONCE = dict.fromkeys(
    (
        "page, 30 × preload=metadata",
        "page, 100 × preload=metadata",
        "class of 30, one album",
        "20 strangers at an airport",
        "fan takes an album of 12",
        "fan takes 25 albums in zips",
        "100 albums in zips",
        "subscriber to 300 episodes",
        "two hours of HLS, at once",
        "a browser's handshake and headers, 5 s",
        "a browser's agent, headers of a script",
        "pieces of 256 kB",
        "HLS segments without playlists",
        "one address, another agent each time",
        "20 addresses of one /24",
    )
)
"""Those of both whose responses can run at the same time."""


def play(policy: Policy, asks: Asks) -> Outcome:
    """All requests of somebody, in the order of their times."""
    site, outcome = Site(policy), Outcome()
    for ask in sorted(asks, key=lambda one: one.at):
        site.ask(ask, outcome)
    if not outcome.refused:
        outcome.had_before_refusal = len(outcome.had)
    return outcome


def at_once(policy: Policy, asks: Asks, most: int) -> Outcome:
    """The same, `most` responses at a time, each of which is sent a portion in its turn, and all of
    it at the same moment.
    """
    in_order = sorted(asks, key=lambda one: one.at)
    moment = in_order[0].at
    site, outcome = Site(policy), Outcome()
    coming = (replace(ask, at=moment) for ask in in_order)
    running: deque[Iterator[None]] = deque()
    while True:
        while len(running) < most and (ask := next(coming, None)) is not None:
            running.append(site.respond(ask, outcome))
        if not running:
            break
        response = running.popleft()
        if next(response, response) is None:  # else it has ended
            running.append(response)
    if not outcome.refused:
        outcome.had_before_refusal = len(outcome.had)
    return outcome


def persist(policy: Policy, make: Callable[[], Asks], seconds: float = 3600.0) -> Outcome:
    """Somebody who begins again with what was refused, every minute for an hour."""
    site, outcome = Site(policy), Outcome()
    asks = sorted(make(), key=lambda one: one.at)
    length = asks[-1].at - asks[0].at
    whole: dict[str, float] = {}
    for begin in range(0, int(seconds), max(60, int(length) + 60)):
        for ask in asks:
            if whole.get(ask.track, 0.0) >= 0.99:
                continue
            had = outcome.refused
            site.ask(replace(ask, at=ask.at + begin), outcome)
            if outcome.refused == had:
                whole[ask.track] = whole.get(ask.track, 0.0) + ask.end - ask.begin
    outcome.had = {track for track, share in whole.items() if share >= 0.99}
    return outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    if arguments if arguments is not None else sys.argv[1:]:
        print(__doc__)
        return 2
    policy, disturbed = rule_folder.load(), 0
    columns = ("ahead", "network", "agent", "whole", "begun", "episodes", "refused")
    print(f"{'listener':34}" + "".join(f"{column:>9}" for column in columns))
    for name, make in LISTENERS.items():
        found = play(policy, make())
        disturbed += bool(found.refused)
        if name in AT_ONCE:
            disturbed += bool(at_once(policy, make(), 100).refused)
        home, network, agent = (found.most[scope] for scope in SCOPES)
        heard = (home.ahead, network.ahead, agent.ahead, agent.whole_recordings)
        numbers = (*heard, home.begun_recordings, home.episodes, found.refused)
        print(f"{name:34}" + "".join(f"{number:9,.0f}" for number in numbers))
    print(f"\n{'taker':42}{'had of 100':>12}{'in an hour':>12}  rules")
    for name, make in TAKERS.items():
        found, later = play(policy, make()), persist(policy, make)
        rules = ", ".join(found.rules) or "none"
        print(f"{name:42}{found.had_before_refusal:12}{len(later.had):12}  {rules}")
    print(f"\n{'taker, several responses at a time':42}{'16':>12}{'100':>12}")
    for name in AT_ONCE:
        if name not in TAKERS:
            continue
        make = TAKERS[name]
        had = [len(at_once(policy, make(), most).had) for most in (16, 100)]
        print(f"{name:42}{had[0]:12}{had[1]:12}")
    return 1 if disturbed else 0


if __name__ == "__main__":
    sys.exit(main())
