"""Whatever is changed in the ledger's file, by whatever means, the check finds it and names it."""

from __future__ import annotations

import os
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledgers import Clock, day_of_visits, examined, visit, writing
from stagedoor.evidence import chain
from stagedoor.evidence.entries import Limits, thinning
from stagedoor.evidence.verification import check
from stagedoor.record.ledger.database import FILE, Book
from stagedoor.record.ledger.thinning import thin, used

TAMPERINGS = int(os.environ.get("STAGEDOOR_TAMPERINGS", "1000"))
TABLES = {
    "entries": ("seq", "kind", "body", "hash"),
    "aside": ("seq", "part", "salt", "body"),
    "texts": ("hash", "text"),
    "head": ("one", "seq", "hash"),
    "thinned": ("first", "digests"),
}
KEYS = {
    "entries": "seq = ?",
    "aside": "seq = ? AND part = ?",
    "texts": "hash = ?",
    "head": "one = ?",
    "thinned": "first = ?",
}


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger that has everything: seals, prunings, both kinds of erasure, a loss of the past."""
    state = tmp_path_factory.mktemp("lived in")
    clock = Clock()
    for _ in range(8):
        day_of_visits(state, clock, 25, keep=5, address=2)
        clock.days(1)
    book = Book(state)
    with book.writing(clock.at, Limits()) as writer:
        assert writer.erase(lambda part: part.get("address") == "198.51.100.3")
    with book.writing(clock.at, Limits()) as writer:
        for _ in range(5):
            one = next(thin(book._db, used(book._db) - 1))  # an entry each time
            writer.add("thinning", thinning(clock.at, one.what, one.ranges, one.count))
    book.close()
    writing(state, clock).close()
    found = examined(state)
    assert found.broken is None
    assert set(found.erased) == {"age", "request"}
    assert found.first > 1
    assert found.thinned > 1
    assert {"seal", "pruning", "erasure", "publication", "start", "end"} < set(found.kinds)
    return state


@pytest.fixture
def book(lived_in: Path) -> Iterator[Book]:
    """The ledger, open in a transaction that is taken back after the test."""
    found = Book(lived_in)
    with found.reading():
        yield found
    found.close()


def content(db: sqlite3.Connection) -> list[list[tuple[Any, ...]]]:
    return [
        db.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1, 2").fetchall()
        for table, columns in TABLES.items()
    ]


def other(rnd: random.Random, value: Any) -> Any:
    """The same value, a little different."""
    if isinstance(value, int):
        return value + rnd.choice((-100, -2, -1, 1, 2, 100))
    if isinstance(value, str):
        return rnd.choice(
            ("taking", "notice", "seal", "address", "visitor", "crawler", value + "x")
        )
    place = rnd.randrange(len(value)) if value else 0
    flipped = bytes([value[place] ^ (1 << rnd.randrange(8))]) if value else b"x"
    return rnd.choice(
        (value[:place] + flipped + value[place + 1 :], value[:place], value + b" ", b"")
    )


def tamper(db: sqlite3.Connection, rnd: random.Random) -> str:
    """Change, take away, swap or add something at random; returns what was done."""
    table = rnd.choice(list(TABLES))
    columns = TABLES[table]
    rows = db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
    one, two = rnd.choice(rows), rnd.choice(rows)
    where = KEYS[table]
    keys = where.count("?")
    place = rnd.randrange(len(columns))
    column = columns[place]
    how = rnd.choice(("change", "change", "remove", "swap", "swap rows", "insert", "remove some"))
    if how == "change":
        db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}",
                   (other(rnd, one[place]), *one[:keys]))  # fmt: skip
    elif how == "remove":
        db.execute(f"DELETE FROM {table} WHERE {where}", one[:keys])
    elif how == "remove some":
        least, most = sorted((one[0], two[0]))
        db.execute(f"DELETE FROM {table} WHERE {columns[0]} BETWEEN ? AND ?", (least, most))
    elif how == "swap":
        for mine, theirs in ((one, two), (two, one)):
            db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}",
                       (theirs[place], *mine[:keys]))  # fmt: skip
    elif how == "swap rows":
        rest = columns[keys:]
        for mine, theirs in ((one, two), (two, one)):
            db.execute(f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in rest)} WHERE {where}",
                       (*theirs[keys:], *mine[:keys]))  # fmt: skip
    else:
        added = list(one)
        for number in range(len(columns)):
            if number == 0 or rnd.random() < 0.4:
                added[number] = other(rnd, added[number])
        db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", added)
    return f"{how} {table}.{column}"


@pytest.mark.slow
def test_every_one_of_many_random_tamperings_is_found(book: Book) -> None:
    db = book._db
    rnd = random.Random(20261123)
    untouched = content(db)
    done: Counter[str] = Counter()
    while done.total() < TAMPERINGS:
        db.execute("SAVEPOINT before")
        try:
            what = tamper(db, rnd)
        except sqlite3.IntegrityError:  # the file's own schema forbids it
            what = ""
        if what and content(db) != untouched:
            found = check(book.stored()).broken
            assert found is not None, what
            assert str(found)
            done[what] += 1
        db.execute("ROLLBACK TO before")
        db.execute("RELEASE before")
    assert check(book.stored()).broken is None
    assert len(done) > 40, "every table and column, in every way"


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("DELETE FROM entries WHERE seq = {middle}", "entry {middle}: it is missing"),
        (
            "DELETE FROM entries WHERE seq BETWEEN {middle} AND {middle} + 2",
            "entry {middle}: it and all up to {middle2} are missing",
        ),
        ("UPDATE entries SET body = x'7b7d' WHERE seq = {middle}", "entry {middle}: it was changed"),
        ("DELETE FROM entries WHERE seq = {last}", "entry {last}: the ledger ended with entry {last}"),
        ("DELETE FROM entries WHERE seq < {middle}", "entry {first}: it and all up to"),
        ("DELETE FROM head", "the ledger's head is missing"),
        ("DELETE FROM entries", "entry 1: it and all up to"),
        ("DELETE FROM thinned", "is missing"),
        ("UPDATE thinned SET digests = zeroblob(32)", "it was changed, or is not the one"),
        ("INSERT INTO thinned VALUES (9999, zeroblob(32))", "up to 9998 are missing"),
        ("DELETE FROM texts", "is missing"),
        ("UPDATE texts SET text = x'00'", "was changed"),
        ("INSERT INTO texts VALUES (x'{empty}', x'')", "was never published"),
        ("DELETE FROM aside WHERE seq = {crawler}", "“crawler” is missing, and no erasure accounts"),
        ("UPDATE aside SET salt = x'00'", "was changed or added"),
        ("INSERT INTO aside VALUES ({last}, 'visitor', x'00', x'00')", "was changed or added"),
        ("INSERT INTO aside VALUES (9999, 'visitor', x'00', x'00')", "entry 9999: it is missing, but"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(book: Book, sql: str, told: str) -> None:
    db = book._db
    first, last = db.execute("SELECT min(seq), max(seq) FROM entries").fetchone()
    (crawler,) = db.execute("SELECT min(seq) FROM aside WHERE part = 'crawler'").fetchone()
    names = {"first": first, "last": last, "middle": (first + last) // 2, "crawler": crawler}
    names["middle2"] = names["middle"] + 2
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    db.execute(sql.format(**names, empty=empty))
    assert told.format(**names) in str(check(book.stored()).broken)


def test_a_part_that_was_erased_may_not_come_back(tmp_path: Path) -> None:
    clock = Clock()
    day_of_visits(tmp_path, clock)
    book = Book(tmp_path)
    db = book._db
    kept = db.execute("SELECT * FROM aside WHERE part = 'visitor'").fetchone()
    with book.writing(clock.at, Limits()) as writer:
        writer.erase(lambda part: part.get("network") == "198.51.100.0/24")
    with book.reading():
        assert check(book.stored()).broken is None
        db.execute("INSERT INTO aside VALUES (?, ?, ?, ?)", kept)
        assert "was erased, but is back" in str(check(book.stored()).broken)
    book.close()


def test_a_hash_that_was_noted_elsewhere_finds_a_ledger_written_anew(tmp_path: Path) -> None:
    clock = Clock()
    day_of_visits(tmp_path / "one", clock)
    day_of_visits(tmp_path / "two", clock)
    one, two = examined(tmp_path / "one"), examined(tmp_path / "two")
    assert one.last == two.last
    book = Book(tmp_path / "two")
    with book.reading():
        assert check(book.stored(), {two.last: two.head}).broken is None
        assert check(book.stored(), {one.last: one.head}).broken is not None
        assert "the entry is missing" in str(check(book.stored(), {999: one.head}).broken)
    book.close()


def test_a_hash_that_was_noted_of_a_pruned_entry(lived_in: Path) -> None:
    book = Book(lived_in)
    with book.reading():
        pruned = book.bodies("pruning")[-1]
        start, before = orjson.loads(pruned)["start"], bytes.fromhex(orjson.loads(pruned)["before"])
        assert check(book.stored(), {start - 1: before}).broken is None
        assert check(book.stored(), {start - 1: bytes(32)}).broken is not None
        found = check(book.stored(), {start - 2: bytes(32)})
        assert (found.broken, found.gone) == (None, [start - 2])
    book.close()


def test_a_thinned_entry_that_no_entry_accounts_for_is_found(tmp_path: Path) -> None:
    day_of_visits(tmp_path, Clock(), 30)
    book = Book(tmp_path)
    db = book._db
    seq, body = db.execute("SELECT seq, body FROM entries WHERE kind = 'taking'").fetchone()
    with book.reading():
        db.execute("DELETE FROM entries WHERE seq = ?", (seq,))
        db.execute("DELETE FROM aside WHERE seq = ?", (seq,))
        db.execute("INSERT INTO thinned VALUES (?, ?)", (seq, chain.digest(body)))
        found = check(book.stored()).broken
        assert str(found) == f"entry {seq}: it is missing, and no thinning accounts for it"
    book.close()


def test_an_empty_ledger_is_whole(tmp_path: Path) -> None:
    book = Book(tmp_path, create=True)
    with book.reading():
        found = check(book.stored())
    book.close()
    assert (found.broken, found.first) == (None, 0)


def test_an_older_erasure_inside_a_wider_one_is_accounted_for(tmp_path: Path) -> None:
    clock = Clock()
    day_of_visits(tmp_path, clock, 30)
    book = Book(tmp_path)
    with book.writing(clock.at, Limits()) as writer:
        assert writer.erase(lambda part: part.get("address") in {"198.51.100.4", "198.51.100.11"})
    book.close()
    clock.days(3)
    writing(tmp_path, clock).close()
    clock.days(3)
    ledger = writing(tmp_path, clock, address=2, visitor=2)
    ledger.notice(visit(clock.at), ())
    ledger.close()
    found = examined(tmp_path)
    assert found.broken is None
    assert set(found.erased) == {"age", "request"}
    assert (tmp_path / FILE).exists()
