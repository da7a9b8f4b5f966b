"""Every kind of log that people have: read right, or reported. Shapes from each format's own
documentation."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglines import counted
from making import policy
from stagedoor.fronts.addresses import networks
from stagedoor.fronts.replay.client_addresses import ClientAddresses
from stagedoor.fronts.replay.line_reader import LineReader
from stagedoor.fronts.replay.log_records import ASIDE, Hit, NoRequest, Unreadable
from stagedoor.fronts.replay.tally import Tally

AT = 1795432527.0
"""2026-11-23 11:15:27 UTC."""
CLIENT, AGENT = b"203.0.113.9", b"VLC/3.0.21 LibVLC/3.0.21"
COMBINED = (
    CLIENT + b' - - [23/Nov/2026:11:15:27 +0000] "GET /a.mp3 HTTP/1.1" 206 77 "-" "' + AGENT + b'"'
)
JSON = orjson.dumps({
    "remote_addr": "203.0.113.9", "time_iso8601": "2026-11-23T11:15:27+00:00", "status": "206",
    "request": "GET /a.mp3 HTTP/1.1", "body_bytes_sent": "77", "http_user_agent": AGENT.decode(),
})  # fmt: skip


def read(*lines: bytes) -> Any:
    """What the last of some lines says."""
    reader = LineReader()
    for line in lines:
        found = reader.parse(line)
    return found


def check(found: Any, *, host: bytes = b"", agent: bytes | None = AGENT) -> None:
    """It is the one request that all of them show."""
    assert isinstance(found, Hit), found
    address = found.address
    if b"," in address:
        address = ClientAddresses(networks(["10.0.0.0/8"])).resolve(address)
    assert address == CLIENT
    assert (found.method, found.target, found.status, found.size) == (b"GET", b"/a.mp3", 206, 77)
    assert found.agent == agent
    assert abs(found.at - AT) < 1
    if host:
        assert found.host == host


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"<134>Nov 23 11:15:27 www nginx: ",
        b"<134>Nov 23 11:15:27 nginx: ",
        b"Nov 23 11:15:27 www nginx[123]: ",
        b"Nov  3 11:15:27 www.example.org apache2: ",
        b"2026-11-23T11:15:27.123456+00:00 www nginx[1]: ",
        b"2026-11-23T11:15:27+0000 www caddy[1]: ",
        b"1795432527.123456 www caddy[123]: ",
        b"Mon 2026-11-23 11:15:27 UTC www caddy[123]: ",
        b"Nov 23 11:15:27.123456 www caddy[123]: ",
        b"<165>1 2026-11-23T11:15:27.003Z www nginx 12 ID47 - ",
        b'<165>1 2026-11-23T11:15:27.003Z www nginx - - [a@1 b="c" d="\\]"][e@2] ',
        b"<165>1 2026-11-23T11:15:27.003Z www nginx - - - \xef\xbb\xbf",
        b"web-1  | ",
        b"music-web-1        | ",
        b"web_1 | ",
        b"\x1b[36mweb-1  |\x1b[0m ",
        b"\x1b[36mweb-1  | \x1b[0m",
        b"web-1  | 2026-11-23T11:15:27.123456789Z ",
        b"web-1  | Nov 23 11:15:27 www nginx: ",
        b"2026-11-23T11:15:27.123456789Z ",
        b"2026-11-23T11:15:27.123456789Z stdout F ",
        b"2026-11-23T11:15:27.123456789+01:00 stderr F ",
        b"[pod/web-5d4f/nginx] ",
        b"[pod/web-5d4f/nginx] 2026-11-23T11:15:27.123456789Z ",
        b"/var/log/nginx/access.log.1:",
        b"access.log.2.gz:",
    ],
)
@pytest.mark.parametrize("line", [COMBINED, JSON], ids=["combined", "json"])
def test_wrappers(before: bytes, line: bytes) -> None:
    check(read(before + line))


@pytest.mark.parametrize(
    "wrapped",
    [
        {"log": "{}\n", "stream": "stdout", "time": "2026-11-23T11:15:27.123456789Z"},
        {"log": "{}", "stream": "stdout", "time": "2026-11-23T11:15:27.123456789Z"},
        {"log": "{}\r\n", "stream": "stdout", "attrs": {"tag": "web"}, "time": "2026-11-23T11:15:27Z"},
        {"log": "{}", "stream": "stdout", "_p": "F", "kubernetes": {"pod_name": "web"}},
        {"MESSAGE": "{}", "__REALTIME_TIMESTAMP": "1795432527000000", "_PID": "12"},
        {"MESSAGE": "list", "__REALTIME_TIMESTAMP": "1795432527000000", "_PID": "12"},
        {"message": "{}", "@timestamp": "2026-11-23T11:15:27Z", "host": {"name": "www"}},
        {"labels": {"app": "web"}, "line": "{}", "timestamp": "2026-11-23T11:15:27Z"},
        {"event": {"original": "{}"}, "agent": {"type": "filebeat"}},
        {"log": "Nov 23 11:15:27 www nginx: {}\n", "stream": "stdout", "time": "2026-11-23T11:15:27Z"},
        {"level": "info", "ts": 1795432527.0, "common_log": "{}", "status": "x"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("line", [COMBINED, JSON], ids=["combined", "json"])
def test_lines_in_json(wrapped: dict[str, Any], line: bytes) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        if value == "list":
            return list(line)
        return value.replace("{}", line.decode()) if isinstance(value, str) else value

    check(read(orjson.dumps(filled(wrapped))))


def test_docker_writes_a_long_line_in_pieces() -> None:
    """Of 16 kB; only the last has the line break."""
    target = b"/a.mp3?" + b"x" * 40_000
    line = COMBINED.replace(b"/a.mp3", target) + b"\n"
    pieces = [line[start : start + 16_384] for start in range(0, len(line), 16_384)]
    file = [
        orjson.dumps({"log": p.decode(), "stream": "stdout", "time": "2026-11-23T11:15:27Z"})
        for p in pieces
    ]
    # The other stream may come in between.
    file.insert(
        1, orjson.dumps({"log": "note\n", "stream": "stderr", "time": "2026-11-23T11:15:27Z"})
    )
    reader = LineReader()
    found = [reader.parse(piece) for piece in file]
    assert found[0] is ASIDE
    assert isinstance(found[-1], Hit)
    assert (found[-1].target, found[-1].agent) == (target, AGENT)


def test_cri_writes_a_long_line_in_pieces() -> None:
    when = b"2026-11-23T11:15:27.123456789Z stdout "
    assert read(when + b"P " + COMBINED[:50]) is ASIDE
    check(read(when + b"P " + COMBINED[:50], when + b"F " + COMBINED[50:]))
    check(read(when + b"F " + COMBINED))


@pytest.mark.parametrize(
    ("line", "agent"),
    [
        # nginx's example `main`, GoAccess's and the ingress controller's forms
        (COMBINED.replace(CLIENT, b"10.0.0.1") + b' "203.0.113.9"', AGENT),
        (COMBINED.replace(CLIENT, b"10.0.0.1") + b' "6.6.6.6, 203.0.113.9" rt=0.001', AGENT),
        (COMBINED + b" 412 0.002 [web-80] [] 10.0.0.9:80 77 0.002 200 5f", AGENT),
        (COMBINED + b" 12345", AGENT),
        (COMBINED.replace(CLIENT, b"example.org:443 203.0.113.9"), AGENT),
        (COMBINED.replace(CLIENT, b"203.0.113.9, 10.0.0.1"), AGENT),
        (COMBINED.replace(CLIENT, b"6.6.6.6, 203.0.113.9, 10.0.0.1"), AGENT),
        (COMBINED.replace(CLIENT, b"6.6.6.6,203.0.113.9,10.0.0.1"), AGENT),
        (COMBINED.replace(CLIENT, b"example.org 203.0.113.9, 10.0.0.1"), AGENT),
        (COMBINED.replace(b"23/Nov/2026:11:15:27 +0000", b"2026-11-23T11:15:27+00:00"), AGENT),
        (COMBINED + b' "example.org" "/a.mp3" 12ms', AGENT),
        # Apache's combinedio, lighttpd's default, a user with blanks
        (COMBINED + b" 412 77", AGENT),
        (COMBINED.replace(b" - - ", b" example.org - "), AGENT),
        (COMBINED.replace(b" - - ", b" - Jo Doe "), AGENT),
        # HAProxy's httplog, with captured headers or none
        (b"203.0.113.9:33317 [23/Nov/2026:11:15:27.655] http-in web/srv1 10/0/30/69/109 206 77 - - "
         b"---- 1/1/1/1/0 0/0 {example.org|" + AGENT + b'} {} "GET /a.mp3 HTTP/1.1"', AGENT),
        (b"Nov 23 11:15:27 lb haproxy[14389]: 203.0.113.9:33317 [23/Nov/2026:11:15:27.655] http-in~ "
         b'web/srv1 10/0/30/69/109 206 77 - - ---- 1/1/1/1/0 0/0 "GET /a.mp3 HTTP/1.1"', None),
        # AWS: application and classic load balancers
        (b"h2 2026-11-23T11:15:27.186641Z app/my-lb/50dc 203.0.113.9:2817 10.0.0.1:80 0.000 0.001 "
         b'0.000 206 206 34 77 "GET https://example.org:443/a.mp3 HTTP/2.0" "' + AGENT + b'" - - arn',
         AGENT),
        (b"2026-11-23T11:15:27.945958Z my-lb 203.0.113.9:2817 10.0.0.1:80 0.000073 0.001048 0.000057 "
         b'206 206 0 77 "GET http://example.org:80/a.mp3 HTTP/1.1" "' + AGENT + b'" - -', AGENT),
        # Envoy, Varnish, Squid
        (b'[2026-11-23T11:15:27.310Z] "GET /a.mp3 HTTP/2" 206 - 0 77 5 4 "203.0.113.9" "' + AGENT
         + b'" "id" "example.org" "10.0.0.1:80"', AGENT),
        (COMBINED.replace(b"/a.mp3", b"http://example.org/a.mp3"), AGENT),
        (b"1795432527.123    200 203.0.113.9 TCP_MISS/206 77 GET http://example.org/a.mp3 - "
         b"HIER_DIRECT/10.0.0.1 audio/mpeg", None),
        # logfmt: Navidrome, Traefik's own
        (b'time="2026-11-23T11:15:27Z" level=debug msg="HTTP: GET http://example.org/a.mp3" '
         b'elapsedTime=2ms httpStatus=206 remoteAddr="203.0.113.9:4711" requestId=x/1 '
         b'responseSize=77 userAgent="' + AGENT + b'"', AGENT),
        (b'ts=2026-11-23T11:15:27Z method=GET path=/a.mp3 status=206 bytes=77 remote=203.0.113.9 '
         b'ua="' + AGENT + b'"', AGENT),
        # anybody's, with a quoted request in it
        (b'2026-11-23 11:15:27 | 203.0.113.9 | "GET /a.mp3 HTTP/1.1" | 206 | 77 | "' + AGENT + b'"',
         AGENT),
        # Caddy's console
        (b"2026/11/23 11:15:27.500\tINFO\thttp.log.access.log0\thandled request\t"
         + orjson.dumps({"request": {"remote_ip": "203.0.113.9", "method": "GET", "host": "e.org",
                                     "uri": "/a.mp3", "headers": {"User-Agent": [AGENT.decode()]}},
                         "status": 206, "size": 77}), AGENT),
    ],
)  # fmt: skip
def test_formats(line: bytes, agent: bytes | None) -> None:
    found = read(line)
    if isinstance(found, Hit) and found.target.startswith(b"http://"):
        found = found._replace(target=b"/a.mp3")
    check(found, agent=agent)


UA = AGENT.decode()


@pytest.mark.parametrize(
    "line",
    [
        # Caddy: each way it may write the time
        *(
            {"request": {"remote_ip": "203.0.113.9", "client_ip": "203.0.113.9", "method": "GET",
                         "host": "e.org", "uri": "/a.mp3", "headers": {"User-Agent": [UA]}},
             "status": 206, "size": 77, "ts": ts}
            for ts in (1795432527.25, 1795432527250.5, 1795432527250, 1795432527250000000,
                       "2026/11/23 11:15:27.250", "2026/11/23 11:15:27", "2026-11-23T11:15:27.250Z",
                       "2026-11-23T11:15:27.250+0000", "23/Nov/2026:11:15:27 +0000",
                       "Mon, 23 Nov 2026 11:15:27 GMT", "Monday, 23-Nov-26 11:15:27 UTC")
        ),
        {"request": {"remote_ip": "10.0.0.1", "method": "GET", "uri": "/a.mp3",
                     "headers": {"User-Agent": [UA], "X-Forwarded-For": ["203.0.113.9"]}},
         "status": 206, "size": 77, "when": "2026-11-23T11:15:27Z", "time": "2026-11-23T11:15:27Z"},
        # Traefik
        {"ClientAddr": "203.0.113.9:41342", "ClientHost": "203.0.113.9", "DownstreamStatus": 206,
         "DownstreamContentSize": 77, "RequestMethod": "GET", "RequestPath": "/a.mp3",
         "RequestHost": "e.org", "RequestPort": "-", "OriginStatus": 206, "Duration": 912345,
         "StartUTC": "2026-11-23T11:15:27.123456789Z", "request_User-Agent": UA, "level": "info",
         "time": "2026-11-23T11:15:27Z", "RetryAttempts": 0, "OriginDuration": 1},
        # Elastic Common Schema, Google Cloud, Cloudflare, Envoy, Azure
        {"@timestamp": "2026-11-23T11:15:27Z", "source": {"ip": "203.0.113.9"},
         "url": {"original": "/a.mp3"}, "user_agent": {"original": UA},
         "http": {"request": {"method": "GET"},
                  "response": {"status_code": 206, "body": {"bytes": 77}}}},
        {"httpRequest": {"requestMethod": "GET", "requestUrl": "https://e.org/a.mp3", "status": 206,
                         "responseSize": "77", "userAgent": UA, "remoteIp": "203.0.113.9",
                         "serverIp": "10.0.0.1"},
         "timestamp": "2026-11-23T11:15:27.1Z", "severity": "INFO"},
        {"ClientIP": "203.0.113.9", "ClientRequestHost": "e.org", "ClientRequestMethod": "GET",
         "ClientRequestURI": "/a.mp3", "ClientRequestUserAgent": UA, "EdgeResponseBytes": 77,
         "EdgeResponseStatus": 206, "EdgeStartTimestamp": 1795432527000000000, "RayID": "8f"},
        {"start_time": "2026-11-23T11:15:27.310Z", "method": "GET", "path": "/a.mp3",
         "response_code": 206, "bytes_sent": 77, "user_agent": UA, "authority": "e.org",
         "downstream_remote_address": "203.0.113.9:4711", "upstream_host": "10.0.0.2:80"},
        {"time": "2026-11-23T11:15:27Z", "properties": {
            "clientIp": "203.0.113.9", "httpMethod": "GET", "requestUri": "/a.mp3",
            "userAgent": UA, "httpStatusCode": "206", "responseBytes": "77"}},
        # Node's pino, Apache and nginx with names of somebody's own
        {"level": 30, "time": 1795432527000, "pid": 7, "hostname": "www", "req": {
            "method": "GET", "url": "/a.mp3", "headers": {"host": "e.org", "user-agent": UA},
            "remoteAddress": "203.0.113.9", "remotePort": 4711},
         "res": {"statusCode": 206, "headers": {"content-length": 77}}, "responseTime": 5},
        {"zeit": "2026-11-23T11:15:27+00:00", "wer": "203.0.113.9", "was": "GET /a.mp3 HTTP/1.1",
         "statuscode": "206", "bytes": "77", "womit": UA},
        {"t": "[23/Nov/2026:11:15:27 +0000]", "h": "203.0.113.9", "r": "GET /a.mp3 HTTP/1.1",
         "stat": 206, "b_sent": 1, "size": 77, "u": UA},
        {"remote_addr": "10.0.0.1", "x_forwarded_for": "203.0.113.9", "time": 1795432527000000,
         "request": "GET /a.mp3 HTTP/1.1", "status": 206, "bytes": 77, "http_user_agent": UA},
        {"timestamp": 1795432527, "httpRequest": {
            "clientIp": "203.0.113.9", "uri": "/a.mp3", "httpMethod": "GET",
            "headers": [{"name": "Host", "value": "e.org"}, {"name": "User-Agent", "value": UA}]},
         "responseCodeSent": 206, "size": 77},
    ],
)  # fmt: skip
def test_any_json(line: dict[str, Any]) -> None:
    check(read(orjson.dumps(line)))


def test_iis_names_its_fields() -> None:
    fields = (
        b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
        b"cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status sc-bytes time-taken"
    )
    line = (
        b"2026-11-23 11:15:27 10.0.0.1 GET /a.mp3 - 443 - 203.0.113.9 VLC/3.0.21+LibVLC/3.0.21 - "
        b"206 0 0 77 15"
    )
    head = (b"#Software: Microsoft Internet Information Services 10.0", b"#Version: 1.0", fields)
    check(read(*head, line))
    assert read(*head) is ASIDE
    found = read(*head, line.replace(b" - 443", b" x=1 443"))
    assert found.target == b"/a.mp3?x=1"
    short = read(*head, b"2026-11-23 11:15:27 GET")
    assert isinstance(short, Unreadable)
    assert "#Fields names 16 fields" in short.why


def test_cloudfront_names_its_fields() -> None:
    fields = (
        b"#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status "
        b"cs(Referer) cs(User-Agent) cs-uri-query x-host-header x-forwarded-for"
    )
    for blank in (b"%20", b"%2520"):
        line = b"\t".join([
            b"2026-11-23", b"11:15:27", b"FRA2-C1", b"77", b"203.0.113.9", b"GET",
            b"d1.cloudfront.net", b"/a.mp3", b"206", b"-", AGENT.replace(b" ", blank), b"-",
            b"example.org", b"-",
        ])  # fmt: skip
        check(read(b"#Version: 1.0", fields, line))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"hello world", "no request"),
        (b"2026/11/23 11:15:27 [error] 7#7: *1 open() failed", "no request"),
        (b'203.0.113.9 "GET / HTTP/1.1" and no more', "no status follows"),
        (b'{"level":"info","msg":"started"}', "no status"),
        (b'{"status":200,"msg":"done"}', "no request"),
        (b'web-1  | {"level":"info"}', "no status"),
        (b"level=info msg=started", "no status"),
    ],
)
def test_what_cannot_be_read_says_what_is_missing(line: bytes, why: str) -> None:
    found = read(line)
    assert isinstance(found, Unreadable), found
    assert why in found.why


def test_no_agent_and_no_field_for_it_are_two_things() -> None:
    line = {"status": 200, "method": "GET", "path": "/", "t": "2026-11-23T11:15:27Z"}
    assert read(orjson.dumps(line)).agent is None
    assert read(orjson.dumps({**line, "user_agent": ""})).agent == b""
    assert read(orjson.dumps({**line, "user_agent": "-"})).agent == b""


def test_the_tally_believes_the_proxies_of_the_stance() -> None:
    """And notes where none is trusted."""
    rules = policy({"stance.yaml": "site: {trusted_proxies: [10.0.0.1, cloudflare]}"})
    for address, client in (
        (b"203.0.113.9,,10.0.0.1", b"203.0.113.9"),
        (b"6.6.6.6, 203.0.113.9, 172.70.1.1,,10.0.0.1", b"203.0.113.9"),
        (b"203.0.113.9,,198.51.100.1", b"198.51.100.1"),
        (b"6.6.6.6, 203.0.113.9, 10.0.0.1", b"203.0.113.9"),
        (b"6.6.6.6, 203.0.113.9", b"203.0.113.9"),
    ):
        assert Tally([rules]).addresses.resolve(address) == client, address
    plain = Tally([policy()])
    assert plain.addresses.resolve(b"203.0.113.9,,10.0.0.1") == b"10.0.0.1"
    assert plain.addresses.several == 0
    assert plain.addresses.resolve(b"203.0.113.9, 10.0.0.1") == b"203.0.113.9"
    assert plain.addresses.several == 1


def test_one_address_for_all_is_noticed() -> None:
    one = counted([COMBINED] * 3, policy())
    assert (one.addresses.first, one.addresses.different) == (CLIENT, False)
    assert counted([COMBINED, COMBINED.replace(CLIENT, b"::1")], policy()).addresses.different


@given(st.binary(max_size=200))
def test_nothing_fails(data: bytes) -> None:
    reader = LineReader()
    for line in (data, b"web-1  | " + data, b"#Fields: " + data, data, b'{"log":' + data + b"}"):
        assert isinstance(reader.parse(line), Hit | NoRequest | Unreadable | type(ASIDE))


@pytest.mark.parametrize(
    "piece",
    [
        b"w | ",
        b"2026-11-23T11:15:27Z ",
        b"<1>1 ",
        b'\\"',
        b"a:1",
        b'a="b',
        b'{"log":"',
        b"1.1.1.1, ",
    ],
)
def test_a_long_line_of_one_thing_is_no_trap(piece: bytes) -> None:
    """Nothing is taken off without end, and nothing fails."""
    assert isinstance(read(piece * 50_000), Unreadable)
    assert isinstance(read(b'x "GET / ' + piece * 50_000), Unreadable)
