"""`stagedoor audit` against real web servers: what it says of sites of many kinds."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from datadiligence.rules import TDMRepHeader, XRobotsTagHeader

from signed_recordings import maker

from . import site
from .conftest import StartGuard
from .programs import Program, free_port, program, run
from .site import Site

PAGE = '<!doctype html><title>Ana</title><audio src="/music/a.mp3"></audio>'
OPEN = "User-agent: *\nAllow: /\n"


@dataclass(frozen=True)
class Audited:
    """How the command ended, and what it said."""

    status: int
    text: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def findings(self, matter: str) -> list[str]:
        return [f["what"] for f in self.json["findings"] if f["matter"] == matter]


def audited(url: str, *arguments: str) -> Audited:
    done = run(program("stagedoor"), "audit", url, *arguments)
    assert "Traceback" not in done.stderr, done.stderr
    return Audited(done.returncode, done.stdout, done.stderr)


Serve = Callable[..., Site]


@pytest.fixture
def serve(tmp_path: Path, origin: Site) -> Iterator[Serve]:
    """Serve files and directives: `serve({"robots.txt": "…"}, "add_header …;")`."""
    started: list[Program] = []

    def start(files: Mapping[str, str | bytes], directives: str = "") -> Site:
        folder = tmp_path / f"site-{len(started)}"
        root = folder / "site"
        (root / "music").mkdir(parents=True)
        shutil.copy(origin.root / "music" / "short.mp3", root / "music" / "a.mp3")
        for name, content in {"index.html": PAGE, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        begun, url = site.nginx(folder, f"root {root};\n{directives}")
        started.append(begun)
        return Site(url, root, folder / "access.log")

    yield start
    for begun in started:
        begun.stop()


def test_a_site_that_says_nothing(serve: Serve) -> None:
    found = audited(serve({}).url)
    assert found.status == 1
    assert (
        "Your site tells machines: training not said, answers not said, search not said."
        in found.text
    )
    assert "There is no robots.txt (404): crawlers may fetch everything." in found.text
    assert "/music/a.mp3 comes without a word about AI in its headers" in found.text
    assert "→ Send" in found.text


def everything(url: str) -> tuple[dict[str, str], str]:
    """A site that says no to training and answers in every standard."""
    files = {
        "robots.txt": "User-agent: *\nAllow: /\nContent-Usage: train-ai=n, ai-use=n, search=y\n"
        "Content-Signal: search=yes, ai-input=no, ai-train=no\n"
        f"License: {url}/license.xml\n",
        ".well-known/tdmrep.json": '[{"location": "/", "tdm-reservation": 1}]',
        "ai.txt": "User-Agent: *\nDisallow: *.mp3\nDisallow: /\n",
        "trust.txt": "datatrainingallowed=no\n",
        "license.xml": '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
        '<prohibits type="usage">ai-train ai-input</prohibits>'
        '<permits type="usage">search</permits></license></content></rsl>',
        "index.html": '<!doctype html><meta name="robots" content="noai, noimageai">'
        '<meta name="tdm-reservation" content="1"><audio src="/music/a.mp3"></audio>',
    }
    directives = (
        'add_header Content-Usage "train-ai=n, ai-use=n, search=y";\n'
        "add_header tdm-reservation 1;\nadd_header X-Robots-Tag noai;\n"
        f'add_header Link \'<{url}/license.xml>; rel="license"; type="application/rsl+xml"\';\n'
    )
    return files, directives


def test_a_site_that_says_everything(serve: Serve) -> None:
    # Its licence's address holds the port, which is known when nginx runs: so it is written last.
    files, directives = everything("http://127.0.0.1:PORT")
    begun = serve(files, directives.replace("http://127.0.0.1:PORT", ""))
    robots = begun.root / "robots.txt"
    robots.write_text(robots.read_text().replace("http://127.0.0.1:PORT", begun.url))
    found = audited(begun.url)
    print(found.text)
    assert found.status == 0
    assert "Nothing contradicts." in found.text
    rows = {line[:20].strip(): line for line in found.text.splitlines()}
    assert rows["Content-Usage"].split()[1:4] == ["no", "no", "yes"]
    assert "robots.txt line 3 and headers of / and /music/a.mp3" in rows["Content-Usage"]
    assert rows["RSL"].split()[1:] == ["no", "no", "yes", "/license.xml"]
    for standard in ("TDMRep", "robots tags (noai)", "ai.txt", "trust.txt"):
        assert "no" in rows[standard].split()
    assert [h["range"] for h in begun.heard("/music/a.mp3")] == ["bytes=0-65535"]


def test_contradictions(serve: Serve) -> None:
    robots = "User-agent: *\nAllow: /\nContent-Signal: ai-train=yes, search=yes\n"
    headers = (
        'add_header Content-Usage "train-ai=n, ai-use=n, search=y"; add_header tdm-reservation 0;'
    )
    begun = serve(
        {
            "robots.txt": robots,
            ".well-known/tdmrep.json": '[{"location": "/", "tdm-reservation": 1}]',
        },
        headers,
    )
    found = audited(begun.url)
    print(found.text)
    assert found.status == 1
    assert "training no (Content-Usage)" in found.text
    assert "Two things contradict each other" in found.text
    said = audited(begun.url, "--json")
    assert said.findings("contradiction") == [
        "Content-Signal and TDMRep say yes to training, Content-Usage says no. "
        "Where both are read, no counts.",
        "TDMRep says yes to training in headers of / and /music/a.mp3 and no in "
        "/.well-known/tdmrep.json. What is nearer to the recording counts: yes.",
    ]
    places = [p for f in said.json["findings"] for p in f["places"]]
    assert "robots.txt line 3: Content-Signal: ai-train=yes, search=yes" in places


def test_a_crawler_refused_by_name_and_invited_by_header(serve: Serve) -> None:
    robots = "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nAllow: /\n"
    begun = serve({"robots.txt": robots}, 'add_header Content-Usage "train-ai=y";')
    said = audited(begun.url, "--json")
    assert said.findings("contradiction") == [
        "Content-Usage says yes to training, Disallow says no (to CCBot and GPTBot). "
        "Where both are read, no counts."
    ]
    gptbot = audited(begun.url, "--agent", "gptbot", "--json")
    assert gptbot.json["agent"] == "GPTBot"
    assert gptbot.json["resources"][0]["answers"] == {"train": "no", "input": None, "search": None}
    search = audited(begun.url, "--agent", "OAI-SearchBot", "--json")
    assert search.findings("contradiction") == []
    assert search.json["resources"][0]["answers"]["train"] == "yes"


def test_lines_that_a_group_of_its_own_never_hears(serve: Serve) -> None:
    robots = (
        "User-agent: *\nDisallow: /private/\nContent-Usage: train-ai=n\n\n"
        "User-agent: Googlebot\nAllow: /\n\nUser-agent: Bingbot\nCrawl-delay: 10\n"
    )
    found = audited(serve({"robots.txt": robots}).url, "--json").findings("missing")
    assert (
        "bingbot and Googlebot have groups of their own in robots.txt, and so never hear line 3, "
        '"Content-Usage: train-ai=n".' in found
    )
    assert any('never hears line 2, "Disallow: /private/"' in what for what in found)


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_robots_txt_that_is_refused(serve: Serve, status: int) -> None:
    found = audited(serve({}, f"location = /robots.txt {{ return {status}; }}").url)
    assert found.status == 1
    assert (
        f"robots.txt answers {status}: to a crawler that means it may fetch everything."
        in found.text
    )


def test_a_robots_txt_that_fails(serve: Serve) -> None:
    found = audited(serve({}, "location = /robots.txt { return 503; }").url)
    assert "robots.txt answers 503: crawlers that obey it fetch nothing for now" in found.text


@pytest.mark.parametrize(("hops", "read"), [(5, True), (9, False)])
def test_a_robots_txt_behind_redirects(serve: Serve, hops: int, *, read: bool) -> None:
    chain = "".join(f"location = /r{n} {{ return 301 /r{n + 1}; }}\n" for n in range(1, hops))
    first = "location = /robots.txt { return 302 /r1; }\n"
    last = f'location = /r{hops} {{ default_type text/plain; return 200 "User-agent: *\\nContent-Usage: train-ai=n\\nAllow: /\\n"; }}\n'
    found = audited(serve({}, first + chain + last).url)
    assert ("training no (Content-Usage)" in found.text) is read
    assert ("redirects more than 6 times" in found.text) is not read


def test_packed_answers_are_read(serve: Serve) -> None:
    page = PAGE + "<p>Hello.</p>" * 500
    packed = gzip.compress(b"User-agent: *\nAllow: /\nContent-Usage: train-ai=n\n")
    begun = serve(
        {"index.html": page, "packed.gz": packed},
        "location = /robots.txt { default_type text/plain; add_header Content-Encoding gzip;"
        " try_files /packed.gz =404; }",
    )
    found = audited(begun.url, "--json")
    assert found.json["resources"][0]["answers"]["train"] == "no"
    assert [r["path"] for r in found.json["resources"]] == ["/", "/music/a.mp3"]


def test_a_small_answer_does_not_unfold_into_much(serve: Serve) -> None:
    bomb = gzip.compress(b"#" * 200_000_000)
    begun = serve(
        {"bomb.gz": bomb},
        "location = /robots.txt { default_type text/plain; add_header Content-Encoding gzip;"
        " try_files /bomb.gz =404; }",
    )
    found = audited(begun.url)
    assert "robots.txt is longer than 500 KiB" in found.text


def test_recordings_are_found_in_a_feed_and_in_a_stream(serve: Serve, origin: Site) -> None:
    page = '<link rel="alternate" type="application/rss+xml" href="feed.xml"><audio src="hls/index.m3u8">'
    feed = (
        '<rss version="2.0"><channel><item><enclosure url="/music/a.mp3" type="audio/mpeg"/></item>'
        '<item><enclosure url="https://cdn.example/b.mp3"/></item></channel></rss>'
    )
    files: dict[str, str | bytes] = {"index.html": page, "feed.xml": feed}
    for part in (origin.root / "hls").iterdir():
        files[f"hls/{part.name}"] = part.read_bytes()
    found = audited(serve(files).url, "--json")
    paths = [r["path"] for r in found.json["resources"]]
    assert paths == ["/", "/hls/index.m3u8", "/hls/index0.ts", "/music/a.mp3"]
    assert any("cdn.example" in what for what in found.findings("note"))


def test_a_recording_named_and_one_that_is_gone(serve: Serve) -> None:
    begun = serve({"index.html": "Hello."})
    found = audited(begun.url, "--audio", "/music/a.mp3", "--audio", "music/b.mp3", "--json")
    assert [r["path"] for r in found.json["resources"]] == ["/", "/music/a.mp3"]
    assert any("/music/b.mp3 answers 404" in what for what in found.findings("note"))


def test_the_crawlers_own_user_agent_is_sent_on_request(serve: Serve) -> None:
    begun = serve({"robots.txt": OPEN})
    audited(begun.url, "--agent", "GPTBot")
    assert begun.heard("GPTBot", "agent") == []
    audited(begun.url, "--agent", "GPTBot", "--as-ua")
    assert begun.heard("GPTBot/1", "agent")


def test_a_site_behind_the_guard_holds(origin: Site, start_guard: StartGuard) -> None:
    guard = start_guard(origin.url)
    found = audited(f"{guard.url}/player.html")
    print(found.text)
    assert found.status == 0, found.text
    assert "training no" in found.text
    refused = audited(f"{guard.url}/player.html", "--agent", "GPTBot", "--as-ua")
    print(refused.text)
    assert refused.status == 0, refused.text
    assert "answers 403: only its headers were read" in refused.text


def test_what_a_site_says_cannot_command_the_terminal(serve: Serve) -> None:
    robots = b"User-agent: *\nAllow: /\nContent-Usage: \x1b]0;gotcha\x07\x9b2J\n"
    begun = serve({"robots.txt": robots, "index.html": '<audio src="/x\x1b[2J\u202e.mp3">'})
    for arguments in ((), ("--json",)):
        found = audited(begun.url, *arguments)
        assert not [c for c in found.text if not c.isprintable() and c != "\n"]
    assert "says nothing that a machine understands" in audited(begun.url).text


def test_a_site_that_cannot_be_fetched() -> None:
    port = free_port()
    found = audited(f"http://127.0.0.1:{port}/")
    assert (found.status, found.text) == (2, "")
    assert "does not answer" in found.errors
    assert audited("mailto:ana@example.org").status == 2
    assert audited("http://127.0.0.1/", "--as-ua").status == 2


def test_content_credentials_are_read_on_request(serve: Serve, tmp_path: Path) -> None:
    make = maker(tmp_path)
    signed = make(".mp3", {"cawg.training-mining": {"cawg.ai_training": {"use": "notAllowed"}}})
    begun = serve({"robots.txt": OPEN, "music/a.mp3": signed.read_bytes()})
    assert "not looked at: --credentials" in audited(begun.url).text
    found = audited(begun.url, "--credentials", "--json")
    page, recording = found.json["resources"]
    assert (page["answers"]["train"], recording["answers"]["train"]) == (None, "no")
    assert recording["decided_by"]["train"][0]["where"] == "the file /music/a.mp3"


def test_tls_where_there_is_none(serve: Serve) -> None:
    found = audited(serve({}).url.replace("http:", "https:"))
    assert found.status == 2
    assert "does not speak TLS" in found.errors


def test_another_reader_of_headers_agrees(serve: Serve) -> None:
    begun = serve(
        {"robots.txt": OPEN}, "add_header tdm-reservation 1; add_header X-Robots-Tag noai;"
    )
    with urlopen(f"{begun.url}/music/a.mp3") as response:
        fields = dict(response.headers)
    assert TDMRepHeader().is_allowed(headers=fields) is False
    assert XRobotsTagHeader(user_agent="any").is_allowed(headers=fields) is False
    recording = audited(begun.url, "--json").json["resources"][1]
    assert [s["standard"] for s in recording["decided_by"]["train"]] == ["tdmrep", "robots-tag"]
