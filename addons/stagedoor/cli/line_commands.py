"""`stagedoor identify` and `stagedoor decide`: the core, for a quick question, scripts and measuring.

identify   a user agent a line → {"ua", "name", "operator", "purpose", "rule_hint", "purposes"}, or in words
decide     {"ua", "method", "path", "host", "headers", "ip"} a line, all but `path` optional
           → {"verdict", "rule", "purpose", "client", "resource", "why", "purposes"}

`rule_hint` is the rule that would decide if this client asked for a recording. A line that cannot
be read gets {"error": …} in its place, so that the n-th line out always answers the n-th line in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import orjson

from stagedoor.engine.order import judge
from stagedoor.load import rule_folder
from stagedoor.model.actions import named
from stagedoor.model.facts import UNKNOWN, Client, Request, Verdict, as_header, host_name
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy

_RECORDING = "/recording.mp3"


def run(command: str, rules: Path | None, source: Iterable[bytes], target: IO[bytes]) -> int:
    """Answer every line of `source`; 0, or 1 where a line could not be read."""
    policy = rule_folder.load(rules)
    answer: Callable[[Policy, bytes], Mapping[str, Any]] = (
        identify if command == "identify" else decide
    )
    wrong = 0
    for line in source:
        found = answer(policy, line.rstrip(b"\r\n"))
        wrong += "error" in found
        target.write(orjson.dumps(found) + b"\n")
    target.flush()
    return 1 if wrong else 0


def tell(rules: Path | None, source: Iterable[bytes], target: IO[str]) -> int:
    """`identify` in words: who each user agent of `source` claims to be, and what follows."""
    policy = rule_folder.load(rules)
    for line in source:
        client, verdict = _asks_for_a_recording(policy, line.rstrip(b"\r\n"))
        whose = f" ({client.operator})" if client.operator else ""
        who = f"{client.name}{whose}, {client.comes_for}" if client != UNKNOWN else "in no list"
        rule = f" ({verdict.rule})" if verdict.rule else ""
        print(f"{who}: {named(verdict.action).follows}{rule}", file=target)
    return 0


def _asks_for_a_recording(policy: Policy, line: bytes) -> tuple[Client, Verdict]:
    agent = line.decode("latin-1").strip()
    judged = judge(policy, Request("GET", "", _RECORDING, _RECORDING, agent))
    return judged.client, judged.verdict


def identify(policy: Policy, line: bytes) -> Mapping[str, Any]:
    """Who the user agent in `line` claims to be."""
    client, verdict = _asks_for_a_recording(policy, line)
    return {
        "ua": line.decode("utf-8", "replace"),
        "name": client.name,
        "operator": client.operator,
        "purpose": client.purpose,
        "rule_hint": verdict.rule,
        "purposes": client.purposes,
    }


def decide(policy: Policy, line: bytes) -> Mapping[str, Any]:
    """What becomes of the request in `line`."""
    try:
        request = _request(orjson.loads(line))
    except (ValueError, TypeError) as error:
        return {"error": str(error)}
    judged = judge(policy, request, mode=policy.stance.mode)
    client, resource, verdict = judged.client, judged.resource, judged.verdict
    return {
        "verdict": verdict.action,
        "rule": verdict.rule,
        "purpose": client.purpose,
        "client": client.name,
        "resource": resource.kind,
        "why": f"{verdict.title}. {verdict.why}".strip() if verdict.title else "no rule held",
        "purposes": client.purposes,
    }


def _request(given: Any) -> Request:
    if not isinstance(given, dict):
        raise TypeError('a request is an object: {"ua": …, "path": …}')
    path = given.get("path")
    if not isinstance(path, str) or not path:
        raise ValueError('"path" is missing — write for example "path": "/music/a.mp3"')
    headers = given.get("headers") or {}
    if not isinstance(headers, dict):
        raise TypeError('"headers" is an object: {"Accept": "*/*"}')
    pairs = tuple((str(name), as_header(str(value))) for name, value in headers.items())
    lowered = {name.lower(): value for name, value in pairs}
    agent = given.get("ua")
    return Request(
        method=str(given.get("method") or "GET").upper(),
        host=host_name(str(given.get("host") or lowered.get("host", ""))),
        path=normalise(as_header(path)),
        target=path,
        agent=as_header(str(agent)).strip() if agent is not None else lowered.get("user-agent", ""),
        headers=pairs,
        address=str(given.get("ip") or ""),
    )
