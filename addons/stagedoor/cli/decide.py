"""`stagedoor decide`: what becomes of requests, for scripts and for measuring.

Reads {"ua", "method", "path", "host", "headers", "ip"} a line, all but `path` optional; writes
{"verdict", "rule", "purpose", "client", "resource", "why", "purposes"} a line.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from stagedoor.cli.json_answers import Answer, write_answers
from stagedoor.cli.shared_options import add_rules, add_site
from stagedoor.cli.site_choice import which
from stagedoor.engine.order import judge
from stagedoor.load import rule_folder
from stagedoor.load.site_policies import load_sites, site_of
from stagedoor.model.facts import Request, as_header, host_name
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("--json", action="store_true", help="JSON lines (there is no other form)")
    add_rules(parser)
    add_site(parser)


def run(options: argparse.Namespace) -> int:
    """Answer every line of standard input; 1 where one of them could not be read."""
    answer = _of_several(options.rules) or decide
    return write_answers(answer, options.rules, sys.stdin.buffer, sys.stdout.buffer)


def _of_several(rules: Path | None) -> Answer | None:
    """Decides each request by the policy of its site; None where there is one."""
    shared = rule_folder.load(rules)
    sites = load_sites(rules, shared)
    if not sites:
        return None

    def answer(_: Policy, line: bytes) -> Mapping[str, Any]:
        try:
            host = _request(orjson.loads(line)).host
        except (ValueError, TypeError) as error:
            return {"error": str(error)}
        name = site_of(host, sites, shared)
        return decide(sites[name], line) if name else {"error": which(tuple(sites), host)}

    return answer


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
