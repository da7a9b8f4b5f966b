"""Who was told what, and what it asked for afterwards."""

from __future__ import annotations

from making import GPTBOT_CLIENT, asks
from stagedoor.engine.compliance import MOST_ROBOTS, Compliance, Violation, key
from stagedoor.model.facts import Behaviour, Client, Resource
from stagedoor.signals.meaning import Answer, Use
from stagedoor.signals.robots.access import read

ROBOTS = read(b"User-agent: GPTBot\nDisallow: /music/\n")
SONG = Resource("audio", "/music/a.mp3")
NO: dict[Use, Answer | None] = {"train": "no", "input": "no", "search": "yes"}
HOME = "198.51.100.7"
SCRIPT = Client("python-requests", "", "http-library")


def asked(
    memory: Compliance,
    target: str = "/music/a.mp3",
    client: Client = GPTBOT_CLIENT,
    use: Use | None = "train",
    kind: str = "audio",
) -> tuple[Behaviour, tuple[Violation, ...]]:
    resource = Resource(kind, target)  # type: ignore[arg-type]
    return memory.asked(
        client, asks("", target), resource, NO, use, client.name, Behaviour(requests=3)
    )


def test_whoever_was_told_nothing_violates_nothing() -> None:
    assert asked(Compliance(10)) == (Behaviour(requests=3), ())


def test_a_path_that_its_robots_txt_forbids_is_a_violation_with_the_line_that_says_so() -> None:
    memory = Compliance(10)
    assert memory.told(GPTBOT_CLIENT, HOME, "robots", "r1", 0.0, ROBOTS)
    behaviour, found = asked(memory)
    assert found == (Violation("robots", "line 2: Disallow: /music/"),)
    assert behaviour == Behaviour(
        requests=3, told=frozenset({"robots"}), violations=1, disallowed=True
    )
    behaviour, found = asked(memory, "/about", kind="page")
    assert (found, behaviour.violations, behaviour.disallowed) == ((), 1, False)


def test_what_headers_and_files_say_forbids_everything_but_signals() -> None:
    memory = Compliance(10)
    memory.told(GPTBOT_CLIENT, HOME, "headers", "h", 0.0)
    memory.told(GPTBOT_CLIENT, HOME, "files", "f", 0.0)
    assert asked(memory, "/about", kind="page")[1] == (Violation("headers"), Violation("files"))
    assert asked(memory, "/robots.txt", kind="signal")[1] == ()
    assert asked(memory)[0].violations == 2  # one a request, whatever forbade it


def test_a_use_that_is_allowed_or_none_is_no_violation() -> None:
    memory = Compliance(10)
    for client in (GPTBOT_CLIENT, SCRIPT):
        memory.told(client, HOME, "headers", "h", 0.0)
    assert asked(memory, use="search")[1] == ()
    assert asked(memory, client=SCRIPT, use=None)[1] == ()


def test_nobody_is_told_by_what_somebody_else_fetched_in_its_name() -> None:
    memory = Compliance(10)
    memory.told(GPTBOT_CLIENT, "192.0.2.1", "robots", "r1", 0.0, ROBOTS)
    assert asked(memory)[1] == ()
    proven = Client("GPTBot", "OpenAI", "ai-training", proof="verified")
    memory.told(proven, "192.0.2.1", "robots", "r1", 0.0, ROBOTS)
    assert asked(memory, client=proven)[1] != ()  # proven, it is one crawler wherever it comes from
    assert key(proven, "192.0.2.1") == key(proven, HOME) != key(GPTBOT_CLIENT, HOME)


def test_the_same_text_is_told_once() -> None:
    memory = Compliance(10)
    assert [memory.told(GPTBOT_CLIENT, HOME, "headers", "h", at) for at in (0.0, 1.0)] == [
        True,
        False,
    ]
    assert memory.told(GPTBOT_CLIENT, HOME, "headers", "h2", 2.0)


def test_the_latest_robots_txt_it_has_counts() -> None:
    memory = Compliance(10)
    memory.told(GPTBOT_CLIENT, HOME, "robots", "r1", 0.0, ROBOTS)
    memory.told(GPTBOT_CLIENT, HOME, "robots", "r2", 1.0, read(b"User-agent: *\nAllow: /\n"))
    assert asked(memory)[1] == ()


def test_what_is_remembered_is_bounded() -> None:
    memory = Compliance(50)
    for number in range(500):
        client = Client(f"Bot {number}", "", "robot")
        memory.told(client, HOME, "robots", f"r{number}", 0.0, ROBOTS)
        memory.told(GPTBOT_CLIENT, HOME, "headers", f"h{number}", 0.0)
    assert len(memory) == 50
    assert len(memory._robots) <= MOST_ROBOTS
    assert len(memory._crawlers[key(GPTBOT_CLIENT, HOME)].hashes) <= MOST_ROBOTS
