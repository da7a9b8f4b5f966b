"""Ledgers for tests: visits, a clock that can be moved, and what a check of the file finds."""

from __future__ import annotations

from pathlib import Path

from stagedoor.evidence.entries import DAY, Limits, Visit
from stagedoor.evidence.verification import Findings, check
from stagedoor.record.ledger.database import Book
from stagedoor.record.ledger.recorder import Ledger

OCTOBER = 1_790_812_800_000
"""2026-10-01 00:00 UTC, in milliseconds."""
GPT_AGENT = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
ROBOTS = "User-agent: GPTBot\nDisallow: /music/\n"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, at: int = OCTOBER) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at

    def days(self, count: float) -> None:
        """Move on."""
        self.at += int(count * DAY)


class Lost:
    """Counts the entries that are lost."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, count: int) -> None:
        self.count += count


def visit(
    at: int = OCTOBER,
    path: str = "/music/a.mp3",
    *,
    client: str = "GPTBot",
    proof: str = "unverified",
    address: str = "198.51.100.7",
    agent: str = GPT_AGENT,
    why: str = "OpenAI's list is not at hand",
) -> Visit:
    """GPTBot asks for a recording, unless said otherwise."""
    return Visit(
        at, client, "OpenAI", "ai-training", proof, "GET", "music.example", path, "audio",
        "r1", address, agent, why,
    )  # fmt: skip


def writing(state: Path, clock: Clock, lost: Lost | None = None, **limits: int) -> Ledger:
    """A ledger on that clock."""
    return Ledger(state, lost or Lost(), limits=Limits(**limits), program="a test", now=clock)


def examined(state: Path) -> Findings:
    """What a check of the whole file finds."""
    book = Book(state)
    try:
        with book.reading():
            return check(book.stored())
    finally:
        book.close()


def day_of_visits(state: Path, clock: Clock, count: int = 12, **limits: int) -> None:
    """A guard's day: it starts, publishes, is asked `count` times by various clients, and ends."""
    ledger = writing(state, clock, None, **limits)
    signal = ledger.publish("/robots.txt", "RFC 9309", ROBOTS, clock.at)
    header = ledger.publish("X-Robots-Tag", "noai", "noai, noimageai", clock.at)
    for number in range(count):
        at = clock.at + number * 1000
        proof = ("verified", "unverified", "spoofed")[number % 3]
        client = "GPTBot" if number % 4 else "CCBot"
        seen = visit(at, client=client, proof=proof, address=f"198.51.100.{number % 250}")
        if number % 5 == 0:
            ledger.notice(seen, (signal,))
        elif number % 5 == 1:
            ledger.refusal(seen, status=403, rule="ai-training-off")
        elif number % 5 == 2:
            ledger.proof(seen)
        else:
            ledger.taking(seen, status=200, size=1000 + number, against=True, signals=(header,))
    ledger.close()
