"""Small things for tests to work on: a policy of a few lines, a request, an event.

The catalogue here is made up for the tests, so that no test hangs on what is shipped (that is
`rules/test_shipped.py`'s work).
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stagedoor.config.yamltext import Document, Source, parse
from stagedoor.engine.order import judge
from stagedoor.identify.catalogue import Catalogue, read_catalogue
from stagedoor.model.errors import ConfigError, Problem
from stagedoor.model.events import Decided
from stagedoor.model.facts import Client, Request, Resource, Verdict
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy, load_policy

ROOT = Path(__file__).resolve().parents[1]
"""The top of the checkout."""

GPTBOT = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
OVERCAST = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
REQUESTS = "python-requests/2.32.3"

CATALOGUE: Mapping[str, str] = {
    "crawlers/openai.yaml": """
        operator: OpenAI
        docs: https://platform.openai.com/docs/bots
        reviewed: 2026-11-23
        crawlers:
          - {name: GPTBot, token: GPTBot, purpose: ai-training}
          - {name: ChatGPT-User, token: ChatGPT-User, purpose: ai-input}
        """,
    "crawlers/google.yaml": """
        operator: Google
        reviewed: 2026-11-23
        crawlers:
          - {name: Googlebot, token: Googlebot, purpose: search}
        """,
    "clients/people.yaml": """
        group: People's programs, and scripts
        reviewed: 2026-11-23
        clients:
          - {name: Overcast, token: Overcast, purpose: podcast-app}
          - {name: Firefox, token: Firefox, purpose: browser}
          - {name: Requests, token: python-requests, purpose: http-library}
        """,
}

TRAINING_OFF = """
    - id: ai-training-off
      title: Crawlers that gather training data are refused
      why: The stance says ai.train is no.
      when:
        stance.ai.train: no
        client.purpose: ai-training
      then: block
      cases:
        - {ua: GPTBot/1.2, get: /music/a.mp3, expect: block}
        - {ua: Firefox/140.0, get: /music/a.mp3, expect: allow}
    """


def sources(files: Mapping[str, str]) -> list[Source]:
    """Files of a rules directory, by their path inside it."""
    return [Source(path, textwrap.dedent(text).encode()) for path, text in files.items()]


def policy(files: Mapping[str, str] | None = None) -> Policy:
    """The policy of `files`, with the small catalogue."""
    return load_policy(sources({**CATALOGUE, **(files or {})}))


def rules(text: str, stance: str = "") -> Policy:
    """The policy with one rule file, and a stance."""
    return policy({"10-test.yaml": text, "stance.yaml": stance})


def mistakes(files: Mapping[str, str]) -> list[str]:
    """The lines with which `files` are refused; none where they are right."""
    try:
        policy(files)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def document(text: str, path: str = "stance.yaml") -> Document:
    """`text` as a document; it must be readable."""
    problems: list[Problem] = []
    found = parse(Source(path, textwrap.dedent(text).encode()), problems)
    assert found is not None, problems
    assert not problems, problems
    return found


def catalogue(text: str, path: str = "crawlers/test.yaml") -> Catalogue:
    """The catalogue in one file; it must be right."""
    problems: list[Problem] = []
    found = read_catalogue([document(text, path)], problems)
    assert not problems, "\n".join(map(str, problems))
    return found


def judgement(policy: Policy, *facts: Any, **more: Any) -> tuple[Client, Resource, Verdict]:
    """The engine's word on one request: who, what, and what becomes of it."""
    found = judge(policy, *facts, **more)
    return found.client, found.resource, found.verdict


def asks(agent: str = "", target: str = "/", *, method: str = "GET", **more: str) -> Request:
    """A request as the door would read it; `more` are headers, with _ for -."""
    headers = tuple((name.replace("_", "-"), value) for name, value in more.items())
    return Request(
        method=method,
        host="example.org",
        path=normalise(target),
        target=target,
        agent=agent,
        headers=headers,
        address="198.51.100.7",
    )


GPTBOT_CLIENT = Client("GPTBot", "OpenAI", "ai-training")
REFUSED = Verdict("block", "ai-training-off", "Training is off", "The stance says so.")


def event(
    *,
    at: float = 1_795_000_000.25,
    request: Request | None = None,
    client: Client = GPTBOT_CLIENT,
    resource: Resource | None = None,
    verdict: Verdict = REFUSED,
) -> Decided:
    """A decision; a refused crawler unless said otherwise."""
    request = request or asks(GPTBOT, "/music/a.mp3")
    return Decided(at, request, client, resource or Resource("audio", request.path), verdict, 2e-5)
