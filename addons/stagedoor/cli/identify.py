"""`stagedoor identify`: which client a user agent claims to be, and whether that gets recordings.

Reads a user agent a line, or takes them as arguments. With --json it writes {"ua", "name",
"operator", "purpose", "rule_hint", "purposes"} a line: `rule_hint` is the rule that would decide if
this client asked for a recording.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from stagedoor.cli.json_answers import write_answers
from stagedoor.cli.shared_options import add_rules, add_site
from stagedoor.engine.order import judge
from stagedoor.load import rule_folder
from stagedoor.model.actions import named
from stagedoor.model.facts import ANONYMOUS, UNKNOWN, Client, Request, Verdict
from stagedoor.rules.policy import Policy

_RECORDING = "/recording.mp3"
_NOBODY = {UNKNOWN.name: "in no list", ANONYMOUS.name: "gives no name"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "agents", nargs="*", metavar="AGENT", help="none: one a line from standard input"
    )
    parser.add_argument("--json", action="store_true", help="JSON lines, for programs")
    add_rules(parser)
    add_site(parser)


def run(options: argparse.Namespace) -> int:
    """Answer for every user agent, as text or as JSON lines."""
    source: Iterable[bytes] = [os.fsencode(agent) for agent in options.agents] or sys.stdin.buffer
    if options.json:
        return write_answers(identify, options.rules, source, sys.stdout.buffer)
    return write_text(options.rules, source, sys.stdout)


def write_text(rules: Path | None, source: Iterable[bytes], target: IO[str]) -> int:
    """One line of text for each user agent of `source`: the client it claims to be, the result."""
    policy = rule_folder.load(rules)
    for line in source:
        client, verdict = _asks_for_a_recording(policy, line.rstrip(b"\r\n"))
        whose = f" ({client.operator})" if client.operator else ""
        who = _NOBODY.get(client.name) or f"{client.name}{whose}, {client.comes_for}"
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
