"""Who may look, and who may change something."""

from __future__ import annotations

import base64

import pytest

from stagedoor.web.gate import Gate, is_loopback, new_password


def basic(password: str, user: str = "desk") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("host", "inside"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.2", False), ("studio.local", False), ("", False)],
)  # fmt: skip
def test_what_is_loopback(host: str, inside: bool) -> None:
    assert is_loopback(host) == inside


@pytest.mark.parametrize(
    ("authority", "known"),
    [("127.0.0.1:9464", True), ("[::1]:9464", True), ("LOCALHOST", True), ("desk.localhost:1", True),
     ("studio.local:9464", True), ("192.168.1.2:9464", True), ("evil.example", False), ("", False),
     ("127.0.0.1.evil.example", False), ("notlocalhost", False), ("studio.local.evil.example", False)],
)  # fmt: skip
def test_without_a_password_only_names_of_its_own(authority: str, known: bool) -> None:
    assert Gate("studio.local").knows(authority) == known


def test_a_password_is_compared_whole() -> None:
    gate = Gate("0.0.0.0", "schlüssel:1")
    assert gate.admits(basic("schlüssel:1"))
    assert gate.admits(basic("schlüssel:1", user="anybody"))
    assert gate.knows("studio.example"), "no browser sends it to a name that it was not given for"
    for wrong in ("", basic(""), basic("schlüssel"), basic("schlüssel:12"), "Basic ???", "Basic",
                  basic("schlüssel:1").replace("Basic", "Bearer"), "Basic é"):  # fmt: skip
        assert not gate.admits(wrong), wrong


def test_passwords_and_tokens_differ_every_time() -> None:
    assert len({new_password() for _ in range(50)}) == 50
    assert len({Gate("localhost").token for _ in range(50)}) == 50
    assert min(len(new_password()) for _ in range(50)) == 20


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:9464"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "http://127.0.0.1:8080"}, False),
        ({"Origin": "null"}, False),
    ],
)
def test_only_a_page_of_the_desk_may_change_something(headers: dict[str, str], ours: bool) -> None:
    gate = Gate("127.0.0.1")
    sent = {"Host": "127.0.0.1:9464", **headers}
    assert gate.may_change(sent, gate.token) == ours
    assert not gate.may_change(sent, gate.token[:-1])
    assert not gate.may_change(sent, "é")
