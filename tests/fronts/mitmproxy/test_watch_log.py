"""What the watch lets into the terminal: nothing that says what somebody opened."""

from __future__ import annotations

import logging

import pytest

from stagedoor.fronts.mitmproxy.watch_log import Discretion, place_of


def shown(message: str, level: int, *args: object) -> str:
    try:
        int("s3cret")
    except ValueError as error:
        caught = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("mitmproxy", level, "f", 1, message, args, caught)
    if not Discretion(lambda host: host == "soundcloud.com").filter(record):
        return ""
    return logging.Formatter().format(record)


@pytest.mark.parametrize(
    ("message", "level", "wanted"),
    [
        ("server connect bank.example:443", logging.INFO, ""),
        ("HTTP/2 protocol error: invalid header b's3cret'", logging.WARNING, ""),
        ("mitmproxy has crashed! s3cret", logging.ERROR, "A connection ended with a fault."),
        (
            "Client TLS handshake failed. The client does not trust the proxy's certificate for "
            "soundcloud.com (s3cret)", logging.WARNING,
            "The browser does not trust the certificate for soundcloud.com — import it, or use "
            "./run watch",
        ),
        (
            "Client TLS handshake failed. The client may not trust the proxy's certificate for "
            "bank.example (x)", logging.WARNING, "",
        ),
        (
            "Server TLS handshake failed. Certificate verify failed: s3cret", logging.WARNING,
            "The certificate of a site could not be verified; its page was not opened.",
        ),
    ],
)  # fmt: skip
def test_a_line_of_mitmproxy_names_no_host_and_quotes_nothing(
    message: str, level: int, wanted: str
) -> None:
    assert shown(message, level) == wanted
    assert shown("%s", level, message) == wanted


def test_an_exception_is_reported_by_its_place_and_not_by_its_words() -> None:
    try:
        int("s3cret")
    except ValueError as error:
        found = place_of(error)
    assert found.startswith("ValueError in test_watch_log.py, line ")
    assert "s3cret" not in found
