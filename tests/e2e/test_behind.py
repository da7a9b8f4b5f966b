"""The site behind the guard: dead, or saying what must not reach visitors."""

from __future__ import annotations

from .clients import FIREFOX, GPTBOT, curl, raw, request
from .conftest import StartGuard
from .guarding import Guard
from .programs import free_port
from .site import Site


def test_a_dead_site(start_guard: StartGuard) -> None:
    port = free_port()
    guard = start_guard(f"http://127.0.0.1:{port}")
    for _ in range(3):
        answer = curl(f"{guard.url}/index.html")
        assert answer.status == 502
        # Nobody outside needs to know what stands here, and where the site lies.
        assert answer.type.startswith("text/html")
        assert "mitmproxy" not in answer.text
        assert str(port) not in answer.text
    assert curl(f"{guard.url}/index.html", agent=GPTBOT).status == 403
    told = [
        line
        for line in guard.said_so_far().splitlines()
        if f"127.0.0.1:{port} does not answer" in line
    ]
    assert len(told) == 1, guard.output
    assert "is it running, and is this its address?" in told[0]
    counts = guard.counts()
    assert counts("upstream_errors_total") == 3
    assert counts("requests_total", verdict="allow") == 3
    assert "Traceback" not in guard.output


def test_what_the_workbench_offers_is_not_offered(guard: Guard, origin: Site) -> None:
    """mitm.it hands out certificates; here it is the site, as under any other name."""
    for host in ("mitm.it", "mitm.it:80"):
        answer = curl(f"{guard.url}/index.html", "-H", f"Host: {host}")
        assert answer.body == origin.served("/index.html")
        for path in ("/cert/pem", "/cert/p12"):
            answer = raw(guard.url, request(path, FIREFOX, "Connection: close", host=host))
            assert answer.status == 404
            assert b"nginx" in answer.body


def test_visitors_are_not_led_past_the_door(guard: Guard, origin: Site) -> None:
    """Alt-Svc would send browsers another way from now on."""
    for path in ("/index.html", "/music/tone.mp3", "/robots.txt"):
        assert curl(f"{origin.url}{path}").headers["alt-svc"], "nginx sends none: nothing is proven"
        assert curl(f"{guard.url}{path}").headers["alt-svc"] is None
