"""Who received which signal, and what it asked for afterwards."""

from __future__ import annotations

from making import asks
from stagedoor.engine.compliance import Violation, behaved, crawler_key, violations
from stagedoor.engine.needs import Received
from stagedoor.model.facts import Behaviour, Resource
from stagedoor.signals.meaning import Answer, Use
from stagedoor.signals.robots.access import read
from stagedoor.signals.robots.lines import Robots

ROBOTS = read(b"User-agent: GPTBot\nDisallow: /music/\n")
SONG = Resource("audio", "/music/a.mp3")
NO: dict[Use, Answer | None] = {"train": "no", "input": "no", "search": "yes"}
HOME = "198.51.100.7"


def asked(
    received: Received,
    target: str = "/music/a.mp3",
    use: Use | None = "train",
    kind: str = "audio",
    robots: Robots | None = None,
) -> tuple[Behaviour, tuple[Violation, ...]]:
    resource = Resource(kind, target)  # type: ignore[arg-type]
    found = violations(received, robots, asks("", target), resource, NO, use, "GPTBot")
    return behaved(Behaviour(requests=3), received, resource, found), found


def test_nobody_violates_what_it_has_not_received() -> None:
    assert asked(Received()) == (Behaviour(requests=3), ())


def test_a_path_that_its_robots_txt_forbids_is_a_violation_with_the_line_that_says_so() -> None:
    received = Received(frozenset({"robots"}), "r1")
    behaviour, found = asked(received, robots=ROBOTS)
    assert found == (Violation("robots", "line 2: Disallow: /music/"),)
    assert behaviour == Behaviour(
        requests=3, told=frozenset({"robots"}), violations=1, disallowed=True
    )
    again = received._replace(violations=1)
    behaviour, found = asked(again, "/about", kind="page", robots=ROBOTS)
    assert (found, behaviour.violations, behaviour.disallowed) == ((), 1, False)


def test_what_headers_and_files_say_forbids_everything_but_signals() -> None:
    received = Received(frozenset({"headers", "files"}), violations=1)
    assert asked(received, "/about", kind="page")[1] == (Violation("headers"), Violation("files"))
    assert asked(received, "/robots.txt", kind="signal") == (Behaviour(requests=3), ())
    assert asked(received)[0].violations == 2  # one a request, whatever forbade it


def test_a_use_that_is_allowed_or_none_is_no_violation() -> None:
    received = Received(frozenset({"headers"}))
    assert asked(received, use="search")[1] == ()
    assert asked(received, use=None)[1] == ()


def test_nobody_has_received_what_somebody_else_fetched_in_its_name() -> None:
    assert crawler_key("GPTBot", HOME, verified=False) != crawler_key("GPTBot", "", verified=False)
    # Proven, it is one crawler wherever it comes from.
    assert crawler_key("GPTBot", HOME, verified=True) == crawler_key("GPTBot", "", verified=True)
    assert crawler_key("GPTBot", "", verified=False) != crawler_key("GPTBot", "", verified=True)


def test_what_binds_in_one_reading_alone_is_no_violation() -> None:
    """Content-Usage ends a group for readers that know AIPREF: such a file can be read in two ways."""
    received = Received(frozenset({"robots"}), "r1")
    text = b"User-agent: GPTBot\nContent-Usage: train-ai=n\nUser-agent: *\nDisallow: /music/\n"
    behaviour, found = asked(received, robots=read(text))
    assert (found, behaviour.disallowed) == ((), False)
    both = text.replace(b"train-ai=n\n", b"train-ai=n\nDisallow: /music/\n")
    assert asked(received, robots=read(both))[1]
    (violation,) = asked(received, robots=read(text + b"User-agent: GPTBot\nDisallow: /m\n"))[1]
    assert violation.line
