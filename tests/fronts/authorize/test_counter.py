"""Questions and answers of a whole counter."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from counters import Counting, counting
from making import FIREFOX, GPTBOT, REQUESTS

STANCE = """
artist: {name: The Band, contact: "mailto:band@example.org"}
on_error: {pages: open, audio: closed}
"""


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counting]:
    rules = tmp_path_factory.mktemp("rules")
    (rules / "stance.yaml").write_text(STANCE, "utf-8")
    with counting(rules, state=rules / "state") as found:
        yield found


def test_yes(counter: Counting) -> None:
    answer = counter.asked("/about")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["tdm-reservation"] == "1"
    assert answer.headers["x-stagedoor-client"] == "198.51.100.7"
    assert answer.headers["cache-control"] == "max-age=60"
    assert "Accept-Language" in answer.headers["x-stagedoor-key"]
    assert counter.asked("/music/a.mp3").headers["cache-control"] == "max-age=2"
    assert counter.asked("/about", method="POST").headers["cache-control"] == "no-store"


def test_no_is_the_whole_refusal(counter: Counting) -> None:
    answer = counter.asked("/music/a.mp3", GPTBOT)
    assert answer.status == 403
    assert answer.headers["tdm-reservation"] == "1"
    assert answer.headers["cache-control"] == "no-store"
    assert b"The Band has a policy" in answer.body
    assert answer.headers["x-request-id"].encode() in answer.body
    assert counter.asked("/music/a.mp3", GPTBOT, method="HEAD").status == 403


def test_a_refusal_is_in_the_visitors_language_whoever_asked_before(counter: Counting) -> None:
    for language, words in (
        ("de", "wendet hier eine Regel an"),
        ("fr", "applique ici"),
        ("de", "wendet"),
    ):
        for path in ("/authorize", "/nginx"):
            asked = {"Accept_Language": f"{language}-XX", "Accept": "*/*"}
            answer = counter.asked("/music/a.mp3", GPTBOT, path, **asked)
            if path == "/nginx":
                answer = counter.get(
                    "/refusal", X_Stagedoor_Refusal=answer.headers["x-stagedoor-refusal"]
                )
            assert answer.headers["content-language"] == language
            assert "Accept-Language" in answer.headers["vary"]
            assert words in answer.body.decode()


def test_no_is_never_what_a_front_takes_for_yes(counter: Counting) -> None:
    """A preflight that will be refused is answered with 204, where the answer is ours to give."""
    asks = {"Origin": "https://player.example", "Access_Control_Request_Method": "GET"}
    assert counter.asked("/music/a.mp3", GPTBOT, method="OPTIONS", **asks).status == 403
    name = counter.asked("/music/a.mp3", GPTBOT, "/nginx", method="OPTIONS", **asks)
    shown = counter.get("/refusal", X_Stagedoor_Refusal=name.headers["x-stagedoor-refusal"])
    assert shown.status == 204
    assert shown.headers["access-control-allow-origin"] == "https://player.example"


def test_an_announcement_is_played_behind_nginx_alone(tmp_path: Path) -> None:
    (tmp_path / "stance.yaml").write_text("announcement: yes\n", "utf-8")
    vlc = "VLC/3.0.21 LibVLC/3.0.21"
    (tmp_path / "06-players.yaml").write_text(
        "- id: no-vlc\n  title: No VLC\n  why: A test.\n"
        "  when: {client.name: VLC, resource: audio}\n  then: block\n  cases:\n"
        f"    - {{ua: {json.dumps(vlc)}, get: /a.mp3, expect: block}}\n"
        f"    - {{ua: {json.dumps(vlc)}, get: /about, expect: allow}}\n",
        "utf-8",
    )
    with counting(tmp_path) as loud:
        assert loud.asked("/music/a.mp3", vlc).status == 403
        name = loud.asked("/music/a.mp3", vlc, "/nginx").headers["x-stagedoor-refusal"]
        shown = loud.get("/refusal", X_Stagedoor_Refusal=name)
        assert (shown.status, shown.headers["content-type"]) == (200, "audio/mpeg")


def test_no_for_nginx_is_a_name(counter: Counting) -> None:
    answer = counter.asked("/music/a.mp3", REQUESTS, "/nginx")
    assert (answer.status, answer.body) == (403, b"")
    name = answer.headers["x-stagedoor-refusal"]
    shown = counter.get("/refusal", X_Stagedoor_Refusal=name, X_Forwarded_Method="GET")
    assert shown.status == 403
    assert name.encode() in shown.body
    head = counter.asked("/music/a.mp3", REQUESTS, "/nginx", method="HEAD")
    held = counter.get("/refusal?x", X_Stagedoor_Refusal=head.headers["x-stagedoor-refusal"])
    assert (held.status, held.body) == (403, b"")
    assert counter.get("/refusal", X_Stagedoor_Refusal="NOTHING").status == 403
    assert counter.asked("/about", path="/nginx").status == 200


def test_a_brief_yes_is_no_more_than_nginx_uses(counter: Counting) -> None:
    answer = counter.asked("/about?brief", path="/nginx?brief")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["x-stagedoor-client"] == "198.51.100.7"
    assert answer.headers["cache-control"] == "max-age=60"
    assert not {"x-stagedoor-key", "tdm-reservation"} & set(answer.headers)
    again = counter.asked("/about?brief", path="/nginx?brief", method="POST")
    assert (again.status, again.headers["cache-control"]) == (204, "no-store")
    no = counter.asked("/music/a.mp3", REQUESTS, "/nginx?brief")
    assert no.status == 403
    assert no.headers["x-stagedoor-refusal"]


def test_by_path(counter: Counting) -> None:
    fields = {"X_Forwarded_For": "198.51.100.7", "User_Agent": REQUESTS}
    assert counter.get("/authorize/music/a.mp3", **fields).status == 403
    assert counter.get("/authorize/about?x", **fields).status == 200
    # These headers are the visitor's own here.
    spoofed = {"X_Forwarded_Uri": "/robots.txt", "X_Forwarded_Method": "GET"}
    assert counter.get("/authorize/music/a.mp3", **fields, **spoofed).status == 403


def test_what_is_no_question(counter: Counting) -> None:
    assert counter.get("/authorize").status == 400
    assert counter.get("/elsewhere").status == 404
    assert counter.get("/healthy").status == 200


def test_signal_files(counter: Counting) -> None:
    fields = {"X_Forwarded_For": "198.51.100.7", "User_Agent": GPTBOT}
    robots = counter.get("/signal/robots.txt", **fields)
    assert robots.status == 200
    assert b"written by Stagedoor" in robots.body
    assert robots.headers["tdm-reservation"] == "1"
    head = counter.get("/signal/robots.txt", "HEAD", **fields)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(robots.body))
    assert counter.get("/signal/.well-known/tdmrep.json", **fields).status == 200
    assert counter.get("/signal/humans.txt", **fields).status == 404
    assert counter.get("/signal/music/a.mp3", **fields).status == 403


def test_the_same_question_again_is_one_more_request(counter: Counting) -> None:
    about = "/about?again"
    before = counter.sample("requests_total", verdict="allow")
    for _ in range(3):
        assert counter.asked(about).status == 200
    assert counter.sample("requests_total", verdict="allow") == before + 3
    kept = counter.running.counter._remembered._known
    assert counter.do(lambda: sum(b"again" in head for head, _ in kept)) == 1


def test_a_question_is_the_same_only_where_the_same_front_asks(counter: Counting) -> None:
    """Without a chain in it, it is about the address that asks: each front, or stranger, about its own."""
    head = b"GET /authorize/about-me HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
    found: list[bytes] = []
    for address in ("127.0.0.1", "127.0.0.9", "127.0.0.1"):
        with socket.create_connection(
            ("127.0.0.1", counter.port), 30, source_address=(address, 0)
        ) as wire:
            wire.sendall(head)
            found.append(wire.recv(8192))
    assert b"X-Stagedoor-Client: 127.0.0.1\r\n" in found[0]
    assert b"X-Stagedoor-Client: 127.0.0.9\r\n" in found[1]
    assert found[2] == found[0]


def test_what_no_line_can_hold_is_refused(counter: Counting) -> None:
    long = {"X_Other": '"' * 9000}
    assert counter.asked("/music/a.mp3", **long).status == 431
    name = counter.asked("/music/a.mp3", path="/nginx", **long)
    assert name.status == 403
    shown = counter.get("/refusal", X_Stagedoor_Refusal=name.headers["x-stagedoor-refusal"])
    assert shown.status == 431
    assert shown.headers["x-content-type-options"] == "nosniff"  # HAProxy takes it for ours
    assert counter.asked("/music/a.mp3", Cookie="a" * 20_000).status == 200


def test_many_at_one_moment_go_out_more_slowly(counter: Counting) -> None:
    found = [
        counter.asked(f"/many/{number}.mp3", address="198.51.107.1").headers.get("x-stagedoor-rate")
        for number in range(6)
    ]
    assert found[:3] == [None] * 3
    assert int(found[5] or "0") >= 256_000


def test_nothing_is_kept_after_a_change_of_mode(counter: Counting) -> None:
    target = "/music/mode.mp3"
    assert counter.asked(target, REQUESTS).status == 403
    service = counter.running.service
    counter.do(lambda: setattr(service, "mode", "observe"))
    try:
        assert counter.asked(target, REQUESTS).status == 200
    finally:
        counter.do(lambda: setattr(service, "mode", "enforce"))
    assert counter.asked(target, REQUESTS).status == 403


def test_on_error_decides_when_the_counter_fails(
    counter: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(counter.running.service, "decide", fail)
    assert counter.asked("/about?broken").status == 200
    assert counter.asked("/music/broken.mp3").status == 503
    name = counter.asked("/music/broken.mp3", path="/nginx").headers["x-stagedoor-refusal"]
    assert counter.get("/refusal", X_Stagedoor_Refusal=name).status == 503
    assert counter.sample("errors_total", outcome="closed") >= 2


def test_everything_is_written_down(counter: Counting) -> None:
    answer = counter.asked("/music/written.mp3", GPTBOT, address="198.51.100.99")
    assert counter.running.settings.state is not None
    log = counter.running.settings.state / "decisions.jsonl"
    for _ in range(500):
        found = [json.loads(line) for line in log.read_text().splitlines()]
        if written := [one for one in found if one["path"] == "/music/written.mp3"]:
            break
        time.sleep(0.01)
    assert written[0]["id"] == answer.headers["x-request-id"]
    assert written[0]["client"] == "GPTBot"


def test_only_fronts_are_answered(tmp_path: Path) -> None:
    with counting(trusted="192.0.2.0/24") as stranger:
        assert stranger.asked("/about").status == 403
        assert stranger.get("/signal/robots.txt").status == 403
        assert stranger.get("/healthy").status == 200
        before = stranger.running.reports.lines
        stranger.do(lambda: None)
        assert before == 0


def test_a_delay_is_kept_by_the_counter(tmp_path: Path) -> None:
    (tmp_path / "90-slow.yaml").write_text(
        "- id: slowly\n  title: Slowly\n  why: A test.\n"
        "  when: {request.path: /slow}\n  then: {delay: 1s}\n  cases:\n"
        f"    - {{ua: {json.dumps(FIREFOX)}, get: /slow, expect: delay}}\n"
        f"    - {{ua: {json.dumps(FIREFOX)}, get: /fast, expect: allow}}\n",
        "utf-8",
    )
    with counting(tmp_path) as slow:
        began = time.monotonic()
        answer = slow.asked("/slow")
        assert time.monotonic() - began >= 0.9
        assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")


def test_who_is_shown_the_trap_link(tmp_path: Path) -> None:
    (tmp_path / "stance.yaml").write_text("traps: yes\n", "utf-8")
    with counting(tmp_path) as trapping:
        assert trapping.asked("/about").headers["x-stagedoor-trap"] == "1"
        assert "x-stagedoor-trap" not in trapping.asked("/music/a.mp3").headers


def test_nobody_needs_a_pass(tmp_path: Path) -> None:
    """Nobody is handed one, so a stance that asks for passes would keep all listeners out."""
    (tmp_path / "stance.yaml").write_text("passes: {paths: [/music/]}\n", "utf-8")
    with counting(tmp_path) as found:
        assert found.running.service.policy is not None
        assert found.running.service.policy.passes is not None
        assert found.asked("/music/a.mp3").status == 200
        assert found.asked("/music/a.mp3", GPTBOT).status == 403
