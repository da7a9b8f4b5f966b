"""`stagedoor explain` and the door say the same: on a refusal, and on ten thousand requests."""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path
from typing import Any, Self

import orjson
import pytest

from stagedoor.cli.command_table import parser
from stagedoor.cli.explain import _as_asked, as_json
from stagedoor.load import rule_folder
from stagedoor.rules.policy import Policy

from .clients import FIREFOX, GPTBOT, connect, curl, read_head
from .conftest import StartGuard
from .guarding import Guard
from .programs import run
from .site import Site

REQUESTS = 10_000

RULES = """
- id: neighbours
  title: The neighbours come in
  when: {request.address: [10.1.0.0/16, 192.168.7.7]}
  then: allow
- id: old-windows
  title: Old Windows is tried out
  when: {request.agent: ["*Windows 98*", {re: "Windows NT [45]"}], resource: [audio, page]}
  observe: yes
  then: block
- id: no-referrer-no-flac
  title: FLAC only from our own pages
  when:
    request.path: ["/music/**.flac", {re: "[.]wav$"}]
    any:
      - request.header.referer: {present: no}
      - not: {request.header.referer: "*music.example*"}
  then: {block: {status: 404}}
- id: posts-noted
  title: Uploads are noted
  when: {request.method: [POST, PUT], not: {client.purpose: browser}}
  then: log
- id: other-host
  title: Another name
  when: {request.host: ["old.*"], resource: page}
  then: {block: {status: 410}}
"""


def explained(*arguments: str) -> tuple[str, dict[str, Any]]:
    """What the command says as text, and as JSON."""
    command = [sys.executable, "-m", "stagedoor", "explain", *arguments]
    words, data = run(*command), run(*command, "--json")
    assert words.returncode == data.returncode == 0, words.stderr + data.stderr
    return words.stdout, orjson.loads(data.stdout)


def test_the_name_on_a_refusal_leads_to_its_explanation(
    start_guard: StartGuard, origin: Site
) -> None:
    guard = start_guard(origin.url)
    answer = curl(f"{guard.url}/music/tone.mp3?token=secret", agent=GPTBOT)
    name = answer.headers["X-Request-Id"]
    assert f"This request is known as {name}." in answer.text
    guard.decisions("tone.mp3", 1)
    words, data = explained(name.lower(), "--state", str(guard.state))
    assert f"{name}, " in words
    assert "refused with 403 by ai-training-off" in words
    assert "secret" not in words
    assert (data["verdict"], data["rule"]) == ("block", "ai-training-off")
    assert data["recorded"]["id"] == name
    done = run(
        sys.executable, "-m", "stagedoor", "explain", "ZZZZZZZZ", "--state", str(guard.state)
    )
    assert done.returncode == 1
    assert 'no request "ZZZZZZZZ" in ' in done.stderr


class Generator:
    """Requests as they come from everywhere; the same ones each time."""

    def __init__(self, policy: Policy, seed: int) -> None:
        self._any = random.Random(seed)
        self._agents = [
            agent for s in policy.catalogue.signatures for agent in s.examples.match[:1]
        ] + [
            FIREFOX,
            GPTBOT,
            "",
            "Zorbulon",
            "Mozilla/4.0 (compatible; MSIE 5.0; Windows 98)",
        ] * 200

    def one(self, number: int) -> dict[str, Any]:
        """A request: what is sent, and what `explain` is given."""
        pick = self._any.choice
        stem = pick(
            ["/music/x{n}", "/hls/x{n}", "/x{n}", "/rest/x{n}", "//music/./%78{n}", "/a/../x{n}"]
        )
        end = pick(
            [
                ".mp3",
                ".MP3",
                ".flac",
                ".wav",
                ".html",
                "",
                "/",
                ".m3u8",
                ".zip",
                ".xml",
                ".png",
                ".css",
                ".json",
            ]
        )
        headers = {}
        for name, values in (
            ("Accept", ["*/*", "text/html,*/*;q=0.8", "audio/*"]),
            ("Accept-Language", ["en", "de,en;q=0.5"]),
            ("Referer", ["https://music.example/", "https://elsewhere.example/"]),
            ("Sec-Fetch-Dest", ["audio", "document", "empty"]),
            ("Sec-Fetch-Mode", ["no-cors", "navigate"]),
            ("Sec-CH-UA", ['"Chromium";v="142"']),
            ("Range", ["bytes=0-"]),
        ):
            if self._any.random() < 0.4:
                headers[name] = pick(values)
        return {
            "method": pick(["GET"] * 6 + ["HEAD", "POST"]),
            "path": stem.format(n=f"{number:05}q") + end,
            "host": pick(["music.example", "old.music.example"]),
            "agent": pick(self._agents),
            # Some fifty households: one alone has a thousand lines of the log an hour.
            "address": pick(
                ["10.1.2.3", "192.168.7.7", f"10.2.{number % 25}.1", f"172.16.{number % 25}.9"]
            ),
            "headers": headers,
        }


class Visitor:
    """Asks over a connection that is kept for as long as the other side keeps it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._wire = connect(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    def ask(self, asked: dict[str, Any]) -> tuple[int, dict[str, str]]:
        """Send one request; its status and headers."""
        lines = [
            f"{asked['method']} {asked['path']} HTTP/1.1",
            f"Host: {asked['host']}",
            *([f"User-Agent: {asked['agent']}"] if asked["agent"] else []),
            *(f"{name}: {value}" for name, value in asked["headers"].items()),
            f"X-Forwarded-For: {asked['address']}",
            *(["Content-Length: 0"] if asked["method"] == "POST" else []),
        ]
        self._wire.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head, body = read_head(self._wire)
        first, *fields = head.split("\r\n")
        headers = {n.lower(): v.strip() for n, _, v in (field.partition(":") for field in fields)}
        left = int(headers.get("content-length", 0)) - len(body)
        chunked = headers.get("transfer-encoding") == "chunked" and asked["method"] != "HEAD"
        while chunked and not body.endswith(b"0\r\n\r\n"):
            body += self._wire.recv(65536)
        while asked["method"] != "HEAD" and not chunked and left > 0:
            left -= len(self._wire.recv(65536))
        if headers.get("connection", "").lower() == "close":  # nginx, after a thousand
            self._wire.close()
            self._wire = connect(self._url)
        return int(first.split()[1]), headers


def told(policy: Policy, asked: dict[str, Any], content_type: str, folder: Path) -> tuple[str, str]:
    """What `explain` says of it: the verdict and the rule."""
    arguments = ["explain", "--method", asked["method"], "--path", asked["path"]]
    arguments += ["--host", asked["host"], "--ip", asked["address"], "--rules", str(folder)]
    arguments += [f"--ua={asked['agent']}", f"--type={content_type}"]
    for name, value in (("Host", asked["host"]), *asked["headers"].items()):
        arguments.append(f"--header={name}: {value}")
    said = as_json(_as_asked(policy, parser().parse_args(arguments)), {})
    return said["verdict"], said["rule"]


@pytest.mark.timeout(240)
def test_explain_and_the_door_agree_on_ten_thousand_requests(
    start_guard: StartGuard, origin: Site, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (rules / "05-mine.yaml").write_text(RULES, "utf-8")
    guard: Guard = start_guard(
        origin.url,
        *("--set", f"guard_rules={rules}"),
        *("--set", "guard_trusted_proxies=127.0.0.1", "--set", "guard_resolvers=127.0.0.1"),
    )
    policy = rule_folder.load(rules)
    # Reading the address lists anew for each of the ten thousand would take an hour.
    lists = shipped_lists()
    monkeypatch.setattr("stagedoor.cli.explain.read_ranges", lambda *_: lists)
    generator = Generator(policy, 20261123)
    asked = [generator.one(number) for number in range(REQUESTS)]
    with Visitor(guard.url) as visitor:
        answers = [visitor.ask(one) for one in asked]
    curl(f"{guard.url}/last-one", agent=GPTBOT)
    guard.decisions("last-one", 1)  # written in order: the others stand before it
    log = {
        int(found[1]): entry
        for entry in guard.decisions()
        if (found := re.search(r"x(\d{5})q", entry["path"]))
    }
    differ = []
    seen: dict[str, int] = {}
    for number, (one, (status, headers)) in enumerate(zip(asked, answers, strict=True)):
        ours = "x-request-id" in headers
        content_type = "" if ours else headers.get("content-type", "")
        verdict, rule = told(policy, one, content_type, rules)
        entry = log.get(number)
        # What is let in and not noted is not in the log.
        done = (entry["verdict"], entry["rule"]) if entry else ("allow", rule)
        seen[verdict] = seen.get(verdict, 0) + 1
        if done != (verdict, rule) or (verdict == "block") is not ours:
            differ.append((one, status, done, (verdict, rule)))
    assert differ == []
    assert len(log) == REQUESTS - seen["allow"]
    assert min(seen.get(v, 0) for v in ("allow", "block", "log", "would-block")) > 50, seen


def shipped_lists() -> Any:
    """The address lists as `explain` reads them."""
    from stagedoor.verify.range_files import read_ranges

    return read_ranges(None, [])
