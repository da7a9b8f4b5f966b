"""ClientHello → JA4, as mitmproxy hands it over; and how a request came in."""

from __future__ import annotations

import ssl
from dataclasses import replace

import pytest
from mitmproxy import connection, options, tls
from mitmproxy.proxy.context import Context
from mitmproxy.test.tflow import tclient_conn

from captures import hello_bytes
from making import asks
from stagedoor.fronts.addresses import networks
from stagedoor.fronts.handshakes import Fingerprints
from stagedoor.fronts.mitmproxy.client_hello import arrival, learn, read_hello
from stagedoor.identify.ja4 import ja4, well_formed
from stagedoor.model.facts import Arrival

TOLD = "t13d1517h2_8daaf6152771_cb7bf5808d99"


def sent_hello(name: str | None = "example.org", *protocols: str) -> tls.ClientHello:
    """What Python's own TLS library really sends first."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    if protocols:
        context.set_alpn_protocols(protocols)
    out = ssl.MemoryBIO()
    connection_ = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        connection_.do_handshake()
    (raw,) = hello_bytes(out.read())
    return tls.ClientHello(raw)


def begun(
    client: connection.Client | None = None, sent: tls.ClientHello | None = None
) -> tls.ClientHelloData:
    """The event that mitmproxy's `tls_clienthello` hook gets."""
    client = client or fresh()
    return tls.ClientHelloData(Context(client, options.Options()), sent or sent_hello())


def fresh() -> connection.Client:
    client: connection.Client = tclient_conn()
    client.tls = False
    return client


def test_a_real_hello() -> None:
    facts = read_hello(sent_hello("example.org", "h2", "http/1.1"))
    assert facts.version == 0x0303
    assert facts.ciphers[0] > 0x1300
    found = ja4(facts)
    assert found.startswith("t13d")
    assert found[8:10] == "h2"
    assert well_formed(found)


def test_no_name_and_no_protocol() -> None:
    found = ja4(read_hello(sent_hello(None)))
    assert found[3] == "i"
    assert found[8:10] == "00"


def test_a_name_that_mitmproxy_finds_odd_is_a_name() -> None:
    raw = sent_hello("example.org").raw_bytes(wrap_in_record=False)
    odd = tls.ClientHello(raw.replace(b"example.org", b"exam ple.or"))
    assert odd.sni is None
    assert ja4(read_hello(odd))[3] == "d"


def test_the_same_program_has_the_same_fingerprint() -> None:
    assert len({ja4(read_hello(sent_hello())) for _ in range(5)}) == 1


def test_a_fingerprint_lives_as_long_as_its_connection() -> None:
    known = Fingerprints()
    one, other = fresh(), fresh()
    learnt = learn(known, begun(one))
    assert learnt == ja4(read_hello(sent_hello()))
    assert known.of(one.id) == learnt
    assert known.of(other.id) == ""
    known.forget(one.id)
    assert known.of(one.id) == ""
    known.forget(one.id)


def test_over_udp_it_is_quic() -> None:
    client = fresh()
    client.transport_protocol = "udp"
    assert learn(Fingerprints(), begun(client)).startswith("q13d")


def test_a_visitor_arrives_by_itself() -> None:
    known = Fingerprints()
    client = fresh()
    request = replace(asks("x"), headers=(("X-JA4", TOLD), ("X-Forwarded-Proto", "https")))
    found = arrival(client, request, known, trusted=(), header="X-JA4")
    assert found == Arrival("", plaintext=True, proxied=False)
    client.tls = True
    learnt = learn(known, begun(client))
    found = arrival(client, request, known, trusted=networks(["10.0.0.0/8"]), header="X-JA4")
    assert found == Arrival(learnt, plaintext=False, proxied=False)


def test_a_trusted_proxys_handshake_is_not_the_visitors() -> None:
    client = fresh()
    client.tls = True
    known = Fingerprints()
    learn(known, begun(client))
    request = replace(asks("x"), headers=(("X-JA4", TOLD), ("X-Forwarded-Proto", "http")))
    found = arrival(client, request, known, trusted=networks(["127.0.0.1"]), header="X-JA4")
    assert found == Arrival(TOLD, plaintext=True, proxied=True)
