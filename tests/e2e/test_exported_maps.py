"""nginx's maps of whom the stance refuses, held against the engine: ten thousand requests."""

from __future__ import annotations

import itertools
import random
import re
import socket
from collections.abc import Iterator

import pytest

from stagedoor.engine.order import judge
from stagedoor.fronts.export.nginx_files import BROWSER
from stagedoor.fronts.export.settled_refusals import settled_refusals
from stagedoor.load import rule_folder
from stagedoor.model.facts import Request
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy

from . import counting
from .programs import PATIENCE, free_port

COUNT, AT_ONCE = 10_000, 200
TARGETS = (
    *("/", "/music/a.mp3", "/feed.xml", "/robots.txtx", "/a/robots.txt", "//robots.txt", "/a.zip"),
    *("/.well-known/x/../../music/a.mp3", "/rest/stream?id=7", "/%2ewell-known/x"),
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return rule_folder.load()


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """nginx alone: where the counter does not answer, pages and recordings go out. So what is
    refused, nginx refuses by itself.
    """
    folder, rules = tmp_path_factory.mktemp("maps"), tmp_path_factory.mktemp("rules")
    (rules / "stance.yaml").write_text("on_error: {pages: open, audio: open}\n", "utf-8")
    site = folder / "site"
    site.mkdir()
    port = free_port()
    more = ["--root", str(site), "--upstream", f"http://127.0.0.1:{free_port()}"]
    nobody = f"http://127.0.0.1:{free_port()}"
    counting.export("nginx", folder / "nginx", nobody, port, "--rules", str(rules), *more)
    with counting.start_front("nginx", folder / "nginx", port):
        yield port


def requests(policy: Policy) -> Iterator[tuple[str, str, str]]:
    """Method, target and agent."""
    chance = random.Random(1616)
    real = sorted({a for s in policy.catalogue.signatures for a in s.examples.match if a.isascii()})
    methods, targets = itertools.cycle(("GET", "GET", "HEAD")), itertools.cycle(TARGETS)
    for number in range(COUNT):
        agent, other = chance.choice(real), chance.choice(real)
        changed = (
            *(agent, agent, agent, agent.upper(), f"{agent} {other}", f"{other[:30]}{agent}"),
            *(agent.replace(" ", "+"), agent.replace("/", "%2f"), agent[chance.randrange(9) :]),
        )[number % 9]
        yield next(methods), next(targets), changed.strip() or "-"


def statuses(port: int, asked: list[tuple[str, str, str]]) -> list[int]:
    """What nginx answers, one connection for AT_ONCE requests."""
    found: list[int] = []
    for start in range(0, len(asked), AT_ONCE):
        part = asked[start : start + AT_ONCE]
        sent = "".join(
            f"{method} {target} HTTP/1.1\r\nHost: x\r\nUser-Agent: {agent}\r\n"
            f"{'Connection: close' if number == len(part) - 1 else 'X: y'}\r\n\r\n"
            for number, (method, target, agent) in enumerate(part)
        )
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.sendall(sent.encode("latin-1"))
            with connection.makefile("rb") as file:
                for method, _, _ in part:
                    found.append(int(file.readline().split()[1]))
                    length = 0
                    while (line := file.readline().strip().lower()) != b"":
                        if line.startswith(b"content-length:"):
                            length = int(line.partition(b":")[2])
                    file.read(0 if method == "HEAD" else length)
    return found


def test_the_same_verdicts(front: int, policy: Policy) -> None:
    refusals = settled_refusals(policy, "enforce")
    whole = {agent.lower() for agent in refusals.whole}
    asked = list(requests(policy))
    refused = 0
    for (method, target, agent), status in zip(asked, statuses(front, asked), strict=True):
        wanted = refusals.holds(agent, target, method, ())
        if re.search(BROWSER, agent) and agent.lower() not in whole:
            wanted = False  # asked about without a search
        assert (status == 403) == wanted, (method, target, agent, status)
        if wanted:
            refused += 1
            request = Request(method, "x", normalise(target), target, agent)
            verdict = judge(policy, request).verdict
            assert (verdict.refused, verdict.status) == (True, 403), (target, agent)
    assert refused > 500
