"""A pass that stands for one listener has a session, wherever it is shown."""

from __future__ import annotations

from stagedoor.engine.needs import Effects
from stagedoor.engine.sessions import Sessions
from stagedoor.model.client_keys import listener
from stagedoor.model.heard import SCOPES, Listener, Sentence
from stagedoor.model.sound import SoundSent
from stagedoor.store.memory import MemoryStore

AT = 1_000_000.0
AGENT = "Firefox"
LENGTH = 180.0


def holder(serial: str, address: str = "198.51.100.7") -> Listener:
    return listener(address, AGENT)._replace(passed=serial)


def song(number: int) -> SoundSent:
    size = int(LENGTH * 16_000)
    return SoundSent(
        f"/{number}.mp3", "recording", LENGTH, 0, size, size, LENGTH, 0.0, "",
        first=True, last=True, complete=True,
    )  # fmt: skip


def send(sessions: Sessions, who: Listener, numbers: range, at: float = AT) -> None:
    for number in numbers:
        sessions.sent(who, song(number), at)


def test_a_pass_is_one_listener_at_any_address() -> None:
    sessions = Sessions(1000)
    home, away = holder("a"), holder("a", "203.0.113.9")
    send(sessions, home, range(3))
    send(sessions, away, range(3, 5))
    for where in (home, away):
        heard = sessions.heard(where, SCOPES, AT + 100)
        assert heard.household.begun_recordings == heard.agent.begun_recordings == 5
        assert heard.household.ahead == 5 * LENGTH - 100  # one listener: a second each second
    # Each network has what was sent in it.
    assert sessions.heard(home, SCOPES, AT).network.begun_recordings == 3
    assert sessions.heard(away, SCOPES, AT).network.begun_recordings == 2


def test_passes_of_one_household_do_not_count_together() -> None:
    sessions = Sessions(1000)
    for serial in "abcd":
        send(sessions, holder(serial), range(12))
    assert sessions.heard(holder("a"), SCOPES, AT).household.begun_recordings == 12
    assert sessions.heard(listener("198.51.100.7", AGENT), SCOPES, AT).household.ahead == 0
    assert sessions.heard(holder("new"), SCOPES, AT).household.ahead == 0
    # But in their network: one who collects passes is seen there.
    many = Sessions(1000)
    for number in range(5):
        send(many, holder(str(number)), range(number * 10, number * 10 + 10))
    assert many.heard(holder("0"), SCOPES, AT).network.begun_recordings == 50


def test_the_network_keeps_what_its_only_household_had_before() -> None:
    sessions = Sessions(1000)
    send(sessions, listener("198.51.100.7", AGENT), range(2))
    send(sessions, holder("a", "198.51.100.8"), range(2, 5))
    network = sessions.heard(holder("a", "198.51.100.8"), SCOPES, AT).network
    assert network.begun_recordings == 5
    send(sessions, listener("198.51.100.9", AGENT), range(5, 6))
    assert sessions.heard(listener("198.51.100.9", AGENT), SCOPES, AT).network.begun_recordings == 6
    assert (
        sessions.heard(listener("198.51.100.7", AGENT), SCOPES, AT).household.begun_recordings == 2
    )


def test_an_address_of_no_network_has_none() -> None:
    sessions = Sessions(1000)
    nowhere = Listener("somewhere", "", AGENT, "a")
    send(sessions, nowhere, range(2))
    assert sessions.heard(nowhere, SCOPES, AT).household.begun_recordings == 2


def test_a_sentence_keeps_to_the_pass() -> None:
    sessions = Sessions(1000)
    sessions.sentence(holder("a"), Sentence("r", "household", 60.0), AT)
    assert sessions.left(holder("a", "203.0.113.9"), "r", "household", AT) == 60
    assert sessions.left(holder("b"), "r", "household", AT) == 0
    sessions.sentence(holder("a"), Sentence("g", "agent", 60.0), AT)
    assert sessions.left(holder("a"), "g", "agent", AT) == 60
    assert sessions.left(holder("b"), "g", "agent", AT) == 0
    sessions.sentence(holder("a"), Sentence("n", "network", 60.0), AT)
    assert sessions.left(holder("b"), "n", "network", AT) == 60


def test_one_who_is_far_ahead_is_watched_by_the_pass() -> None:
    sessions = Sessions(1000)
    send(sessions, holder("a"), range(6))
    assert sessions.watched(holder("a", "203.0.113.9"), AT)
    assert not sessions.watched(holder("b"), AT)


def test_a_further_pass_begins_with_what_it_costs() -> None:
    store = MemoryStore(1000)
    store.apply("198.51.100.7", "", Effects(owed=120.0), AT, holder("a"))
    sessions = store._sessions
    assert sessions.heard(holder("a"), SCOPES, AT).household.ahead == 120
    sessions.owes(holder("a"), 500.0, AT)  # it is known already
    assert sessions.heard(holder("a"), SCOPES, AT).household.ahead == 120


def test_passes_make_room_for_each_other_and_leave_nothing_behind() -> None:
    sessions = Sessions(40)
    for number in range(500):
        send(sessions, holder(str(number), f"198.51.{number % 200}.7"), range(2), AT + number)
    assert len(sessions) <= 40
    assert len(sessions._networks) <= 40
    for number in range(200):
        who = listener(f"192.0.2.{number}", AGENT)
        send(sessions, who, range(1), AT + 1000 + number)
    assert (
        not [key for key in sessions._networks if key.startswith("198.51.")] or len(sessions) <= 40
    )
