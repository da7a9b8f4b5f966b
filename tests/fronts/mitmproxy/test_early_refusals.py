"""Refusals in the reader of a connection: the same answers, sooner, and only where that changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import http, master, options
from mitmproxy.options import Options
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import RequestHeaders
from mitmproxy.test import tflow

from flows import OpenGuard, answered, flow
from making import GPTBOT, OVERCAST
from stagedoor.fronts.mitmproxy.connections import Connections
from stagedoor.fronts.mitmproxy.dispatch import shorten
from stagedoor.fronts.mitmproxy.early_refusals import (
    MOST,
    EarlyRefusals,
    RefusedAgents,
    nobody_else_listens,
)
from stagedoor.fronts.mitmproxy.hardening import harden

HEAD = b"GET /%s HTTP/1.1\r\nHost: a.example\r\nUser-Agent: Bot/1\r\n%s\r\n"
NO = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nNo\n"


class Listening:
    """An addon that hears of requests; in a guard's place."""

    name = "listening"

    def requestheaders(self, _flow: http.HTTPFlow) -> None:
        """One hook is enough."""


def no(asked: http.HTTPFlow) -> http.Response | None:
    """Refuses what begins with /no."""
    if not asked.request.path.startswith("/no"):
        return None
    return http.Response.make(403, b"No\n")


def called(agent: bytes) -> http.Request:
    """A request of this user agent."""
    return http.Request.make("GET", "http://a.example/", b"", [(b"User-Agent", agent)])


def read(
    *parts: bytes,
    known: tuple[bytes, ...] = (b"Bot/1",),
    others: tuple[object, ...] = (),
    refuse: Callable[[http.HTTPFlow], http.Response | None] = no,
) -> tuple[bytes, list[RequestHeaders], bool, Connections]:
    """What mitmproxy's HTTP/1 server says to these bytes, what goes its usual way, and whether it
    hangs up. `known` were refused before, `others` listen besides the guard.
    """
    client = tflow.tclient_conn()
    guard, connections, agents = Listening(), Connections(), RefusedAgents()
    for agent in known:
        agents.add(called(agent))

    async def run() -> list[commands.Command]:
        found = master.Master(options.Options())
        found.addons.add(guard, *others)
        undo = [
            harden(connections=connections, early=EarlyRefusals(guard, agents, refuse)),
            shorten(found),
        ]
        assert connections.admit(client.id, "192.0.2.1", 7, lambda: None)
        asked = Options()
        asked.add_option("validate_inbound_headers", bool, True, "")
        server = _http1.Http1Server(Context(client, asked))
        said = list(server.handle_event(events.Start()))
        for part in parts:
            said += server.handle_event(events.DataReceived(client, part))
        for each in undo:
            each()
        return said

    said = asyncio.run(run())
    sent = b"".join(command.data for command in said if isinstance(command, commands.SendData))
    passed = [
        command.event
        for command in said
        if isinstance(command, ReceiveHttp) and isinstance(command.event, RequestHeaders)
    ]
    closed = any(isinstance(command, commands.CloseConnection) for command in said)
    return sent.lower(), passed, closed, connections


def test_who_was_refused_before_is_answered_before_a_stream_begins() -> None:
    sent, passed, closed, connections = read(HEAD % (b"no", b""))
    assert sent == NO.lower()
    assert (passed, closed) == ([], False)
    assert connections.quiet(next(iter(connections._idle)))  # it rests until the next request


def test_a_thousand_at_once_are_answered_one_by_one() -> None:
    sent, passed, _, _ = read(HEAD % (b"no", b"") * 1200)
    assert (sent, passed) == (NO.lower() * 1200, [])


def test_what_is_let_in_goes_its_usual_way_with_the_flow_that_was_decided_about() -> None:
    sent, passed, _, _ = read(HEAD % (b"no", b"") * 2 + HEAD % (b"yes", b"") + HEAD % (b"no", b""))
    assert sent == NO.lower() * 2  # the last one's turn comes after the third's response
    assert [event.request.path for event in passed] == ["/yes"]
    assert passed[0].replay_flow is not None
    assert passed[0].replay_flow.request is passed[0].request


@pytest.mark.parametrize("more", [b"Connection: close\r\n", b"Connection: x, close\r\n"])
def test_who_says_that_it_is_the_last_is_hung_up_on(more: bytes) -> None:
    sent, passed, closed, _ = read(HEAD % (b"no", more) + HEAD % (b"no", b""))
    assert (sent, passed, closed) == (NO.lower(), [], True)


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace(b"Bot/1", b"Bot/2") % (b"no", b""),
        HEAD.replace(b"User-Agent: Bot/1\r\n", b"") % (b"no", b""),
        HEAD % (b"no", b"Content-Length: 2\r\n") + b"ab",
        HEAD % (b"no", b"Transfer-Encoding: chunked\r\n"),
    ],
    ids=["not refused before", "no name", "with a body", "with a body of unknown length"],
)
def test_everything_else_goes_its_usual_way(head: bytes) -> None:
    sent, passed, _, _ = read(head)
    assert sent == b""
    assert [event.replay_flow for event in passed] == [None]


def test_where_another_addon_listens_it_hears_of_every_request() -> None:
    sent, passed, _, _ = read(HEAD % (b"no", b""), others=(SimpleNamespace(name="o", error=print),))
    assert (sent, len(passed)) == (b"", 1)


def test_blanks_around_a_name_are_no_other_name_and_many_cost_little() -> None:
    spaced = HEAD.replace(b"User-Agent: Bot/1", b"USER-AGENT:\t  Bot/1 \t")
    assert read(spaced % (b"no", b""))[0] == NO.lower()
    agents = RefusedAgents()
    agents.add(called(b"Bot/1"))
    assert not agents.has(b"GET / HTTP/1.1\r\nUser-Agent:" + b" " * 60_000 + b"\x00\r\n\r\n")


def test_no_more_agents_are_remembered_than_there_is_room_for() -> None:
    agents = RefusedAgents()
    asked = [called(b"Bot/%d" % number) for number in range(MOST + 1)]
    long = called(b"x" * 513)
    for each in (*asked, long):
        agents.add(each)
    heads = [b"GET / HTTP/1.1\r\nUser-Agent: Bot/%d\r\n\r\n" % number for number in (0, 1, MOST)]
    assert [agents.has(head) for head in heads] == [False, True, True]
    assert not agents.has(b"GET / HTTP/1.1\r\nUser-Agent: " + b"x" * 513 + b"\r\n\r\n")
    agents.discard(asked[1])
    assert not agents.has(heads[1])


def test_before_the_short_way_is_in_place_nobody_knows_who_listens() -> None:
    async def run() -> bool:
        master.Master(options.Options())
        return nobody_else_listens(object())

    assert not asyncio.run(run())


# -- what a guard decides --------------------------------------------------------------------------


def test_an_early_refusal_is_the_usual_one_and_recorded_once(opened: OpenGuard) -> None:
    fixture = opened()
    usual = fixture.enter(flow("/music/a.mp3", GPTBOT))
    early = flow("/music/a.mp3", GPTBOT)
    response = fixture.guard.exchanges.refuse_early(early)
    assert response is not None
    assert usual.response is not None
    assert response.status_code == usual.response.status_code == 403
    ours, theirs = dict(response.headers), dict(usual.response.headers)
    assert ours.pop("X-Request-Id") != theirs.pop("X-Request-Id")
    assert ours == theirs
    assert fixture.recorded.verdicts == ["block", "block"]


def test_what_was_decided_early_is_not_decided_again(opened: OpenGuard) -> None:
    fixture = opened()
    found = flow("/music/a.mp3", OVERCAST)
    assert fixture.guard.exchanges.refuse_early(found) is None
    decide: Any = fixture.guard.service.decide
    fixture.guard.service.decide = None  # type: ignore[assignment]
    fixture.enter(found)
    fixture.guard.service.decide = decide
    assert found.response is None
    assert found.request.headers["X-Forwarded-For"] == "198.51.100.7"
    answered(found, "audio/mpeg")
    fixture.guard.responseheaders(found)
    assert fixture.recorded.verdicts == ["allow"]


def test_a_refusal_is_remembered_and_a_welcome_ends_it(opened: OpenGuard) -> None:
    fixture = opened()
    agents = fixture.guard.exchanges.agents
    head = b"GET / HTTP/1.1\r\nUser-Agent: %s\r\n\r\n" % GPTBOT.encode()
    assert not agents.has(head)
    fixture.enter(flow("/music/a.mp3", GPTBOT))
    assert agents.has(head)
    assert fixture.guard.exchanges.refuse_early(flow("/robots.txt", GPTBOT)) is None
    assert not agents.has(head)


@pytest.mark.parametrize(
    "asked",
    [
        flow("/music/a.mp3", GPTBOT, headers={"Host": "a b"}),
        flow("/music/a.mp3", GPTBOT, mode="regular"),
    ],
    ids=["malformed", "not a site's"],
)
def test_what_is_no_request_to_the_site_is_left_to_the_usual_way(
    opened: OpenGuard, asked: http.HTTPFlow
) -> None:
    fixture = opened()
    assert fixture.guard.exchanges.refuse_early(asked) is None
    assert not asked.metadata
    assert fixture.recorded.verdicts == []


def test_a_failure_is_left_to_the_usual_way_where_on_error_decides(opened: OpenGuard) -> None:
    fixture = opened()
    fixture.guard.service.decide = lambda *_: 1 / 0  # type: ignore[assignment]
    found = flow("/music/a.mp3", GPTBOT)
    assert fixture.guard.exchanges.refuse_early(found) is None
    assert fixture.enter(found).response is not None
    assert found.response is not None
    assert found.response.status_code == 503
