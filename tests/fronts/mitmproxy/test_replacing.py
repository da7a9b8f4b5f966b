"""What is replaced in mitmproxy is still what it was when the replacement was written.

The digests hold for mitmproxy 12.2.0 to 12.3.1. Where one differs: read what has changed in that
function, change the replacement if it matters, try it with tests/e2e/test_framing.py and
test_crowds.py on the lowest and the highest version, and add the new digest here.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import h11
import h11._readers
import h11._receivebuffer
import pytest
from mitmproxy import certs, flow, hooks, http, optmanager
from mitmproxy.addons import proxyserver, tlsconfig
from mitmproxy.coretypes import multidict
from mitmproxy.net.http import http1, validate
from mitmproxy.proxy import commands, context, layer, mode_servers, server
from mitmproxy.proxy.layers import http as layers
from mitmproxy.proxy.layers.http import HttpStream, _base, _hooks, _http1, _http2

from stagedoor.fronts.mitmproxy import accepting
from stagedoor.fronts.mitmproxy.complaints import Complaints
from stagedoor.fronts.mitmproxy.connections import Connections
from stagedoor.fronts.mitmproxy.hardening import replacements
from stagedoor.fronts.mitmproxy.replacing import Replacement, install

KNOWN: dict[Any, frozenset[str]] = {
    # replaced
    _http1.make_error_response: frozenset({"1ebe7083"}),
    _http1.make_body_reader: frozenset({"ebebb6e1"}),
    _http1.Http1Server.read_headers: frozenset({"23fa629c"}),
    _http1.Http1Client.read_headers: frozenset({"4cdd1074"}),
    _http1.Http1Client.send: frozenset({"842d330b"}),
    _http1.Http1Server.send: frozenset({"eaaa373d"}),
    _http1.Http1Server.mark_done: frozenset({"0307cf95"}),
    _base.format_error: frozenset({"48483a2f"}),
    _http2.Http2Server._handle_event: frozenset({"97fbe94c"}),
    HttpStream.state_consume_request_body: frozenset({"a1688b5f"}),
    http1.read_request_head: frozenset({"326ba9d2"}),
    http1.read_response_head: frozenset({"27d7b9c8"}),
    server.ConnectionHandler.log: frozenset({"5b80b224"}),
    optmanager._Option.current: frozenset({"196ad8eb"}),
    server.ConnectionHandler.server_event: frozenset({"ffbed451"}),
    server.ConnectionHandler.handle_client: frozenset({"a460e7dd"}),
    http.Headers.__init__: frozenset({"3ecaa3f9"}),
    http.Headers.get_all: frozenset({"f2110f75"}),
    http.Headers.__getitem__: frozenset({"b927da74"}),
    validate.validate_headers: frozenset({"0d39fdba"}),
    HttpStream.handle_protocol_error: frozenset({"16ebb146"}),
    HttpStream.start_response_stream: frozenset({"53813ac1"}),
    HttpStream.state_consume_response_body: frozenset({"d7819da1"}),
    flow.Flow.__init__: frozenset({"cab01bf3"}),
    context.Context.fork: frozenset({"fb0d6d83"}),
    _hooks.HttpRequestHeadersHook: frozenset({"6e568483"}),
    _hooks.HttpRequestHook: frozenset({"b8795ff5"}),
    _hooks.HttpResponseHeadersHook: frozenset({"3650d204"}),
    _hooks.HttpResponseHook: frozenset({"44648a37"}),
    # relied upon
    context.Context.__init__: frozenset({"e3d21720"}),
    commands.StartHook: frozenset({"78ad784b"}),
    hooks.Hook.args: frozenset({"d94d401a"}),
    layer.Layer.handle_event: frozenset({"2d741113"}),
    layer.NextLayer.handle_event: frozenset({"886bd52e"}),
    HttpStream.state_wait_for_request_headers: frozenset({"9cdaef99"}),
    HttpStream.state_stream_request_body: frozenset({"6a5cfb3c"}),
    HttpStream.state_wait_for_response_headers: frozenset({"f84cd543"}),
    HttpStream.send_response: frozenset({"7b4e06f1"}),
    HttpStream.flow_done: frozenset({"ef4e0348"}),
    layers.validate_request: frozenset({"7041103b"}),
    mode_servers.ProxyConnectionHandler.handle_hook: frozenset({"5b6e1537"}),
    server.ConnectionHandler.close_connection: frozenset({"b5a5c751"}),
    tlsconfig.TlsConfig.request: frozenset({"e99adad4"}),
    http1.connection_close: frozenset({"ed8b9f41"}),
    HttpStream.state_stream_response_body: frozenset({"5deadcd6"}),
    multidict._MultiDict.get_all: frozenset({"1356945d"}),
    multidict.MultiDict.__init__: frozenset({"36e3127c"}),
    http.Headers._reduce_values: frozenset({"bcf8b728"}),
    http.Headers._kconv: frozenset({"69826986"}),
    _http1.Http1Connection.mark_done: frozenset({"e8acdade"}),
    _http1.Http1Connection.read_body: frozenset({"9d64abb7"}),
    _http2.Http2Connection._handle_event: frozenset({"d25fba06", "c69f3865"}),
    HttpStream.start_request_stream: frozenset({"bd6f3e71"}),
    HttpStream.check_invalid: frozenset({"f24060a2"}),
    server.ConnectionHandler.hook_task: frozenset({"e5e55c36"}),
    server.ConnectionHandler.open_connection: frozenset({"cef8d73a"}),
    server.ConnectionHandler.handle_connection: frozenset({"f9faab6a"}),
    mode_servers.ServerInstance.handle_stream: frozenset({"84b984e0"}),
    mode_servers.AsyncioServerInstance.listen: frozenset({"8e459ae2"}),
    mode_servers.AsyncioServerInstance._stop: frozenset({"30628f78"}),
    # done in their place by the short way of `stagedoor serve` (fast_*.py), or given to it
    HttpStream.state_wait_for_request_headers: frozenset({"9cdaef99"}),
    HttpStream.state_wait_for_response_headers: frozenset({"f84cd543"}),
    HttpStream.send_response: frozenset({"7b4e06f1"}),
    HttpStream.check_killed: frozenset({"ce8162a9"}),
    server.LiveConnectionHandler.__init__: frozenset({"7c98652e"}),
    http1.expected_http_body_size: frozenset({"ab09899e"}),
    http1.connection_close: frozenset({"ed8b9f41"}),
    http1.assemble_request_head: frozenset({"f0b6a3b8"}),
    http1.assemble_response_head: frozenset({"0f3940a0"}),
    proxyserver.Proxyserver.server_connect: frozenset({"592659e5"}),
    tlsconfig.TlsConfig.get_cert: frozenset({"e4add889"}),
    certs.CertStore.add_cert: frozenset({"37423aa6"}),
    optmanager.OptManager.set: frozenset({"44fc29aa"}),
}


def digest(function: Any) -> str:
    """Of the source, without decorators and the indentation of the first line."""
    source = inspect.getsource(inspect.unwrap(function))
    source = source[source.index("class " if inspect.isclass(function) else "def ") :]
    if inspect.iscoroutinefunction(function):
        source = f"async {source}"
    return hashlib.sha256(source.rstrip("\n").encode()).hexdigest()[:8]


@pytest.mark.parametrize("function", KNOWN, ids=lambda f: f.__qualname__)
def test_mitmproxy_has_not_changed_unseen(function: Any) -> None:
    assert digest(function) in KNOWN[function], __doc__


def every() -> tuple[Replacement, ...]:
    connections = Connections()
    return (
        *replacements(Complaints(lambda _side, _fault: None), connections),
        *accepting.counting(connections),
    )


def test_every_replacement_is_watched() -> None:
    watched = {function.__qualname__ for function in KNOWN}
    for each in every():
        replaced = getattr(each.owner, each.name, None)
        if each.owner is http.MessageData:
            continue  # `python -O` has none
        if replaced in {Mapping.get, Mapping.__contains__}:
            continue  # Python's own, which stay as they are documented
        assert callable(replaced), each
        replaced = getattr(replaced, "stagedoor_original", replaced)
        assert inspect.unwrap(replaced).__qualname__ in watched, each


def test_each_takes_what_it_takes_the_place_of_is_given() -> None:
    for each in every():
        replaced = getattr(each.owner, each.name, None)
        if replaced is None:
            continue
        replaced = getattr(replaced, "stagedoor_original", replaced)
        there = inspect.signature(inspect.unwrap(replaced)).parameters
        here = inspect.signature(each.function).parameters
        assert len(here) == len(there), each


def test_what_is_read_of_h11_is_there() -> None:
    buffer = h11._receivebuffer.ReceiveBuffer()
    buffer += b"GET / HTTP/1.1\r\n\r\nrest"
    assert bytes(buffer).startswith(b"GET")
    assert [bytes(line) for line in buffer.maybe_extract_lines() or ()] == [b"GET / HTTP/1.1"]
    assert bytes(buffer.maybe_extract_at_most(2) or b"") == b"re"
    assert len(buffer) == 2
    reader = h11._readers.ChunkedReader()
    buffer = h11._receivebuffer.ReceiveBuffer()
    buffer += b"0\r\nX: 1\r\n\r\n"
    event = reader(buffer)
    assert isinstance(event, h11.EndOfMessage)
    assert list(event.headers) == [(b"x", b"1")]


class Parent:
    def inherited(self) -> str:
        return "parent"


class Child(Parent):
    def own(self) -> str:
        return "child"


def replaced() -> Iterator[Replacement]:
    yield Replacement(Child, "own", lambda _self: "ours")
    yield Replacement(Child, "inherited", lambda _self: "ours")
    yield Replacement(Child, "absent", lambda _self: "ours")


@pytest.mark.parametrize("first", [0, 1])
def test_what_was_there_comes_back_whoever_goes_first(first: int) -> None:
    before = dict(vars(Child))
    undoing = [install(replaced()), install(replaced())]
    assert Child().own() == Child().inherited() == "ours"
    undoing[first]()
    undoing[1 - first]()
    assert dict(vars(Child)) == before
    assert (Child().own(), Child().inherited()) == ("child", "parent")
