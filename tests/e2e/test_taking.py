"""Programs that take a whole catalogue, and a person who hears it: real ones, through the guard."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from stagedoor.cli.watch import key_hash

from .clients import CHROMIUM, FIREFOX, curl
from .firefox import Firefox
from .guarding import Guard, confdir, running
from .programs import PATIENCE, Program, eventually, program, run
from .site import nginx
from .webdriver import Browser

SONGS, SECONDS = 100, 179
PAGE = "<!doctype html><title>Songs</title><body>" + "".join(
    f'<a href="/music/{number:03}.mp3">{number}</a> ' for number in range(SONGS)
)
MANY = "<!doctype html><title>Many</title><body>" + "".join(
    f'<audio preload=metadata src="/large/{number:03}.mp3"></audio>' for number in range(SONGS)
)
KNOWN = "[...document.querySelectorAll('audio')].filter(one => one.readyState > 0).length"
AS_FIREFOX = (
    *("-H", "Accept: audio/webm,audio/ogg,audio/*;q=0.9", "-H", "Accept-Language: en-GB,en;q=0.5"),
    *("-H", "Sec-Fetch-Dest: audio", "-H", "Sec-Fetch-Mode: no-cors", "-H", "Range: bytes=0-"),
    *("-H", "Sec-Fetch-Site: same-origin"),
)


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site of a hundred recordings of three minutes each."""
    folder = tmp_path_factory.mktemp("songs")
    music = folder / "site" / "music"
    music.mkdir(parents=True)
    silence = f"anullsrc=duration={SECONDS}:channel_layout=mono"
    for where, rate in ((music, "32k"), (folder / "site" / "large", "192k")):
        where.mkdir(exist_ok=True)
        made = where / "000.mp3"
        options = ["-v", "error", "-f", "lavfi", "-i", silence, "-b:a", rate]
        done = run(program("ffmpeg"), *options, str(made))
        assert done.returncode == 0, done.stderr
        for number in range(1, SONGS):
            os.link(made, where / f"{number:03}.mp3")
    (folder / "site" / "mix.mp3").write_bytes((folder / "site/large/000.mp3").read_bytes() * 8)
    (folder / "site" / "index.html").write_text(PAGE)
    (folder / "site" / "many.html").write_text(MANY)
    started: Program
    # Under /play/ it is only the answer that says that it is a recording.
    by_number = "location ~ ^/play/(\\d+)$ { try_files /large/$1.mp3 =404; }"
    started, url = nginx(folder, f"root {folder / 'site'}; {by_number}")
    with started:
        yield url


@pytest.fixture(scope="module")
def guard(songs: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    """A guard in front of it, with the shipped rules and a trap; each test has its own address."""
    folder = tmp_path_factory.mktemp("guard")
    (folder / "stance.yaml").write_text("traps: yes\nothers: {downloaders: yes}\n", "utf-8")
    sets = (f"guard_rules={folder}", "guard_trusted_proxies=127.0.0.1")
    with running(folder, songs, *(word for one in sets for word in ("--set", one))) as found:
        yield found


@pytest.fixture
def at(request: pytest.FixtureRequest) -> str:
    """The header that says the test's address."""
    digest = hashlib.sha256(request.node.name.encode()).digest()
    return f"X-Forwarded-For: {11 + digest[0] % 80}.{digest[1]}.{digest[2]}.7"


def taken(folder: Path) -> int:
    """How many recordings lie there whole."""
    return sum(1 for path in folder.rglob("*.mp3") if path.stat().st_size > 600_000)


def wget(guard: Guard, folder: Path, at: str, *more: str) -> int:
    """Take everything that is linked; robots.txt is not looked at."""
    options = [
        "--no-config",
        "-q",
        "-e",
        "robots=off",
        "--tries=1",
        "--header",
        at,
        "-P",
        str(folder),
    ]
    run(program("wget"), *options, *(more or ("-r", f"{guard.url}/")))
    return taken(folder)


def rules_at(guard: Guard, at: str) -> set[str]:
    """The rules that have decided about recordings for this address's network."""
    return {line["rule"] for line in decided(guard, at) if line["resource"] == "audio"}


def decided(guard: Guard, at: str) -> list[dict[str, Any]]:
    """What was decided so far for this address's network and is worth a line."""
    guard.said_so_far()
    start = at.rpartition(" ")[2].rpartition(".")[0] + "."
    return [line for line in guard.decisions() if str(line["address"]).startswith(start)]


def test_wget_follows_the_trap_and_gets_nothing_after_it(
    guard: Guard, tmp_path: Path, at: str
) -> None:
    assert wget(guard, tmp_path / "got", at) <= 5
    assert rules_at(guard, at) == {"trap-off"}


def test_wget_that_says_it_is_chrome_gets_four(guard: Guard, tmp_path: Path, at: str) -> None:
    ready = tmp_path / "list.txt"  # a ready list of links: no page, no trap
    ready.write_text("".join(f"{guard.url}/music/{n:03}.mp3\n" for n in range(SONGS)))
    assert 1 <= wget(guard, tmp_path / "got", at, "-U", CHROMIUM, "-i", str(ready)) <= 5


def test_a_browsers_own_headers_get_far_less_than_all(
    guard: Guard, tmp_path: Path, at: str
) -> None:
    folder = tmp_path / "got"
    folder.mkdir()
    urls = f"{guard.url}/music/[000-{SONGS - 1:03}].mp3"
    out = str(folder / "#1.mp3")
    headers = (*AS_FIREFOX, "-H", at)
    run(program("curl"), "-q", "-sS", "-A", FIREFOX, *headers, "--fail", "-o", out, urls)
    assert 12 < taken(folder) <= 31
    late = [curl(f"{guard.url}/music/099.mp3", *headers, agent=FIREFOX) for _ in range(2)]
    first, again = (int(answer.headers["Retry-After"]) for answer in late)
    assert 0 < again <= first <= 3600
    assert {answer.status for answer in late} <= {403, 429}
    assert curl(f"{guard.url}/", "-H", at, agent=FIREFOX).status == 200
    sweeping = {"sweeping-whole-files", "sweeping", "sweeping-goes-on"}
    assert rules_at(guard, at) <= sweeping
    told_of(guard, at.rpartition(" ")[2], taken(folder))


def told_of(guard: Guard, address: str, got: int) -> None:
    """Desk, metrics and ledger speak of it, with the network and never the address."""
    network = address.rpartition(".")[0] + ".0/24"
    with requests.Session() as session:
        session.trust_env = False
        desk = session.get(guard.metrics.replace("/metrics", "/status.json"), timeout=30).json()
        page = session.get(guard.metrics.removesuffix("metrics"), timeout=30).text
    (found,) = (taker for taker in desk["takers"] if taker["network"] == network)
    assert (found["recordings"], found["calls_itself"]) == (got, "Firefox")
    assert found["refused_since"] >= SONGS - got
    said = f"One visitor in {network}, calling itself Firefox, took {got} recordings in "
    assert any(word.startswith(said) for word in desk["words"])
    assert said in page
    assert address not in page
    counts = guard.counts()
    assert counts("sweeps_total", scope="household", purpose="browser") >= 1
    assert counts("takers_today") == len(desk["takers"])
    assert counts("sweep_requests_total", outcome="refused") >= SONGS - got
    shown = eventually(lambda: kept(guard, network), f"a sweep of {network} in the ledger")
    assert shown[0]["sweep"]["recordings"] == got
    assert (shown[0]["client"], shown[0]["purpose"]) == ("Firefox", "browser")
    assert not any(f'"{address}"' in path.read_text("latin-1") for path in guard.state.glob("led*"))


def kept(guard: Guard, network: str) -> list[dict[str, Any]]:
    """The takings of this network that the ledger has, for its sweep."""
    with sqlite3.connect(f"file:{guard.state}/ledger.sqlite?mode=ro", uri=True) as db:
        rows = db.execute(
            "SELECT entries.body FROM entries JOIN aside USING (seq) WHERE kind = 'taking'"
            " AND instr(aside.body, ?) AND instr(entries.body, CAST('sweep' AS BLOB))",
            (network.encode(),),
        ).fetchall()
    db.close()
    return [json.loads(body) for (body,) in rows]


@pytest.mark.parametrize(
    ("names", "count", "at_once", "version"),
    [
        ("music/#.mp3", 100, 100, "--http1.1"),
        ("large/#.mp3", 60, 16, "--http1.1"),
        ("large/#.mp3", 60, 60, "--http2"),
        ("play/#", 60, 16, "--http1.1"),
        ("play/#", 60, 60, "--http2"),
    ],
)
def test_a_browsers_own_headers_get_no_more_where_all_is_asked_for_at_once(
    guard: Guard, tmp_path: Path, at: str, names: str, count: int, at_once: int, version: str
) -> None:
    scheme = "https://" if version == "--http2" else "http://"
    names = names.replace("#", f"[000-{count - 1:03}]")
    urls = f"{guard.url.replace('http://', scheme)}/{names}"
    headers = (*AS_FIREFOX, "-H", at, "-k", version)
    parallel = ("-Z", "--parallel-max", str(at_once), "--fail", "-o", str(tmp_path / "#1.mp3"))
    run(program("curl"), "-q", "-sS", "-A", FIREFOX, *headers, *parallel, urls)
    folder = "music" if "music" in names else "large"
    whole = curl(f"{guard.url}/{folder}/000.mp3", "-I", agent=FIREFOX).headers["content-length"]
    had = {path.stem for path in tmp_path.iterdir() if path.stat().st_size == int(whole)}
    assert 12 <= len(had) <= 31
    assert rules_at(guard, at) <= {"sweeping-whole-files", "sweeping", "sweeping-goes-on"}
    lines = decided(guard, at)
    # What waits in line is refused; where that cannot be seen before, responses are stopped.
    met = {
        (line["verdict"], "stopped" if line.get("sent") is not None else line["status"])
        for line in lines
    }
    assert met <= {("throttle", 429), ("throttle", "stopped"), ("block", 403)}
    held = {Path(line["path"]).stem for line in lines}
    assert held == {f"{number:03}" for number in range(count)} - had
    # What was let in first has come to its end, and pages are open.
    assert (tmp_path / "000.mp3").stat().st_size == int(whole)
    assert curl(f"{guard.url}/", "-H", at, agent=FIREFOX).status == 200


@pytest.fixture(scope="module")
def home(songs: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    """A guard behind no proxy: the browsers of this machine are a household."""
    with running(tmp_path_factory.mktemp("home"), songs) as found:
        yield found


def test_chromium_looks_at_a_hundred_recordings_of_a_page_and_gets_all(
    home: Guard, tmp_path: Path
) -> None:
    """Over HTTP/2, with room for all of them at once."""
    url = home.url.replace("http", "https")
    authority = Path(confdir()) / "mitmproxy-ca-cert.pem"
    with Browser(tmp_path, trusts=(key_hash(authority),)) as browser:
        browser.open(f"{url}/many.html")
        eventually(lambda: browser.run(f"return {KNOWN}") == SONGS, "the lengths of all")
    assert not [line for line in home.decisions("large", 0) if line["status"]]


def test_firefox_looks_at_a_hundred_recordings_of_a_page_and_gets_all(
    home: Guard, tmp_path: Path
) -> None:
    words = (program("firefox-esr"), "--profile", str(tmp_path), "--no-remote")
    with Firefox(words, tmp_path / "firefox.log") as firefox:
        firefox.open(f"{home.url}/many.html")
        eventually(lambda: firefox.run(KNOWN) == SONGS, "the lengths of all")
    assert not [line for line in home.decisions("large", 0) if line["status"]]


def test_twenty_neighbours_get_no_more_where_they_all_ask_at_once(
    guard: Guard, tmp_path: Path, at: str
) -> None:
    network = at.rpartition(".")[0]
    asks = [
        f'url="{guard.url}/large/{n:03}.mp3"\noutput="{tmp_path}/{n}.mp3"\n'
        f'user-agent="{FIREFOX}"\nheader="{network}.{n % 20 + 10}"\nfail\n'
        + "".join(f'header="{text}"\n' for text in AS_FIREFOX[1::2])
        for n in range(SONGS)
    ]
    (tmp_path / "asks").write_text("next\n".join(asks))
    run(program("curl"), "-q", "-sS", "-Z", "--parallel-max", "100", "-K", str(tmp_path / "asks"))
    whole = curl(f"{guard.url}/large/000.mp3", "-I", agent=FIREFOX).headers["content-length"]
    sizes = [path.stat().st_size for path in tmp_path.glob("*.mp3")]
    assert 12 < sizes.count(int(whole)) <= 41
    assert rules_at(guard, at) <= {"sweeping-by-network", "sweeping-by-network-goes-on"}


@pytest.mark.parametrize("agent", [FIREFOX, CHROMIUM], ids=["same", "another"])
def test_a_song_is_heard_to_its_end_beside_a_sweep(
    guard: Guard, tmp_path: Path, at: str, agent: str
) -> None:
    """At the same address, with the same browser or another: it is slow, and goes on after it."""
    heard, got = tmp_path / "heard.mp3", tmp_path / "got"
    url, slow = f"{guard.url}/mix.mp3", ("--limit-rate", "6M", "-o", str(heard))
    command = [program("curl"), "-q", "-sS", "-A", agent, *AS_FIREFOX, "-H", at, *slow, url]
    with Program(*command, log=tmp_path / "heard.log") as listener:
        eventually(heard.exists, "the song begins")
        urls = f"{guard.url}/large/[000-059].mp3"
        options = ("-Z", "--parallel-max", "60", "--create-dirs", "-o", str(got / "#1.mp3"))
        run(program("curl"), "-q", "-sS", "-A", FIREFOX, *AS_FIREFOX, "-H", at, *options, urls)
        sizes = sorted(path.stat().st_size for path in got.iterdir())
        assert sizes.count(sizes[-1]) <= 31
        assert heard.stat().st_size < 8 * sizes[-1] - (
            8 << 20
        )  # still on its way through the guard
        assert listener.process.wait(PATIENCE) == 0
    assert heard.stat().st_size == 8 * sizes[-1]


def test_an_album_is_heard_undisturbed_also_beside_a_sweep(
    guard: Guard, tmp_path: Path, at: str
) -> None:
    headers = (*AS_FIREFOX, "-H", at)
    for number in range(12):
        answer = curl(f"{guard.url}/music/{number:03}.mp3", *headers, agent=FIREFOX)
        assert answer.status == 206
    assert wget(guard, tmp_path / "got", at) <= 5
    assert curl(f"{guard.url}/music/000.mp3", *headers, agent=FIREFOX).status == 206


def test_the_link_is_forbidden_and_looking_whether_it_works_is_no_fault(
    guard: Guard, at: str
) -> None:
    headers = (*AS_FIREFOX, "-H", at)
    page = curl(f"{guard.url}/", "-H", at, agent=FIREFOX).text
    (path,) = re.findall(r'<a href="(/all-recordings-\w+)"', page)
    assert f"Disallow: {path}" in curl(f"{guard.url}/robots.txt").text
    for extra in (("-I",), ("-H", "Sec-Purpose: prefetch"), ("-H", "Sec-Fetch-Dest: empty")):
        curl(f"{guard.url}{path}", "-H", at, *extra, agent=FIREFOX)
    assert curl(f"{guard.url}/music/000.mp3", *headers, agent=FIREFOX).status == 206
    curl(f"{guard.url}{path}", "-H", at, agent=FIREFOX)
    assert curl(f"{guard.url}/music/000.mp3", *headers, agent=FIREFOX).status == 403
    assert curl(f"{guard.url}/", "-H", at, agent=FIREFOX).status == 200


@pytest.fixture(scope="module")
def passing(songs: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    """The same site behind a guard that asks for passes."""
    folder = tmp_path_factory.mktemp("passing")
    (folder / "stance.yaml").write_text("passes: {paths: ['/music/**']}\n", "utf-8")
    sets = (f"guard_rules={folder}", "guard_trusted_proxies=127.0.0.1")
    with running(folder, songs, *(word for one in sets for word in ("--set", one))) as found:
        yield found


def test_a_scraper_of_pages_is_stopped_by_its_pass_and_traced(
    passing: Guard, tmp_path: Path, at: str
) -> None:
    page = curl(f"{passing.url}/", "-H", at, agent=FIREFOX)
    (mark,) = re.findall(r"sd=([a-z2-7]{20})", page.headers["set-cookie"])
    folder = tmp_path / "got"
    folder.mkdir()
    got = 0
    for part in range(4):  # each quarter from a neighbourhood of its own
        elsewhere = f"X-Forwarded-For: 93.{part}.2.7"
        urls = f"{passing.url}/music/[{part * 25:03}-{part * 25 + 24:03}].mp3"
        headers = (*AS_FIREFOX, "-H", elsewhere, "-b", f"sd={mark}")
        out = str(folder / "#1.mp3")
        run(program("curl"), "-q", "-sS", "-A", FIREFOX, *headers, "--fail", "-o", out, urls)
    got = taken(folder)
    assert 12 < got <= 31
    with sqlite3.connect(f"file:{passing.state}/ledger.sqlite?mode=ro", uri=True) as db:
        query = "SELECT body FROM entries WHERE instr(body, ?) ORDER BY seq"
        rows = [json.loads(row[0]) for row in db.execute(query, (mark[:11].encode(),))]
    db.close()
    assert (rows[0]["kind"], rows[0]["what"], rows[0]["path"]) == ("handing", "page", "/")
    assert {row["kind"] for row in rows[1:]} >= {"refusal"}
    assert at.rpartition(" ")[2] not in str(rows)


def test_one_address_a_track_with_a_list_gets_nothing(passing: Guard) -> None:
    for number in range(20):
        headers = (*AS_FIREFOX, "-H", f"X-Forwarded-For: 94.{number}.2.7")
        found = curl(f"{passing.url}/music/{number:03}.mp3", *headers, agent=FIREFOX)
        assert found.status == 403
