"""The prover: lists and names together, without waiting, and lists that change while it runs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stagedoor.identify.proof import FAILED, PENDING, Names
from stagedoor.model.facts import Proof
from stagedoor.verify.prover import LOOK_AGAIN, MOST_PROVEN, STILL_TRUE, Prover
from stagedoor.verify.range_files import Copy, path_of, write_copy

URL = "https://bot.example/list.json"
ADDRESS = "20.171.207.5"


class Book:
    """Lookups that know what a test gives them, and keep what they were asked."""

    def __init__(self, names: Names = PENDING) -> None:
        self.names = names
        self.asked: list[str] = []

    def known(self, address: str) -> Names:
        self.asked.append(address)
        return self.names


def claim(
    *, ranges: tuple[str, ...] = (), rdns: tuple[str, ...] = (), web_bot_auth: str = ""
) -> Any:
    ways = SimpleNamespace(ranges=ranges, rdns=rdns, web_bot_auth=web_bot_auth)
    return SimpleNamespace(name="Bot", operator="Example", proof=ways)


def prover(state: Path | None, book: Book, clock: Callable[[], float] = time.time) -> Prover:
    return Prover(state, book, clock=clock)  # type: ignore[arg-type]


def keep(state: Path, networks: bytes) -> None:
    write_copy(state / "ranges", Copy(URL, "Example", time.time(), networks))


def test_the_list_is_enough_and_then_no_name_server_is_asked(tmp_path: Path) -> None:
    keep(tmp_path, b"20.171.207.0/24")
    book = Book()
    proof, why = prover(tmp_path, book).prove(claim(ranges=(URL,), rdns=("bot.example",)), ADDRESS)
    assert proof == "verified"
    assert why.startswith("in 20.171.207.0/24 of Example's list of 20")
    assert book.asked == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [(PENDING, "unverified"), (FAILED, "spoofed"), (Names("known", ("a.bot.example",)), "verified"), (Names("known"), "spoofed")],
)  # fmt: skip
def test_names_are_asked_where_the_list_does_not_prove(
    tmp_path: Path, names: Names, expected: str
) -> None:
    keep(tmp_path, b"20.171.207.0/25\n20.171.208.0/24")
    book = Book(names)
    found = prover(tmp_path, book).prove(
        claim(ranges=(URL,), rdns=("bot.example",)), "20.171.207.200"
    )
    assert found[0] == expected
    assert book.asked == ["20.171.207.200"]


def test_nobody_is_asked_about_a_claim_without_names_or_a_client_without_address() -> None:
    book = Book()
    subject = prover(None, book)
    assert subject.prove(claim(ranges=(URL,)), ADDRESS)[0] == "unverified"
    assert subject.prove(claim(rdns=("bot.example",)), "")[0] == "unverified"
    assert book.asked == []
    assert subject.lists >= 15  # the snapshot's


def test_a_signature_is_enough() -> None:
    book = Book()
    signer = "https://bot.example"
    found = prover(None, book).prove(
        claim(rdns=("x",), web_bot_auth=signer), ADDRESS, "verified", signer
    )
    assert found == ("verified", "signed with a key of https://bot.example")
    assert book.asked == []


def test_new_lists_are_read_beside_the_requests(tmp_path: Path) -> None:
    keep(tmp_path, b"20.0.0.0/24")
    now = time.time()
    clock = SimpleNamespace(now=now)
    bot = claim(ranges=(URL,))

    async def main() -> list[Proof]:
        subject = prover(tmp_path, Book(), lambda: clock.now)
        found = [subject.prove(bot, ADDRESS)[0]]
        await asyncio.sleep(0.02)  # the folder's time has a grain
        keep(tmp_path, b"20.171.207.0/24")
        found.append(subject.prove(bot, ADDRESS)[0])
        clock.now += LOOK_AGAIN
        found.append(subject.prove(bot, ADDRESS)[0])  # begins to read, does not wait
        assert subject._reading is not None
        await subject._reading
        found.append(subject.prove(bot, ADDRESS)[0])
        return found

    assert asyncio.run(main()) == ["spoofed", "spoofed", "spoofed", "verified"]


def test_a_spoilt_copy_is_told_and_the_rest_counts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep(tmp_path, b"20.0.0.0/24")
    path_of(tmp_path / "ranges", URL).write_text("{}")
    with caplog.at_level(logging.WARNING):
        subject = prover(tmp_path, Book())
    assert "is not a copy of a list — delete it and run stagedoor update" in caplog.text
    assert subject.lists >= 15


def test_the_same_claim_a_moment_later_is_worth_the_same_until_something_is_known(
    tmp_path: Path,
) -> None:
    keep(tmp_path, b"192.0.2.0/24")
    now = time.time()
    book = Book()
    found = prover(tmp_path, book, lambda: now)
    asked = claim(ranges=(URL,), rdns=("bot.example",))
    first = found.prove(asked, ADDRESS)
    assert found.prove(asked, ADDRESS) is first  # not worked out again
    assert found.prove(asked, "20.171.207.6") is not first
    assert found.prove(asked, ADDRESS, between="a proxy") != first
    book.names = Names("known", confirmed=("a.bot.example",))
    assert found.prove(asked, ADDRESS)[0] == "verified"
    now += STILL_TRUE
    again = found.prove(asked, ADDRESS)
    assert again == found.prove(asked, ADDRESS)
    other = claim(ranges=(URL,))  # another entry of that name, after a reload
    assert found.prove(other, ADDRESS)[0] == "spoofed"
    for number in range(MOST_PROVEN + 1):
        found.prove(other, f"20.{number >> 8}.{number & 255}.1")
    assert len(found._proven) <= MOST_PROVEN
