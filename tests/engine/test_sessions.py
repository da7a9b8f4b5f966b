"""Whose session counts what: households, their agents and their networks."""

from __future__ import annotations

import pytest

from stagedoor.engine.sessions import Sessions
from stagedoor.model.client_keys import listener
from stagedoor.model.heard import MANY, Amounts, Heard, Listener, Scope, Sentence, Sweep
from stagedoor.model.sound import SoundSent

AT = 1_000_000.0
HOME = listener("198.51.100.7", "Firefox")
OTHER_AGENT = listener("198.51.100.7", "AudioScraper")
NEIGHBOUR = listener("198.51.100.8", "Firefox")
ELSEWHERE = listener("203.0.113.1", "Firefox")
AMOUNTS = Amounts(ahead=3600.0, whole_files=20, at_once_by_network=7200.0, episodes=30, archives=30)


def song(number: int, seconds: float = 240.0) -> SoundSent:
    size = int(seconds * 16_000)
    return SoundSent(
        f"/music/{number:02}.mp3", "recording", seconds, 0, size, size, seconds, first=True
    )


def fetched(sessions: Sessions, one: Listener, songs: range, seconds: float = 240.0) -> None:
    for number in songs:
        sessions.sent(one, song(number, seconds), AT)


def of(sessions: Sessions, one: Listener, scope: Scope, at: float = AT) -> Heard:
    found = sessions.heard(one, (scope,), at)
    return {"household": found.household, "network": found.network, "agent": found.agent}[scope]


def test_live_streams_and_purchases_count_nothing() -> None:
    sessions = Sessions(100)
    sessions.sent(HOME, SoundSent("/live", "live", 60.0, 0, 960_000), AT)
    sessions.sent(HOME, SoundSent("/shop/1.flac", "bought", 60.0, 0, 960_000), AT)
    sessions.sent(HOME, SoundSent("/music/01.mp3", "recording", 0.0, 7, 7), AT)
    assert len(sessions) == 0
    assert of(sessions, HOME, "household") == Heard()


def test_a_first_household_speaks_for_its_agent_too_and_the_network_has_it_from_the_second() -> (
    None
):
    sessions = Sessions(100)
    fetched(sessions, HOME, range(3))
    assert len(sessions) == 1
    for scope in ("household", "network", "agent"):
        assert of(sessions, HOME, scope).begun_recordings == 3
    assert of(sessions, NEIGHBOUR, "network").begun_recordings == 3
    assert of(sessions, NEIGHBOUR, "household").begun_recordings == 0
    assert of(sessions, OTHER_AGENT, "agent").begun_recordings == 0
    fetched(sessions, NEIGHBOUR, range(2, 5))
    assert len(sessions) == 3
    assert of(sessions, HOME, "network").begun_recordings == 5
    assert of(sessions, HOME, "household").begun_recordings == 3
    fetched(sessions, HOME, range(10, 12))
    assert of(sessions, HOME, "network").begun_recordings == 7


def test_a_second_agent_starts_from_nothing_and_the_first_keeps_what_it_had() -> None:
    sessions = Sessions(100)
    fetched(sessions, HOME, range(3))
    fetched(sessions, OTHER_AGENT, range(10))
    assert of(sessions, HOME, "agent").begun_recordings == 3
    assert of(sessions, OTHER_AGENT, "agent").begun_recordings == 10
    assert of(sessions, HOME, "household").begun_recordings == 10
    third = listener("198.51.100.7", "VLC")
    assert of(sessions, third, "agent") == Heard()


def test_an_address_that_is_no_address_has_no_network() -> None:
    sessions = Sessions(100)
    one = listener("unknown", "A")
    fetched(sessions, one, range(2))
    assert of(sessions, one, "household").begun_recordings == 2
    assert of(sessions, one, "network").begun_recordings == 0


def test_episodes_segments_and_playlists_are_counted_by_what_they_are() -> None:
    sessions = Sessions(100)
    for number in range(3):
        sessions.sent(
            HOME, SoundSent(f"/pod/{number}.mp3", "episode", 60.0, 0, 960_000, first=True), AT
        )
    segment = SoundSent(
        "/hls/1", "segment", 6.0, 0, 96_000, 96_000, 60.0, resource="/hls/1/0.ts", first=True
    )
    sessions.sent(HOME, segment, AT)
    found = of(sessions, HOME, "household")
    assert (found.episodes, found.begun_recordings) == (3, 1)
    assert found.segments_without_playlist == 1
    sessions.playlist(ELSEWHERE, AT)
    sessions.sent(ELSEWHERE, segment, AT)
    assert of(sessions, ELSEWHERE, "household").segments_without_playlist == 0


def test_a_small_recording_of_unknown_length_is_never_whole() -> None:
    sessions = Sessions(100)
    for size in (900_000, 1_000_000):
        portion = SoundSent(f"/{size}.mp3", "recording", 0.0, 0, size, size, first=True)
        sessions.sent(HOME, portion, AT)
    assert of(sessions, HOME, "household").whole_recordings == 1


def test_a_household_is_watched_while_it_is_fifteen_minutes_ahead() -> None:
    sessions = Sessions(100)
    assert not sessions.watched(HOME, AT)
    fetched(sessions, HOME, range(3))
    assert not sessions.watched(HOME, AT)
    fetched(sessions, HOME, range(3, 5))
    assert sessions.watched(HOME, AT)
    assert not sessions.watched(HOME, AT + 75)


def test_a_recording_is_begun_once_within_the_hour() -> None:
    sessions = Sessions(100)
    fetched(sessions, HOME, range(1))
    assert sessions.begun(HOME.household, "/music/00.mp3", AT)
    assert not sessions.begun(HOME.household, "/music/01.mp3", AT)
    assert not sessions.begun(NEIGHBOUR.household, "/music/00.mp3", AT)
    assert not sessions.begun(HOME.household, "/music/00.mp3", AT + 3600)


def test_a_sentence_keeps_to_its_scope() -> None:
    sessions = Sessions(100)
    fetched(sessions, HOME, range(1))
    fetched(sessions, NEIGHBOUR, range(1))
    sessions.sentence(HOME, Sentence("home", "household", 600.0), AT)
    sessions.sentence(HOME, Sentence("net", "network", 60.0), AT)
    assert sessions.left(HOME, "home", "household", AT) == 600
    assert sessions.left(NEIGHBOUR, "home", "household", AT) == 0
    assert sessions.left(NEIGHBOUR, "net", "network", AT + 10) == 50
    assert sessions.left(ELSEWHERE, "net", "network", AT) == 0


def test_a_sentence_reaches_a_client_that_was_sent_nothing_yet() -> None:
    sessions = Sessions(100)
    sessions.sentence(HOME, Sentence("r", "agent", 600.0), AT)
    assert sessions.left(HOME, "r", "agent", AT) == 600
    sessions.ignoring(HOME, "/music/01.mp3", AT)
    sessions.ignoring(HOME, "/music/01.mp3", AT)
    sessions.ignoring(HOME, "/music/02.mp3", AT)
    assert of(sessions, HOME, "household").ignored == 2


def test_a_sentence_that_has_no_session_to_keep_to_is_passed_over() -> None:
    sessions = Sessions(100)
    nowhere = listener("unknown", "A")
    sessions.sentence(nowhere, Sentence("r", "network", 600.0), AT)
    assert sessions.left(nowhere, "r", "network", AT) == 0


def test_the_only_agent_of_a_household_keeps_its_sentence_once_there_is_a_second() -> None:
    sessions = Sessions(100)
    sessions.sentence(HOME, Sentence("r", "agent", 600.0), AT)
    sessions.sentence(HOME, Sentence("home", "household", 300.0), AT)
    assert sessions.left(OTHER_AGENT, "r", "agent", AT) == 0
    fetched(sessions, OTHER_AGENT, range(1))
    assert sessions.left(HOME, "r", "agent", AT + 100) == 500
    assert sessions.left(OTHER_AGENT, "r", "agent", AT + 100) == 0
    assert sessions.left(listener("198.51.100.7", "VLC"), "r", "agent", AT + 100) == 0
    for one in (HOME, OTHER_AGENT):
        assert sessions.left(one, "home", "household", AT + 100) == 200


def test_its_second_agent_asks_in_vain_and_inherits_nothing() -> None:
    sessions = Sessions(100)
    sessions.sentence(HOME, Sentence("r", "agent", 600.0), AT)
    sessions.sentence(HOME, Sentence("s", "agent", 60.0), AT)
    for one in ("/music/01.mp3", "/music/02.mp3"):
        sessions.ignoring(HOME, one, AT)
    sessions.ignoring(OTHER_AGENT, "/music/01.mp3", AT)
    assert (of(sessions, HOME, "agent").ignored, of(sessions, OTHER_AGENT, "agent").ignored) == (
        2,
        1,
    )
    sessions.ignoring(HOME, "/music/02.mp3", AT)
    sessions.ignoring(HOME, "/music/03.mp3", AT)
    assert of(sessions, HOME, "agent").ignored == 3
    assert of(sessions, HOME, "household").ignored == 3
    assert [sessions.left(HOME, rule, "agent", AT) for rule in "rs"] == [600, 60]
    sessions.sentence(HOME, Sentence("s", "agent", 30.0), AT)
    assert sessions.left(HOME, "s", "agent", AT) == 60
    assert sessions.left(OTHER_AGENT, "s", "agent", AT) == 0


def test_the_only_agent_that_tripped_has_tripped_once_there_is_a_second() -> None:
    sessions = Sessions(100)
    sessions.tripped(HOME, 3600.0, AT)
    fetched(sessions, OTHER_AGENT, range(1))
    assert of(sessions, HOME, "agent", AT + 3599).tripped
    assert not of(sessions, HOME, "agent", AT + 3600).tripped
    assert not of(sessions, OTHER_AGENT, "agent").tripped
    assert of(sessions, OTHER_AGENT, "household").tripped


def test_a_networks_sentence_outlasts_its_second_household() -> None:
    sessions = Sessions(100)
    sessions.sentence(HOME, Sentence("net", "network", 600.0), AT)
    sessions.sentence(HOME, Sentence("home", "household", 600.0), AT)
    sessions.sentence(HOME, Sentence("r", "agent", 600.0), AT)
    assert sessions.left(NEIGHBOUR, "net", "network", AT) == 600
    fetched(sessions, NEIGHBOUR, range(1))
    for one in (HOME, NEIGHBOUR):
        assert sessions.left(one, "net", "network", AT) == 600
    assert sessions.left(NEIGHBOUR, "home", "household", AT) == 0
    assert sessions.left(HOME, "home", "household", AT) == 600
    assert sessions.left(HOME, "r", "agent", AT) == 600
    assert sessions.left(NEIGHBOUR, "r", "agent", AT) == 0


@pytest.mark.parametrize("sooner", [True, False])
def test_a_sentenced_agent_is_not_forgotten_for_strangers(sooner: bool) -> None:
    sessions = Sessions(20)
    fetched(sessions, HOME, range(1))
    if sooner:
        sessions.sentence(HOME, Sentence("r", "agent", 600.0), AT)
    fetched(sessions, OTHER_AGENT, range(1))
    if not sooner:
        sessions.sentence(HOME, Sentence("r", "agent", 600.0), AT)
        assert sessions.left(OTHER_AGENT, "r", "agent", AT) == 0
    for number in range(200):
        fetched(sessions, listener(f"10.{number}.0.1", "Firefox"), range(1))
    assert sessions.left(HOME, "r", "agent", AT) == 600


def test_an_agent_whose_household_was_forgotten_has_one_session_afterwards() -> None:
    sessions = Sessions(6)
    fetched(sessions, HOME, range(8))
    fetched(sessions, OTHER_AGENT, range(1))
    fetched(sessions, HOME, range(8, 9))
    later = AT + 400  # the household has heard most of it by then, the agent alone has not
    for number in range(20):
        sessions.sent(listener(f"10.{number}.0.1", "Firefox"), song(number), later)
    assert of(sessions, HOME, "household", later) == Heard()
    sessions.sent(HOME, song(1), later)
    sessions.sent(OTHER_AGENT, song(2), later)
    assert of(sessions, HOME, "agent", later).begun_recordings == 1
    assert of(sessions, HOME, "household", later).begun_recordings == 2
    keys = [key for rank in sessions._ranks for key in rank]
    assert len(keys) == len(set(keys)) == len(sessions)


# -- sweeps ----------------------------------------------------------------------------------------


def test_an_album_for_later_is_no_sweep() -> None:
    sessions = Sessions(100)
    assert sessions.sweep(HOME, AMOUNTS, AT) is None
    fetched(sessions, HOME, range(MANY), seconds=600.0)  # two hours of sound, in few recordings
    assert sessions.sweep(HOME, AMOUNTS, AT) is None
    assert sessions.run(HOME, "household", AT) == Sweep("household", 12, 0)


def test_many_recordings_far_ahead_are_a_sweep_of_the_household() -> None:
    sessions = Sessions(100)
    fetched(sessions, HOME, range(MANY + 1), seconds=600.0)
    assert sessions.sweep(HOME, AMOUNTS, AT) == Sweep("household", 13, 0)


def test_one_agent_that_takes_many_whole_recordings_sweeps() -> None:
    sessions = Sessions(100)
    fetched(sessions, HOME, range(20), seconds=61.0)
    assert sessions.sweep(HOME, AMOUNTS, AT) is None
    fetched(sessions, HOME, range(20, 21), seconds=61.0)
    assert sessions.sweep(HOME, AMOUNTS, AT) == Sweep("household", 21, 0)
    # Another agent in the same home takes nothing; the household is not far ahead.
    fetched(sessions, OTHER_AGENT, range(1), seconds=61.0)
    assert sessions.sweep(OTHER_AGENT, AMOUNTS, AT) is None
    third = listener("198.51.100.7", "VLC")
    assert sessions.sweep(third, AMOUNTS, AT) is None


def test_more_episodes_than_a_day_holds_are_a_sweep() -> None:
    sessions = Sessions(100)
    for number in range(31):
        assert sessions.sweep(HOME, AMOUNTS, AT) is None
        portion = SoundSent(f"/pod/{number}.mp3", "episode", 60.0, 0, 960_000, first=True)
        sessions.sent(HOME, portion, AT)
    assert sessions.sweep(HOME, AMOUNTS, AT) == Sweep("household", 31, 0)


def test_a_network_sweeps_together_where_no_household_does() -> None:
    sessions = Sessions(100)
    homes = [listener(f"198.51.100.{number}", "Firefox") for number in range(13)]
    for number, home in enumerate(homes):
        sessions.sent(home, song(number, 599.0), AT + number)
    at = AT + 12
    assert sessions.sweep(homes[0], AMOUNTS, at) == Sweep("network", 13, 12)
    assert sessions.sweep(homes[0], AMOUNTS, at + 200) is None  # heard by now
    # A client of that network that was sent nothing itself is swept up with it.
    assert sessions.sweep(listener("198.51.100.99", "A"), AMOUNTS, at) == Sweep("network", 13, 12)
    assert sessions.sweep(ELSEWHERE, AMOUNTS, at) is None


def test_few_long_recordings_of_a_network_are_no_sweep() -> None:
    sessions = Sessions(100)
    for number in range(3):
        home = listener(f"198.51.100.{number}", "Firefox")
        sessions.sent(home, song(number, 3500.0), AT)
    assert of(sessions, HOME, "network").ahead > AMOUNTS.at_once_by_network
    assert sessions.sweep(HOME, AMOUNTS, AT) is None


def test_there_is_no_run_where_nothing_was_sent() -> None:
    sessions = Sessions(100)
    assert sessions.run(HOME, "household", AT) is None
    sessions.playlist(HOME, AT)
    assert sessions.run(HOME, "agent", AT) is None


# -- room ------------------------------------------------------------------------------------------


def test_recordings_of_all_together_are_bounded() -> None:
    sessions = Sessions(10)
    for household in range(10):
        fetched(sessions, listener(f"10.{household}.0.1", "A"), range(30), seconds=10.0)
    kept = [
        of(sessions, listener(f"10.{household}.0.1", "A"), "household").begun_recordings
        for household in range(10)
    ]
    assert kept[-1] == 30
    assert sum(kept) <= 40 + 30


def test_a_network_is_forgotten_with_its_last_household() -> None:
    sessions = Sessions(4)
    fetched(sessions, HOME, range(1))
    fetched(sessions, NEIGHBOUR, range(1))
    assert of(sessions, HOME, "network").begun_recordings == 1
    for number in range(8):
        fetched(sessions, listener(f"10.{number}.0.1", "A"), range(1))
    assert HOME.network not in sessions._networks
    assert of(sessions, HOME, "network") == Heard()
    # It starts again as a network of one household.
    fetched(sessions, HOME, range(2, 4))
    assert of(sessions, HOME, "network").begun_recordings == 2


def test_a_network_whose_own_session_made_room_first_starts_with_the_next_household() -> None:
    sessions = Sessions(6)
    fetched(sessions, HOME, range(3))
    sessions.sentence(HOME, Sentence("r", "household", 3600.0), AT)
    fetched(sessions, NEIGHBOUR, range(1))
    for number in range(8):
        fetched(sessions, listener(f"10.{number}.0.1", "A"), range(1))
    assert sessions.left(HOME, "r", "household", AT) > 0
    fetched(sessions, HOME, range(5, 6))
    assert of(sessions, HOME, "network").begun_recordings == 1
    assert of(sessions, HOME, "household").begun_recordings == 4


def test_clients_without_a_network_and_agents_make_room_like_others() -> None:
    sessions = Sessions(4)
    fetched(sessions, listener("unknown", "A"), range(1))
    fetched(sessions, listener("unknown", "B"), range(1))
    assert len(sessions) == 3
    for number in range(8):
        fetched(sessions, listener(f"10.{number}.0.1", "A"), range(1))
    assert len(sessions) == 4
    assert of(sessions, listener("unknown", "A"), "household") == Heard()
    assert list(sessions._networks) == [f"10.{number}.0.0/24" for number in range(4, 8)]


def test_a_network_is_known_while_one_of_its_households_has_a_session() -> None:
    sessions = Sessions(100)
    assert not sessions.any_of(HOME.network)
    sessions.sent(HOME, song(1), AT)
    assert sessions.any_of(HOME.network)
    assert not sessions.any_of(ELSEWHERE.network)
