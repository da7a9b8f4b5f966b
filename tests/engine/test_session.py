"""One session: every fact of the table in `model.heard`, and when it is forgotten."""

from __future__ import annotations

from stagedoor.engine.session import DAY, HALF_DAY, HOUR, MOST_TRACKS, TEN_MINUTES, WATCHED, Session
from stagedoor.model.heard import DRAIN, PARTS, PIECES, Heard

ALL = (1 << PARTS) - 1
AT = 100 * HALF_DAY
"""The beginning of a window, so that hours and half days do not end by chance."""
FOLDER = 4711


def session() -> Session:
    return Session(DRAIN["household"])


def song(one: Session, number: int, at: float = AT, length: float = 240.0) -> None:
    """A whole recording goes out at once."""
    one.sent(number, ALL, length, at, opened=True)


def heard(one: Session, at: float = AT, catalogue: int = 100) -> Heard:
    return one.heard(at, catalogue)


def test_sound_ahead_falls_by_itself_for_a_household_faster_than_for_one_agent() -> None:
    one = session()
    song(one, 1)
    assert one.ahead(AT) == one.ahead(AT, alone=True) == 240
    assert one.ahead(AT + 30) == 240 - 4 * 30
    assert one.ahead(AT + 30, alone=True) == 240 - 30
    assert one.ahead(AT + 60) == 0
    assert one.heard(AT + 30, 100, alone=True).ahead == 210


def test_the_same_part_counts_once_within_the_hour_and_anew_after_it() -> None:
    one = session()
    song(one, 1)
    assert not one.sent(1, ALL, 240.0, AT + 1, opened=True)
    assert one.ahead(AT + 1) == 236
    assert one.sent(1, ALL, 240.0, AT + 1 + HOUR, opened=True)
    assert one.ahead(AT + 1 + HOUR) == 240


def test_a_recording_in_many_pieces_is_one_that_was_fetched_by_ranges() -> None:
    one = session()
    for piece in range(PIECES):
        part = ALL >> PARTS - (piece + 1) * PARTS // PIECES
        one.sent(1, part, 240.0, AT + piece, opened=True)
    found = heard(one, AT + 10)
    assert (found.whole_recordings, found.whole_file_by_ranges) == (1, 1)
    assert heard(one, AT + 10 + 2 * HOUR).whole_file_by_ranges == 0


def test_short_recordings_are_never_whole() -> None:
    one = session()
    one.sent(1, ALL, 5.0, AT, opened=True, long=False)
    found = heard(one)
    assert (found.whole_recordings, found.begun_recordings) == (0, 1)


def test_whole_and_begun_recordings_are_forgotten_in_time() -> None:
    one = session()
    for number in range(5):
        song(one, number)
    assert one.has_whole(4, AT)
    assert not one.has_whole(5, AT)
    assert one.has_begun(4, AT)
    assert not one.has_begun(5, AT)
    later = AT + TEN_MINUTES + 1
    assert (heard(one, later).whole_recordings, heard(one, later).begun_recordings) == (0, 5)
    assert not one.has_whole(4, later)
    assert one.has_begun(4, later)
    assert not one.has_begun(4, AT + HOUR + 1)
    assert heard(one, AT + HOUR + 1).begun_recordings == 0
    assert one.remembers(3, AT + HOUR - 1)
    assert not one.remembers(3, AT + HOUR)
    assert not one.remembers(99, AT)


def test_what_is_sent_again_later_did_not_become_whole_then() -> None:
    one = session()
    song(one, 1)
    one.sent(1, ALL, 240.0, AT + TEN_MINUTES + 60, opened=True)
    found = heard(one, AT + TEN_MINUTES + 60)
    assert (found.whole_recordings, found.begun_recordings) == (0, 1)


def test_the_share_of_the_catalogue_lasts_for_half_a_day_and_the_rest_of_the_one_before() -> None:
    one = session()
    for number in range(10):
        song(one, number)
    assert heard(one).catalogue_share == 0.1
    for number in range(5, 20):
        song(one, number, AT + HALF_DAY)
    assert heard(one, AT + HALF_DAY).catalogue_share == 0.2
    assert heard(one, AT + 2 * HALF_DAY).catalogue_share == 0.15
    assert heard(one, AT + 3 * HALF_DAY).catalogue_share == 0
    song(one, 1, AT + 9 * HALF_DAY)  # what lies between is forgotten
    assert heard(one, AT + 9 * HALF_DAY).catalogue_share == 0.01


def test_a_recording_without_a_number_of_its_own_is_in_no_share() -> None:
    one = session()
    song(one, 1 << 60)
    found = heard(one)
    assert (found.catalogue_share, found.whole_recordings) == (0, 1)


def test_numbered_recordings_in_their_order_are_a_walk() -> None:
    one = session()
    walked = []
    for number in (1, 2, 3, 7):
        one.begun((FOLDER, number), AT)
        walked.append(heard(one).sequential_walk)
    assert walked == [1, 2, 3, 1]
    one.begun((FOLDER, 8), AT)
    one.begun((FOLDER + 1, 1), AT)  # the next album
    assert heard(one).sequential_walk == 3
    one.begun((FOLDER + 2, 9), AT)  # in the middle of another
    assert heard(one).sequential_walk == 1
    one.begun((FOLDER + 2, 10), AT + HOUR)  # too late to be the same walk
    assert heard(one, AT + HOUR).sequential_walk == 1
    one.begun(None, AT + HOUR)
    assert heard(one, AT + HOUR).sequential_walk == 0
    one.begun((FOLDER, 11), AT + HOUR)
    assert heard(one, AT + 2 * HOUR).sequential_walk == 0


def test_segments_count_only_where_no_playlist_was_sent_for_a_day() -> None:
    one = session()
    one.segment(AT)
    assert heard(one).segments_without_playlist == 1
    one.playlist(AT)
    one.segment(AT + 1)
    assert heard(one, AT + 1).segments_without_playlist == 1
    one.segment(AT + DAY)
    assert heard(one, AT + DAY).segments_without_playlist == 1
    assert heard(one, AT + DAY + HOUR).segments_without_playlist == 1
    assert heard(one, AT + DAY + 2 * HOUR).segments_without_playlist == 0


def test_episodes_are_counted_for_a_day_and_each_once() -> None:
    one = session()
    for number in (1, 2, 3, 2):
        one.episode(number, AT)
    assert heard(one).episodes == 3
    assert one.has_episodes(2, AT)
    assert not one.has_episodes(3, AT)
    one.episode(4, AT + DAY - 1)
    assert heard(one, AT + DAY).episodes == 1
    assert not one.has_episodes(2, AT + DAY)
    one.episode(5, AT + DAY)
    assert one.recordings == 2  # the first three made room
    assert not session().has_episodes(0, AT)


def test_requests_under_a_sentence_count_each_recording_once_in_an_hour() -> None:
    one = session()
    for number in (1, 2, 2, 1):
        one.ignoring(number, AT)
    assert heard(one).ignored == 2
    one.ignoring(1, AT + HOUR)
    assert heard(one, AT + HOUR).ignored == 3
    for number in range(MOST_TRACKS + 100):
        one.ignoring(number, AT + 5 * HOUR)
    assert heard(one, AT + 5 * HOUR).ignored == MOST_TRACKS


def test_a_sentence_is_not_shortened_by_a_second_one() -> None:
    one = session()
    assert one.left("r", AT) == 0
    one.sentence("r", AT + 600)
    one.sentence("r", AT + 60)
    assert one.left("r", AT + 100) == 500
    assert one.left("other", AT + 100) == 0
    assert one.left("r", AT + 601) == 0


def test_what_it_would_cost_to_forget_it() -> None:
    one = session()
    assert one.rank(AT) == 0
    song(one, 1, length=WATCHED + 10)
    assert one.rank(AT) == 1
    assert one.rank(AT + 10) == 0
    one.sentence("r", AT + 60)
    assert one.rank(AT) == 2
    assert one.rank(AT + 61) == 0
    one.trip(AT + 120)
    assert one.rank(AT + 61) == 2
    assert heard(one, AT + 61).tripped
    assert not heard(one, AT + 121).tripped
    assert one.rank(AT + 121) == 0


def test_a_run_ends_at_a_pause_of_ten_minutes() -> None:
    one = session()
    song(one, 1, AT)
    for number in range(2, 5):
        song(one, number, AT + 700 + number)
    assert one.run(AT + 710) == (3, 8)
    one.episode(77, AT + 705)
    assert one.run(AT + 710) == (4, 8)
    assert one.run(AT + 2000) == (0, 0)


def test_no_session_remembers_more_than_its_bound() -> None:
    one = session()
    for number in range(MOST_TRACKS + 50):
        song(one, number, AT)
    assert one.recordings == MOST_TRACKS
    assert not one.remembers(0, AT)
    song(one, 9999, AT + 2 * HOUR)  # what is older than an hour makes room
    assert one.recordings == 1


def test_a_copy_has_the_same_recordings_and_nothing_that_holds_for_one_key_alone() -> None:
    one = session()
    for number in range(3):
        song(one, number)
    one.begun((FOLDER, 1), AT)
    one.episode(77, AT)
    one.playlist(AT)
    one.ignoring(1, AT)
    one.trip(AT + HOUR)
    one.sentence("r", AT + HOUR)
    one.agents = b"agent"
    at = AT + 30
    whole = one.copied(DRAIN["network"])
    assert whole.heard(at, 100) == Heard(
        # The network's own drain from here on; what was ahead is taken over.
        ahead=3 * 240 - 8 * 30,
        whole_recordings=3,
        begun_recordings=3,
        episodes=1,
        catalogue_share=0.03,
        sequential_walk=1,
    )
    assert (whole.sentences, whole.agents, whole.left("r", at)) == (None, None, 0)
    whole.segment(at)  # the playlist counts for the copy as well
    assert whole.heard(at, 100).segments_without_playlist == 0
    song(whole, 9, at)
    assert not one.remembers(9, at)
    alone = one.copied(DRAIN["agent"])
    assert alone.ahead(at) == one.ahead(at, alone=True) == 3 * 240 - 30
    assert session().copied(DRAIN["agent"]).recordings == 0
