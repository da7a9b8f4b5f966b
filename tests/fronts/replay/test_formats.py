"""Formats recognised by first bytes."""

from __future__ import annotations

import pytest

from stagedoor.fronts.replay.formats import FORMATS, PARSERS, packer, sniff


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b'203.0.113.9 - - [23/Nov/2026:11:15:27 +0000] "GET / HTTP/1.1" 200 5', "combined"),
        (b"2001:0:1::9 - - [", "combined"),
        (b"", "combined"),
        (b'{"level":"info","logger":"http.log.access"}\n{"level":"info"}\n', "caddy"),
        (b'rest of a line"}\n{"ts":1}\n{"ts":2}\n', "caddy"),
        (b'\xef\xbb\xbf{\n  "log": {\n "version": "1.2"', "har"),
        (b'{"log":{"version":"1.2"', "har"),
        (b"2345:9:websocket;0:~8:response;", "flow"),
    ],
)
def test_formats(head: bytes, found: str) -> None:
    assert sniff(head) == found


def test_every_format_can_be_read() -> None:
    assert {*PARSERS, "auto", "har", "flow"} == set(FORMATS)


def test_packers() -> None:
    assert packer(b"BZh91AY") == "bzip2"
    assert packer(b"\x1f\x8b\x08") == "gzip"
    assert packer(b"BZ") == packer(b"") == ""
