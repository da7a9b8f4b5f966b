"""Logins of strangers: worth something where the site checks them."""

from __future__ import annotations

import http.server
import json
import threading
from base64 import b64encode
from collections.abc import Iterator

import pytest

from counters import Counting, counting
from making import FIREFOX

LIBRARY = "python-requests/2.32.3"
RIGHT = "Basic " + b64encode(b"artist:secret").decode()
FAILED = b'<subsonic-response status="failed"><error code="10"/></subsonic-response>'


class _Site(http.server.BaseHTTPRequestHandler):
    """/private/ asks for a login, /rest/ too, in its own words, and /open/ takes any."""

    def do_GET(self) -> None:
        body, status = b"x", 200
        if self.path.startswith("/private/") and "Authorization" not in self.headers:
            status = 401
        if self.path.startswith("/rest/") and "u=" not in self.path:
            body = FAILED
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def counter() -> Iterator[Counting]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with counting(upstream=f"http://127.0.0.1:{server.server_port}") as found:
        yield found
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", ["/authorize", "/nginx"])
def test_where_the_site_checks_it_a_login_is_let_in(counter: Counting, path: str) -> None:
    login = {"Authorization": RIGHT}
    assert counter.asked("/private/a.mp3", LIBRARY, path, **login).status == 200
    assert counter.asked("/private/a.mp3", LIBRARY, path).status == 403
    assert counter.asked("/open/a.mp3", LIBRARY, path, **login).status == 403
    assert counter.asked("/rest/stream?u=a&p=b&id=7", LIBRARY, path).status == 200
    assert counter.asked("/rest/stream?id=7", LIBRARY, path).status == 403
    assert counter.asked("/private/a.mp3", FIREFOX, path, **login).status == 200


def test_who_guesses_is_asked_to_come_back_later(counter: Counting) -> None:
    fields = {"stagedoor": 1, "client": "203.0.113.70", "method": "GET", "host": "music.example"}
    fields |= {"target": "/private/b.mp3", "agent": LIBRARY, "status": "401", "sent": "0"}
    for number in range(10):
        guess = f"Basic {number}"
        answer = counter.asked(
            "/private/b.mp3", LIBRARY, address="203.0.113.70", Authorization=guess
        )
        assert answer.status == 200
        counter.logs(json.dumps(fields).encode())
    answer = counter.asked("/private/b.mp3", LIBRARY, address="203.0.113.70", Authorization=RIGHT)
    assert answer.status == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300


def test_without_a_site_to_ask_a_login_is_nothing() -> None:
    with counting() as alone:
        assert alone.asked("/private/a.mp3", LIBRARY, Authorization=RIGHT).status == 403
