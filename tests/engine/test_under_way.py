"""What is under way: how much of it is expected, of whom, and within which bounds."""

from __future__ import annotations

import pytest

from stagedoor.engine.sessions import Sessions
from stagedoor.engine.under_way import (
    HORIZON,
    LONGEST,
    SONG,
    Expected,
    UnderWay,
    Way,
    asked_range,
)
from stagedoor.model.client_keys import listener
from stagedoor.model.heard import NO_LISTENING, SCOPES, Heard, Listener, Listening
from stagedoor.model.sound import SoundSent

HERE, OTHER = listener("198.51.100.7", "Firefox"), listener("198.51.100.7", "Chrome")
NEXT_DOOR, FAR = listener("198.51.100.8", "Firefox"), listener("192.0.2.7", "Firefox")
NOWHERE = listener("a", "Firefox")
SIZE, LENGTH, NOW = 3_200_000, 200.0, 1000.0


def song(number: int, begin: float = 0.0, end: float = 1.0, *, last: bool = False) -> SoundSent:
    """A share of a recording."""
    return SoundSent(
        f"/{number}.mp3", "recording", LENGTH * (end - begin), round(SIZE * begin),
        round(SIZE * end), SIZE, LENGTH, LENGTH * begin, first=not begin, last=last,
    )  # fmt: skip


class Site:
    """Sessions, and what is under way to them."""

    def __init__(self) -> None:
        self.sessions, self.ways = Sessions(1000), UnderWay()

    def begin(
        self, number: int, who: Listener = HERE, extent: tuple[int, int] = (0, 0), at: float = NOW
    ) -> Way:
        """A recording is let in, of which all is known."""
        way = Way(who, f"/{number}.mp3", at, extent, size=SIZE, length=LENGTH)
        self.ways.begun(way, at)
        return way

    def send(self, way: Way, sent: SoundSent, at: float = NOW) -> None:
        """A portion of it."""
        self.sessions.sent(way.listener, sent, at)
        way.moved(sent, at)

    def expected(
        self, who: Listener = HERE, at: float = NOW, share: float = 0.0, but: Way | None = None
    ) -> Listening:
        """The facts, what is expected included."""
        heard = self.sessions.heard(who, SCOPES, at)
        wanted = Expected(share, but)
        return self.ways.added(heard, who, SCOPES, self.sessions, at, wanted)


@pytest.fixture
def site() -> Site:
    return Site()


def three(found: Heard) -> tuple[float, int, int]:
    """What changes with what is expected."""
    return round(found.ahead), found.whole_recordings, found.begun_recordings


def test_what_is_let_in_counts_for_those_whose_it_is(site: Site) -> None:
    for number in range(5):
        site.begin(number)
    site.begin(5, OTHER)
    site.begin(6, NEXT_DOOR)
    found = site.expected()
    assert three(found.household) == (1200, 6, 6)
    assert three(found.network) == (1400, 7, 7)
    assert three(found.agent) == (1000, 5, 5)
    assert site.expected(FAR) is not found
    assert site.expected(FAR) == NO_LISTENING
    assert (site.ways.count(HERE), site.ways.count(FAR), len(site.ways)) == (7, 0, 7)


def test_once_it_has_ended_only_what_was_sent_counts(site: Site) -> None:
    way = site.begin(1)
    site.send(way, song(1, 0.0, 0.1))
    assert three(site.expected().household)[:2] == (200, 1)
    site.ways.ended(way)
    site.ways.ended(way)
    assert three(site.expected().household) == (22, 0, 1)
    assert len(site.ways) == site.ways.count(HERE) == 0


def test_the_same_recording_is_expected_once_and_not_what_was_sent_before(site: Site) -> None:
    for who in (HERE, OTHER, HERE):
        site.begin(1, who)
    assert three(site.expected().household) == (200, 1, 1)
    site.sessions.sent(HERE, song(2), NOW)
    site.begin(2)
    assert three(site.expected().household) == (400, 2, 2)


def test_a_range_counts_for_its_share(site: Site) -> None:
    site.begin(1, extent=(0, SIZE // 4))
    site.begin(2, extent=(SIZE // 2, 0))
    site.begin(3, extent=(-SIZE // 4, 0))
    assert three(site.expected().household) == (200, 0, 3)
    site.begin(2, extent=(0, SIZE // 2))  # with the other half it is whole
    assert three(site.expected().household) == (300, 1, 3)


@pytest.mark.parametrize(
    ("text", "extent"),
    [
        ("", (0, 0)),
        ("bytes=0-", (0, 0)),
        ("bytes=100-", (100, 0)),
        (" bytes=100-199 ", (100, 200)),
        ("bytes=-500", (-500, 0)),
        ("bytes=-", (0, 0)),
        ("bytes=0-1,5-", (0, 0)),
        ("pages=1-2", (0, 0)),
    ],
)
def test_a_range_is_read(text: str, extent: tuple[int, int]) -> None:
    assert asked_range(text) == extent


def test_what_is_not_known_is_taken_for_a_song_until_it_is_known(site: Site) -> None:
    way = Way(HERE, "/1.mp3", NOW)
    site.ways.begun(way, NOW)
    assert three(site.expected().household) == (SONG, 1, 1)
    way.moved(SoundSent("/1.mp3", "recording", 5.0, 0, 80_000, 80_000, 5.0), NOW)
    assert three(site.expected().household) == (5, 0, 1)  # a sample is never whole
    part = Way(HERE, "/2.mp3", NOW, (100, 200))
    site.ways.begun(part, NOW)
    assert three(site.expected().household) == (5, 0, 2)


def test_a_length_follows_from_a_size_or_from_a_portion(site: Site) -> None:
    way = Way(HERE, "/1.mp3", NOW, size=1_600_000)
    site.ways.begun(way, NOW)
    assert three(site.expected().household) == (100, 1, 1)
    way.moved(SoundSent("/1.mp3", "recording", 20.0, 0, 160_000, 1_600_000), NOW)
    assert way.seconds == 200.0
    way.moved(SoundSent("/1.mp3", "recording", 0.0, 160_000, 160_000), NOW)
    assert (way.seconds, way.size) == (200.0, 1_600_000)


def test_segments_count_for_their_seconds_and_never_as_whole(site: Site) -> None:
    for number in range(16):
        way = Way(HERE, "/hls/index.m3u8", NOW, piece=10.0)
        site.ways.begun(way, NOW + number / 1000)
    assert three(site.expected().household) == (160, 0, 1)


def test_an_archive_counts_as_one_and_only_where_nothing_of_it_was_sent(site: Site) -> None:
    for name in ("a", "b", "a"):
        site.ways.begun(Way(HERE, f"/{name}.zip", NOW, archive=True), NOW)
    found = site.expected().household
    assert (found.archives, found.ahead, found.begun_recordings) == (2, 0, 0)
    site.sessions.sent(HERE, SoundSent("/a.zip", "archive", 0.0, 0, 1), NOW)
    assert site.expected().household.archives == 2
    assert site.expected(at=NOW + 11.0).household.archives == 1
    site.sessions.sent(HERE, song(1), NOW)
    assert site.expected(NEXT_DOOR).network.archives == 2


def test_a_response_that_is_silent_is_not_expected_to_go_on(site: Site) -> None:
    way = site.begin(1)
    assert three(site.expected(at=NOW + 9.0).household) == (200, 1, 1)
    assert three(site.expected(at=NOW + 10.1).household) == (0, 0, 0)  # the site has not begun
    site.send(way, song(1, 0.0, 0.5), NOW + 11.0)
    assert site.expected(at=NOW + 13.9).household.whole_recordings == 1
    assert site.expected(at=NOW + 14.1).household.whole_recordings == 0


def test_where_no_portion_is_seen_a_response_is_expected_for_longer(site: Site) -> None:
    """Behind a front nothing is heard of it before its end."""
    way = Way(HERE, "/1.mp3", NOW, size=SIZE, length=LENGTH, unanswered=30.0)
    site.ways.begun(way, NOW)
    assert three(site.expected(at=NOW + 29.9).household) == (200, 1, 1)
    assert three(site.expected(at=NOW + 30.1).household) == (0, 0, 0)


def test_those_whose_end_was_never_heard_of_hide_nobody(site: Site) -> None:
    """Lines of a front's log get lost: those that wait for them are not looked at for ever."""
    for number in range(200):
        site.begin(number, at=NOW - 60.0)
    for number in range(5):
        site.begin(1000 + number)
    assert three(site.expected().household) == (1000, 5, 5)


def test_who_plays_a_mix_at_the_speed_of_sound_is_expected_to_go_on_so(site: Site) -> None:
    """Two hours that come as they are heard are not two hours that are taken."""
    long = 7200.0
    way = Way(HERE, "/mix.mp3", NOW, size=SIZE, length=long)
    site.ways.begun(way, NOW)
    assert three(site.expected().household) == (LONGEST, 1, 1)
    for second in range(2, 600, 2):
        part = SoundSent("/mix.mp3", "recording", 2.0, 0, 900, SIZE, long)
        way.moved(part, NOW + second)
    found = site.expected(at=NOW + 600.0).household
    assert 0 < found.ahead < HORIZON + 1
    assert found.whole_recordings == 0


def test_only_what_has_gone_far_is_counted_where_that_is_asked(site: Site) -> None:
    near, far, own = (site.begin(number) for number in range(3))
    site.send(near, song(0, 0.0, 0.5))
    site.send(far, song(1, 0.0, 0.7))
    site.send(own, song(2, 0.0, 0.7))
    sent = site.sessions.heard(HERE, SCOPES, NOW).household
    assert site.expected(share=0.6).household.whole_recordings == 2
    found = site.expected(share=0.6, but=own).household
    assert found.whole_recordings == 1
    assert found.ahead - sent.ahead == pytest.approx(200 * 0.3, abs=4)


def test_of_an_address_that_is_none_the_household_is_the_group(site: Site) -> None:
    assert NOWHERE.network == ""
    site.begin(1, NOWHERE)
    assert site.ways.count(NOWHERE) == 1
    assert site.expected(NOWHERE).household.begun_recordings == 1


def test_a_store_may_keep_sessions_under_other_keys_than_ways() -> None:
    ways, sessions = UnderWay(), Sessions(10)
    real, kept = listener("198.51.100.7", "Firefox"), listener("2001:db8::1", "hash")
    ways.begun(Way(real, "/a.mp3", 1000.0, length=180.0), 1000.0)
    for expected, ahead in ((Expected(whose=real), 180.0), (Expected(), 0.0)):
        found = ways.added(NO_LISTENING, kept, SCOPES, sessions, 1000.0, expected)
        assert found.household.ahead == ahead


def test_it_is_bounded_and_those_that_never_ended_make_room() -> None:
    ways = UnderWay(most=3)
    for number in range(5):
        ways.begun(Way(HERE, f"/{number}.mp3", NOW), NOW)
    assert len(ways) == ways.count(HERE) == 3
    late = Way(FAR, "/late.mp3", NOW + 4000.0)
    ways.begun(late, NOW + 4000.0)
    assert (len(ways), ways.count(HERE), ways.count(FAR)) == (1, 0, 1)


def test_where_all_go_on_a_new_one_is_not_remembered_and_few_are_looked_at() -> None:
    """A log that is lost leaves thousands that never end: each request must not look at all of them."""
    looked: list[Way] = []

    class Watched(Way):
        __slots__ = ()

        def most(self, at: float) -> float:
            looked.append(self)
            return Way.most(self, at)

    ways = UnderWay(most=100)
    old = [Watched(HERE, f"/{number}.mp3", NOW) for number in range(100)]
    for way in old:
        ways.begun(way, NOW)
    ways.begun(Watched(FAR, "/more.mp3", NOW + 1.0), NOW + 1.0)
    assert (len(ways), ways.count(FAR)) == (100, 0)
    assert 0 < len(looked) < 20
    # Ten seconds later nothing was heard of any but the one that goes on.
    looked.clear()
    old[8].moved(SoundSent("/8.mp3", "recording", 1.0, 0, 10), NOW + 60.0)
    for number in range(100):
        ways.begun(Watched(FAR, f"/late-{number}.mp3", NOW + 61.0), NOW + 61.0)
    assert len(ways) == 100
    assert ways.count(HERE) == 1
    assert len(looked) < 150
