"""`stagedoor update` against an https server of our own, with a certificate authority of our own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme

from making import ROOT
from stagedoor.cli import update
from stagedoor.cli.update import HOURLY, Outcome, range_targets, refresh
from stagedoor.cli.update_targets import Target
from stagedoor.fetch.client import HttpClient
from stagedoor.fetch.fetch_policy import FetchError, FetchPolicy
from stagedoor.fetch.public_addresses import anywhere
from stagedoor.fetch.uses import LISTS
from stagedoor.load import rule_folder
from stagedoor.model.errors import Problem, StagedoorError
from stagedoor.verify.range_files import (
    Copy,
    path_of,
    read_copy,
    read_ranges,
    snapshot,
    stamp,
    write_copy,
)

NOW = 1_795_000_000.0


def prefixes(*networks: str) -> bytes:
    """A list as operators publish it."""
    return json.dumps({"prefixes": [{"ipv4Prefix": network} for network in networks]}).encode()


def ok(body: bytes, *, length: int | None = None) -> bytes:
    """A whole answer."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body) if length is None else length,
        body,
    )


def to(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


HANG = object()
DRIP = object()


class Site:
    """An https server in a thread: says what `answers` holds for a path, and keeps what was asked."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.answers: dict[str, object] = {}
        self.asked: list[str] = []
        self.connections = 0
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,))
        self._thread.start()
        ready.wait(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)

        async def begin() -> None:
            self._server = await asyncio.start_server(
                self._accept, "127.0.0.1", 0, ssl=self._context
            )
            self.port = self._server.sockets[0].getsockname()[1]

        self._loop.run_until_complete(begin())
        ready.set()
        self._loop.run_forever()
        self._server.close()
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._loop.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = self._loop.create_task(self._answer(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            self.asked.append(path)
            answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            if answer is HANG:
                await asyncio.sleep(60)
            elif answer is DRIP:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                for _ in range(1000):
                    writer.write(b" ")
                    await asyncio.sleep(0.02)
            else:
                assert isinstance(answer, bytes)
                writer.write(answer)
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    def url(self, path: str) -> str:
        return f"https://localhost:{self.port}{path}"

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def site(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    site = Site(context)
    yield site
    site.close()


HERE = replace(LISTS, addresses=anywhere, seconds=5.0)
"""Our own server is on loopback."""


def get(url: str, policy: FetchPolicy = HERE) -> bytes:
    """Fetch as the update does."""
    return asyncio.run(HttpClient(policy).fetch(url)).body


@dataclass(frozen=True)
class Ways:
    ranges: tuple[str, ...] = ()
    rdns: tuple[str, ...] = ()
    web_bot_auth: str = ""


@dataclass(frozen=True)
class Claim:
    name: str
    operator: str
    proof: Ways


def targets(*urls: str) -> list[Target]:
    return range_targets([Claim("Bot", "OpenAI", Ways(urls))])


def refreshed(
    state: Path, found: list[Target], *, now: float = NOW, timeout: float = 5.0, **options: bool
) -> list[Outcome]:
    """One run of the update."""
    client = HttpClient(replace(HERE, seconds=timeout, most=100_000))
    return asyncio.run(refresh(state, found, client, now=lambda: now, **options))


def held(state: Path, url: str) -> list[str]:
    """The networks of the copy that is kept."""
    return sorted(
        update._networks(read_copy(path_of(state / "ranges", url)).body, url, local=False)
    )


# -- fetching ----------------------------------------------------------------------------------


def test_a_file_is_fetched(site: Site) -> None:
    site.answers["/a?b=c"] = ok(b"198.51.100.0/24")
    site.answers["/chunks"] = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    site.answers["/close"] = b"HTTP/1.0 200 OK\r\n\r\nuntil the end"
    assert get(site.url("/a?b=c")) == b"198.51.100.0/24"
    assert get(site.url("/chunks")) == b"abcde"
    assert get(site.url("/close")) == b"until the end"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "the server answers 503"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "the server answers 204"),
        (b"", "its answer is not HTTP"),
        (b"220 smtp.example ESMTP\r\n\r\n", "its answer is not HTTP"),
        (ok(b"half", length=100), "its answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "its answer is not HTTP"),
        (ok(b"x" * 1001), "larger than 1,000 bytes"),
        (ok(b"", length=10**15), "larger than 1,000 bytes"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000, "larger than 1,000 bytes"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" + b"x" * 4095 + b"\r\n", "larger than 1,000"),
        (HANG, "no whole answer within 0.5 seconds"),
        (DRIP, "no whole answer within 0.5 seconds"),
        (to("http://localhost/a"), "http://localhost/a is not asked: it must be https"),
        (to("file:///etc/passwd"), "file:///etc/passwd is not asked"),
        (to("https://user:word@localhost/a"), "without a password"),
        (to("/a"), "more than 3 redirects"),
        (to("https://[nonsense/"), "Invalid IPv6 URL"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_in_words(site: Site, answer: object, message: str) -> None:
    site.answers["/a"] = answer
    timeout = 0.5 if answer in (HANG, DRIP) else 5.0
    with pytest.raises(FetchError) as error:
        get(site.url("/a"), replace(HERE, seconds=timeout, most=1000))
    assert message in str(error.value)


def test_redirects_are_followed_over_https(site: Site) -> None:
    site.answers |= {"/a": to("/b", 301), "/b": to(site.url("/c"), 307), "/c": ok(b"here")}
    assert get(site.url("/a")) == b"here"
    assert site.asked == ["/a", "/b", "/c"]


def test_nobody_inside_is_asked(site: Site) -> None:
    for host in ("localhost", "127.0.0.1"):
        with pytest.raises(FetchError, match=f"{host} is .*, which is not on the Internet"):
            get(f"https://{host}:{site.port}/a", LISTS)
    assert site.connections == 0


def test_redirects_are_checked_too(site: Site) -> None:
    site.answers["/a"] = to(f"https://127.0.0.2:{site.port}/secret")
    with pytest.raises(
        FetchError, match=r"127\.0\.0\.2 is 127\.0\.0\.2, which is not on the Internet"
    ):
        get(site.url("/a"), replace(HERE, addresses=lambda address: str(address) != "127.0.0.2"))
    assert site.asked == ["/a"]


@pytest.mark.parametrize(
    "url",
    ["http://localhost/", "ftp://localhost/", "//localhost/", "https:///a", "https://ä.example/"],
)
def test_other_addresses_are_not_asked(url: str) -> None:
    with pytest.raises(FetchError, match="is not asked"):
        get(url)


def test_a_certificate_must_be_of_a_known_authority_and_for_the_name(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.answers["/a"] = ok(b"a")
    with pytest.raises(FetchError, match="certificate is not valid: "):
        get(f"https://127.0.0.1:{site.port}/a")
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(FetchError, match=r"certificate is not valid: .*certificate"):
        get(site.url("/a"))
    assert site.asked == []


def test_nobody_answers(site: Site) -> None:
    site.close()
    with pytest.raises(FetchError, match="localhost does not answer"):
        get(site.url("/a"))


# -- updating ----------------------------------------------------------------------------------


def test_targets_are_the_catalogues_lists_once_each() -> None:
    claims = [Claim("A", "Z", Ways(("https://z/1", "https://z/2"))), Claim("B", "a", Ways(("https://a/1",))),
              Claim("C", "Z", Ways(("https://z/1",))), Claim("D", "D", Ways())]  # fmt: skip
    assert [target.url for target in range_targets(claims)] == [
        "https://a/1",
        "https://z/1",
        "https://z/2",
    ]


def test_lists_are_fetched_kept_and_compared(site: Site, tmp_path: Path) -> None:
    url = site.url("/gptbot.json")
    found = targets(url)
    site.answers["/gptbot.json"] = ok(prefixes("198.51.100.0/24", "203.0.113.0/24"))
    (first,) = refreshed(tmp_path, found)
    assert (first.result, first.entries, first.fetched) == ("new", 2, NOW)
    copy = read_copy(path_of(tmp_path / "ranges", url))
    assert copy == Copy(url, "OpenAI", NOW, prefixes("198.51.100.0/24", "203.0.113.0/24"))
    (second,) = refreshed(tmp_path, found, now=NOW + HOURLY)
    assert (second.result, second.fetched) == ("same", NOW + HOURLY)
    site.answers["/gptbot.json"] = ok(prefixes("198.51.100.0/24", "192.0.2.0/24"))
    (third,) = refreshed(tmp_path, found, now=NOW + 2 * HOURLY)
    assert (third.result, third.added, third.removed) == (
        "changed",
        ("192.0.2.0/24",),
        ("203.0.113.0/24",),
    )
    assert held(tmp_path, url) == ["192.0.2.0/24", "198.51.100.0/24"]


def test_nothing_is_asked_more_than_hourly_unless_forced(site: Site, tmp_path: Path) -> None:
    found = targets(site.url("/a"), site.url("/gone"))
    site.answers["/a"] = ok(prefixes("198.51.100.0/24"))
    assert [o.result for o in refreshed(tmp_path, found)] == ["new", "failed"]
    assert [o.result for o in refreshed(tmp_path, found, now=NOW + HOURLY - 1)] == [
        "early",
        "early",
    ]
    assert sorted(site.asked) == ["/a", "/gone"]
    assert [o.result for o in refreshed(tmp_path, found, now=NOW + 1, force=True)] == [
        "same",
        "failed",
    ]
    assert [o.result for o in refreshed(tmp_path, found, now=NOW + 2 * HOURLY)] == [
        "same",
        "failed",
    ]
    assert len(site.asked) == 6
    # A clock that was wrong once must not silence it for ever.
    assert [o.result for o in refreshed(tmp_path, found, now=NOW)] == ["same", "failed"]


@pytest.mark.parametrize("damaged", [b"", b"[1]", b'{"x": "y"}', b"\xff"])
def test_a_damaged_record_of_polls_is_begun_anew(
    site: Site, tmp_path: Path, damaged: bytes
) -> None:
    site.answers["/a"] = ok(prefixes("198.51.100.0/24"))
    (tmp_path / "polls.json").write_bytes(damaged)
    assert [o.result for o in refreshed(tmp_path, targets(site.url("/a")))] == ["new"]
    assert [o.result for o in refreshed(tmp_path, targets(site.url("/a")))] == ["early"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "the server answers 500"),
        (ok(b"<html>\nmaintenance\n</html>"), 'line 1: "<html>" is not a network (and 2 more) — does'),
        (ok(prefixes("0.0.0.0/0")), "too wide for one operator"),
        (ok(prefixes("127.0.0.0/8")), "is not on the Internet"),
        (ok(prefixes("198.51.100.0/24")), "it shrank from 4 entries to 1 — if that is right, run again with"),
        (ok(b"[]"), "no network is in it"),
        (ok(b"198.51.100.0/24\n203.0.113.0/24 # caf\xe9"), "not UTF-8"),
        (ok(b"x" * 200_000), "larger than 100,000 bytes"),
        (HANG, "no whole answer within"),
        (to("http://localhost/"), "must be https"),
    ],
)  # fmt: skip
def test_the_last_good_copy_stays(site: Site, tmp_path: Path, answer: object, why: str) -> None:
    url = site.url("/a")
    good = prefixes("198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24", "20.1.0.0/24")
    write_copy(tmp_path / "ranges", Copy(url, "OpenAI", NOW - 86400, good))
    site.answers["/a"] = answer
    (outcome,) = refreshed(tmp_path, targets(url), timeout=0.5 if answer is HANG else 5.0)
    assert outcome.result == "failed"
    assert why in outcome.why
    assert (outcome.fetched, outcome.entries) == (NOW - 86400, 4)
    assert read_copy(path_of(tmp_path / "ranges", url)).body == good


def test_half_is_not_absurd_and_less_can_be_accepted(site: Site, tmp_path: Path) -> None:
    url = site.url("/a")
    write_copy(
        tmp_path / "ranges", Copy(url, "", NOW, prefixes(*(f"20.0.{n}.0/24" for n in range(4))))
    )
    site.answers["/a"] = ok(prefixes("20.0.0.0/24", "20.0.1.0/24"))
    assert refreshed(tmp_path, targets(url))[0].result == "changed"
    write_copy(
        tmp_path / "ranges", Copy(url, "", NOW, prefixes(*(f"20.0.{n}.0/24" for n in range(5))))
    )
    assert refreshed(tmp_path, targets(url), force=True)[0].result == "failed"
    assert refreshed(tmp_path, targets(url), force=True, accept_smaller=True)[0].result == "changed"


def test_a_copy_that_was_tampered_with_is_no_measure(site: Site, tmp_path: Path) -> None:
    url = site.url("/a")
    write_copy(
        tmp_path / "ranges", Copy(url, "", NOW, prefixes(*(f"20.0.{n}.0/24" for n in range(9))))
    )
    path = path_of(tmp_path / "ranges", url)
    path.write_text(path.read_text().replace("20.0.1.0", "20.0.9.0"))
    site.answers["/a"] = ok(prefixes("20.0.0.0/24"))
    assert refreshed(tmp_path, targets(url))[0].result == "new"


def test_a_state_directory_that_cannot_be_written_is_told_before_anybody_is_asked(
    site: Site, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(
        StagedoorError, match=r"cannot be written: .* — choose another with --state DIR"
    ):
        refreshed(tmp_path / "file", targets(site.url("/a")))
    assert site.asked == []


def test_other_files_can_be_kept_the_same_way(site: Site, tmp_path: Path) -> None:
    site.answers["/keys"] = ok(b'{"keys": ["k1", "k2"]}')
    target = Target(
        site.url("/keys"), "OpenAI", "keys", lambda data, _: frozenset(json.loads(data)["keys"])
    )
    (outcome,) = refreshed(tmp_path, [target])
    assert (outcome.result, outcome.added) == ("new", ("k1", "k2"))
    assert read_copy(path_of(tmp_path / "keys", target.url)).operator == "OpenAI"


# -- copies ------------------------------------------------------------------------------------


def test_killed_between_writing_and_renaming_the_old_copy_is_whole(tmp_path: Path) -> None:
    url = "https://openai.com/gptbot.json"
    write_copy(tmp_path / "ranges", Copy(url, "OpenAI", NOW, prefixes("198.51.100.0/24")))
    script = f"""
import os, pathlib, signal, sys
sys.path.insert(0, {str(ROOT / "addons")!r})
from stagedoor.verify.range_files import Copy, write_copy
pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
write_copy(pathlib.Path({str(tmp_path / "ranges")!r}), Copy({url!r}, "OpenAI", 1.0, b"203.0.113.0/24"))
"""
    killed = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert held(tmp_path, url) == ["198.51.100.0/24"]
    (left,) = (tmp_path / "ranges").glob(".*.tmp")
    assert b"203.0.113.0" in left.read_bytes()  # it had been written, and is not read
    problems: list[Problem] = []
    assert read_ranges(tmp_path, problems)[url].as_of == NOW
    assert problems == []
    os.utime(left, (0, 0))
    write_copy(tmp_path / "ranges", Copy(url, "OpenAI", NOW + 1, prefixes("203.0.113.0/24")))
    assert [path.name[0] for path in (tmp_path / "ranges").iterdir()] == ["o"]


def test_a_full_disk_leaves_the_old_copy_and_no_rubbish(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = site.url("/a")
    site.answers["/a"] = ok(prefixes("198.51.100.0/24"))
    refreshed(tmp_path, targets(url))
    real = os.fsync
    calls = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 3:  # the polls and their folder came first
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    (outcome,) = refreshed(tmp_path, targets(url), force=True, now=NOW + 5)
    assert (outcome.result, outcome.why) == ("failed", "cannot be written: No space left on device")
    assert held(tmp_path, url) == ["198.51.100.0/24"]
    assert len(list((tmp_path / "ranges").iterdir())) == 1


def test_files_are_named_so_that_people_find_them_and_no_two_are_one() -> None:
    folder = Path("ranges")
    assert path_of(folder, "https://openai.com/gptbot.json").name.startswith("openai.com-gptbot-")
    assert path_of(folder, "https://a.example/x/y") != path_of(folder, "https://a.example/x-y")
    odd = path_of(folder, "https://a.example/../../../etc/passwd?" + "x" * 500)
    assert odd.parent == folder
    assert len(odd.name) < 120


def test_the_newer_of_copy_and_snapshot_counts(tmp_path: Path) -> None:
    url = "https://openai.com/gptbot.json"
    old = next(one for one in snapshot() if one.url == url)
    for fetched, expected in ((old.as_of + 1, "203.0.113.0/24"), (old.as_of - 1, None)):
        write_copy(tmp_path / "ranges", Copy(url, "OpenAI", fetched, prefixes("203.0.113.0/24")))
        assert read_ranges(tmp_path, [])[url].prefixes.find("203.0.113.1") == expected


def test_the_snapshot_is_dated_and_under_todays_addresses() -> None:
    lists = read_ranges(None, [])
    google = lists["https://developers.google.com/static/crawling/ipranges/common-crawlers.json"]
    assert google.prefixes.find("66.249.66.1") == "66.249.66.0/27"
    assert google.as_of > 1_780_000_000
    assert lists["https://www.perplexity.com/perplexitybot.json"].prefixes.networks
    assert len(lists) >= 15


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text.replace("198.51", "198.52"), "was changed after it was fetched — delete it and run"),
        (lambda text: text[: len(text) // 2], "is not a copy of a list"),
        (lambda text: "[]", "is not a copy of a list"),
        (lambda text: text.replace("2026-", "20X6-"), "is not a copy of a list"),
    ],
)  # fmt: skip
def test_a_spoilt_copy_is_told_and_left_out(
    tmp_path: Path, spoil: Callable[[str], str], message: str
) -> None:
    url = "https://bot.example/list.json"
    write_copy(tmp_path / "ranges", Copy(url, "", NOW, b"198.51.100.0/24"))
    path = path_of(tmp_path / "ranges", url)
    path.write_text(spoil(path.read_text()))
    problems: list[Problem] = []
    assert url not in read_ranges(tmp_path, problems)
    assert [str(problem).startswith(f"{path}: {message}") for problem in problems] == [True]


def test_a_poisoned_copy_is_refused_like_a_poisoned_list(tmp_path: Path) -> None:
    write_copy(tmp_path / "ranges", Copy("https://bot.example/list.json", "", NOW, b"0.0.0.0/0"))
    problems: list[Problem] = []
    assert "https://bot.example/list.json" not in read_ranges(tmp_path, problems)
    assert "too wide" in str(problems[0])


def test_a_stamp_changes_when_something_is_written(tmp_path: Path) -> None:
    assert stamp(None) == stamp(tmp_path) == 0
    write_copy(
        tmp_path / "ranges", Copy("https://bot.example/list.json", "", NOW, b"198.51.100.0/24")
    )
    first = stamp(tmp_path)
    os.utime(tmp_path / "ranges", ns=(0, first - 10**9))  # a second ago
    write_copy(
        tmp_path / "ranges", Copy("https://bot.example/list.json", "", NOW, b"198.51.100.0/24")
    )
    assert stamp(tmp_path) > first - 10**9


# -- the command -------------------------------------------------------------------------------


def command(
    site: Site, state: Path, monkeypatch: pytest.MonkeyPatch, *paths: str, **options: object
) -> int:
    claims = (Claim("GPTBot", "OpenAI", Ways(tuple(map(site.url, paths)))),)
    monkeypatch.setattr(
        rule_folder,
        "load",
        lambda _: SimpleNamespace(catalogue=SimpleNamespace(signatures=claims)),
    )
    monkeypatch.setattr(update, "EDGES", ())  # this machine asks nobody but itself
    monkeypatch.setenv("COLUMNS", "200")
    defaults = {
        "force": False,
        "accept_smaller": False,
        "allow_private": True,
        "registry": [],
        "card": [],
    }
    return update.run(Namespace(state=state, rules=None, **{**defaults, **options}))


def test_the_command_shows_what_changed(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.answers |= {
        "/a": ok(prefixes("198.51.100.0/24")),
        "/b": ok(prefixes("203.0.113.0/24", "192.0.2.0/24")),
    }
    write_copy(
        tmp_path / "ranges",
        Copy(site.url("/b"), "OpenAI", NOW, prefixes("203.0.113.0/24", "198.51.100.0/24")),
    )
    assert command(site, tmp_path, monkeypatch, "/a", "/b", "/gone") == 0
    said = capsys.readouterr().out
    assert "2 of 3 refreshed, 0 not due" in said
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert f"OpenAI localhost:{site.port}/a 1 new now" in lines
    assert f"OpenAI localhost:{site.port}/b 2 +1 (192.0.2.0/24), −1 (198.51.100.0/24) now" in lines
    assert (
        f"OpenAI localhost:{site.port}/gone – failed: the server answers 404; there is no copy yet –"
        in lines
    )
    assert command(site, tmp_path, monkeypatch, "/a", "/b", "/gone") == 0
    assert "0 of 0 refreshed, 3 not due" in capsys.readouterr().out


def test_without_a_network_one_line_says_so(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not a row of a table for each list: it is one failure."""
    paths = [f"/{number}" for number in range(30)]
    write_copy(tmp_path / "ranges", Copy(site.url("/3"), "OpenAI", NOW, prefixes("203.0.113.0/24")))
    assert command(site, tmp_path, monkeypatch, *paths) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == (
        "30 lists could not be fetched: the server answers 404. Now for 1 the last good copy is in use "
        "(the oldest is of 2026-11-18), for 29 the list that ships with the program is in use."
    )
    assert len(said) == 2


def test_the_lists_of_edges_are_asked_for_as_well() -> None:
    asked = {target.url for target in update.edge_targets()}
    assert "https://www.cloudflare.com/ips-v4" in asked
    assert "https://api.fastly.com/public-ip-list" in asked


def test_the_command_fails_only_where_nothing_could_be_refreshed(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command(site, tmp_path, monkeypatch, "/gone", "/gone-too") == 1
    site.answers["/a"] = ok(prefixes("198.51.100.0/24"))
    assert command(site, tmp_path, monkeypatch, "/a", "/gone", force=True) == 0
    site.answers.clear()
    assert command(site, tmp_path, monkeypatch, "/a", force=True) == 1  # the copy stays, and yet
    assert command(site, tmp_path, monkeypatch) == 0  # nothing to ask


def test_the_command_guards_itself_unless_told_otherwise(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command(site, tmp_path, monkeypatch, "/a", allow_private=False) == 1
    assert site.connections == 0


CARD = {
    "client_id": "https://signer.example/bot",
    "client_name": "Example Bot",
    "contacts": ["mailto:bot@signer.example"],
    "jwks_uri": "https://signer.example/.well-known/http-message-signatures-directory",
    "web_bot_auth": {
        "rfc9309-product-token": "ExampleBot",
        "purpose": "tdm",
        "ips_uri": "https://signer.example/ips.json",
    },
}


def test_registries_and_the_cards_they_list_are_read_kept_and_shown(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """draft-meunier-webbotauth-registry-04; a card of its own, and one that is none."""
    other = {"name": "Old Bot", "jwks_uri": "https://old.example/jwks.json"}
    site.answers |= {
        "/signers.txt": ok(f"# signers\n{site.url('/card')}\n{site.url('/none')}\n".encode()),
        "/card": ok(json.dumps(CARD).encode()),
        "/none": ok(b"[]"),
        "/old": ok(json.dumps(other).encode()),
    }
    options = {"registry": [site.url("/signers.txt")], "card": [site.url("/old")]}
    assert command(site, tmp_path, monkeypatch, **options) == 0
    said = capsys.readouterr().out
    assert sorted(site.asked) == ["/card", "/none", "/old", "/signers.txt"]
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert (
        "https://signer.example Example Bot ExampleBot tdm mailto:bot@signer.example "
        "https://signer.example/ips.json no" in lines
    )
    assert "https://old.example/jwks.json Old Bot – – – – no" in lines
    assert "it is no JSON object" in said
    assert len(list((tmp_path / "cards").glob("*.json"))) == 3
    assert command(site, tmp_path, monkeypatch, **options) == 0  # within the hour: from the copies
    assert len(site.asked) == 4
    assert "https://old.example/jwks.json Old Bot" in " ".join(capsys.readouterr().out.split())
