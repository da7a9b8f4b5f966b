"""Signal files in front of sites that answer for them in their own ways, byte by byte."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagedoor.signals.robots.access import allowed, read

from . import guarding
from .clients import GPTBOT, Answer, curl
from .guarding import Guard
from .programs import Program, free_port, program
from .rawsite import Handler, RawSite, Visit

OWN = b"User-agent: *\nDisallow: /private/\n"
PAGE = b"<!doctype html><html><head><title>App</title></head><body><div id=app></div></body></html>"


@pytest.fixture(scope="module")
def site() -> Iterator[RawSite]:
    with RawSite() as found:
        yield found


@pytest.fixture(scope="module")
def front(site: RawSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with guarding.running(tmp_path_factory.mktemp("front"), site.url) as found:
        yield found


def sends(status: str, *fields: str, body: bytes = b"") -> Handler:
    """A site that answers the same to everything, with a length."""
    return lambda visit: visit.answer(
        "text/plain", f"Content-Length: {len(body)}", *fields, status=status, body=body
    )


def robots(front: Guard, *arguments: str, target: str = "/robots.txt") -> Answer:
    answer = curl(front.url + target, *arguments, agent=GPTBOT)
    assert answer.status == 200, answer.headers
    return answer


def keeps_ai_out(answer: Answer) -> bool:
    return not allowed(read(answer.body), "GPTBot", "/music/a.mp3")


@pytest.mark.parametrize(
    "handler",
    [
        sends("404 Not Found"),
        sends("204 No Content"),
        sends("304 Not Modified"),
        sends("410 Gone", "Content-Encoding: gzip"),
        lambda visit: visit.answer(
            "text/plain", "Transfer-Encoding: chunked", status="404 No", body=b"0\r\n\r\n"
        ),
        lambda visit: visit.answer("text/plain", status="404 No"),
    ],
    ids=["404", "204", "304", "410", "chunked", "to the end"],
)
@pytest.mark.parametrize("path", ["/robots.txt", "/ai.txt"])
def test_an_answer_without_a_body(path: str, handler: Handler, site: RawSite, front: Guard) -> None:
    site.handler = handler
    answer = robots(front, target=path)
    assert len(answer.body) > 50
    head = robots(front, "-I", target=path)
    assert head.headers["content-length"] == str(len(answer.body))


def test_a_refusal_in_the_place_of_nothing_has_its_text(site: RawSite, front: Guard) -> None:
    site.handler = lambda visit: visit.answer("audio/mpeg", "Content-Length: 0")
    answer = curl(f"{front.url}/listen", agent=GPTBOT)
    assert answer.status == 403
    assert b"policy" in answer.body


def lies_at(place: str, *, status: str = "301 Moved Permanently") -> Handler:
    """The file lies at `place`; every other address redirects there."""

    def answer(visit: Visit) -> None:
        if visit.target == place:
            sends("200 OK", body=OWN)(visit)
        else:
            sends(status, f"Location: {place}")(visit)

    return answer


def needs_https(visit: Visit) -> None:
    if "X-Forwarded-Proto: https" in visit.head:
        sends("200 OK", body=OWN)(visit)
    else:
        sends("308 Permanent Redirect", f"Location: https://music.example{visit.target}")(visit)


def steps(visit: Visit) -> None:
    """/robots.txt → /1 → /2 → /3 → /4, where it lies."""
    number = int(visit.target[1:]) if visit.target[1:].isdigit() else 0
    if number == 4:
        return sends("200 OK", "Content-Encoding: gzip", body=gzip.compress(OWN))(visit)
    return sends("302 Found", f"Location: {number + 1}")(visit)


@pytest.mark.parametrize("handler", [lies_at("/files/robots"), needs_https, steps])
def test_a_redirected_robots_txt_is_merged(
    handler: Handler, site: RawSite, front: Guard, request: pytest.FixtureRequest
) -> None:
    site.handler = handler
    answer = robots(front, "-H", "Host: music.example", target=f"/robots.txt?{id(request)}")
    assert keeps_ai_out(answer)
    assert not allowed(read(answer.body), "Googlebot", "/private/x")
    assert "location" not in answer.headers
    assert answer.headers["content-length"] == str(len(answer.body))


def test_a_robots_txt_of_another_host_is_merged(site: RawSite, front: Guard) -> None:
    with RawSite(sends("200 OK", body=OWN)) as other:
        site.handler = sends("301 Moved", f"Location: {other.url}/robots.txt")
        answer = robots(front)
        assert keeps_ai_out(answer)
        assert b"/private/" in answer.body


@pytest.mark.parametrize(
    ("location", "status"),
    [("/robots.txt", 200), ("http://127.0.0.1:9/robots.txt", 503)],
    ids=["loop", "nobody there"],
)
def test_a_redirect_without_an_end(location: str, status: int, site: RawSite, front: Guard) -> None:
    site.handler = sends("302 Found", f"Location: {location}")
    answer = curl(f"{front.url}/robots.txt", agent=GPTBOT)
    assert answer.status == status
    assert "location" not in answer.headers
    assert status != 200 or keeps_ai_out(answer)


def test_where_it_ends_in_an_error_or_a_page(site: RawSite, front: Guard) -> None:
    def login(visit: Visit) -> None:
        if visit.target.startswith("/login"):
            visit.answer("text/html", f"Content-Length: {len(PAGE)}", body=PAGE)
        else:
            sends("302 Found", f"Location: /login?next={visit.target}")(visit)

    site.handler = login
    for path in ("/robots.txt", "/ai.txt"):
        answer = robots(front, target=path)
        assert b"id=app" not in answer.body
        assert b"GPTBot" in answer.body or path == "/ai.txt"


def test_a_redirected_file_that_is_one_is_left_to_the_site(site: RawSite, front: Guard) -> None:
    site.handler = lies_at("/files/ai.txt")
    answer = curl(f"{front.url}/ai.txt", agent=GPTBOT)
    assert answer.status == 301
    assert answer.headers["location"] == "/files/ai.txt"


@pytest.mark.parametrize(
    ("kind", "body"),
    [("text/html", PAGE), ("text/plain", PAGE), ("application/json", b'{"detail":"Not Found"}')],
)
def test_an_app_that_answers_its_page_to_everything(
    kind: str, body: bytes, site: RawSite, front: Guard
) -> None:
    site.handler = lambda visit: visit.answer(kind, f"Content-Length: {len(body)}", body=body)
    before = front.counts()("notices_total", signal="files")
    published = guarding_files()
    for path, text in published.items():
        answer = robots(front, target=path)
        assert answer.body == text
    said = front.said_so_far()
    assert [path for path in published if said.count(f"answers {path} with something") != 1] == []
    assert front.counts()("notices_total", signal="files") == before + len(published)
    assert keeps_ai_out(robots(front))


def guarding_files() -> dict[str, bytes]:
    from .site import shipped  # here, because it loads the shipped rules

    return {path: file.text for path, file in shipped().files.items()}


def test_files_of_the_sites_own_pass(site: RawSite, front: Guard) -> None:
    own = {
        "/ai.txt": (b"User-Agent: *\nDisallow: /\n", "text/html"),
        "/license.xml": (b'<?xml version="1.0"?>\n<rsl xmlns="https://rslstandard.org/rsl"/>', "text/xml"),
        "/.well-known/tdmrep.json": (b'[{"location": "/", "tdm-reservation": 1}]', "text/plain"),
    }  # fmt: skip

    def answer(visit: Visit) -> None:
        body, kind = own[visit.target]
        packed = gzip.compress(body)
        fields = (f"Content-Length: {len(packed)}", "Content-Encoding: gzip")
        visit.answer(kind, *fields, body=packed)

    site.handler = answer
    for path, (body, _) in own.items():
        assert robots(front, "--compressed", target=path).body == body


def test_behind_caddys_file_server(tmp_path: Path) -> None:
    """It answers 404 with `Content-Length: 0`."""
    port = free_port()
    (tmp_path / "site").mkdir()
    command = [program("caddy"), "file-server", "--listen", f"127.0.0.1:{port}"]
    with Program(*command, "--root", str(tmp_path / "site"), log=tmp_path / "caddy") as caddy:
        caddy.listens(port)
        with guarding.running(tmp_path, f"http://127.0.0.1:{port}") as front:
            for path, text in guarding_files().items():
                assert robots(front, target=path).body == text
            assert keeps_ai_out(robots(front))
