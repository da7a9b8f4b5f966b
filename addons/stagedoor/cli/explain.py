"""`stagedoor explain`: why was this refused, and what would become of that?

Either a request given by options (`--ua`, `--path` …), or the short name of one that was refused:
it stands on the refusal and in the decision log. The latter is explained by the facts that the log
has kept, under the rules as they are today.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import orjson
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from stagedoor.cli import site_choice
from stagedoor.cli.shared_options import add_rules, add_site
from stagedoor.config.site_stances import FOLDER
from stagedoor.engine.explanation import Explanation, Look, Tried, explain
from stagedoor.engine.order import judge, judge_known
from stagedoor.identify.catalogue import Signature
from stagedoor.identify.proof import Evidence, prove
from stagedoor.identify.ranges import membership
from stagedoor.load import rule_folder
from stagedoor.load.site_policies import rules_of
from stagedoor.model.actions import named
from stagedoor.model.edges import BY_WORD
from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import (
    MODES,
    PROOFS,
    Arrival,
    Client,
    Kind,
    Proof,
    Request,
    Resource,
    as_header,
    host_name,
)
from stagedoor.model.units import told_duration
from stagedoor.record.decision_log import FILE, KEPT
from stagedoor.record.terminal import printable
from stagedoor.resources.paths import normalise
from stagedoor.rules.conditions import All
from stagedoor.rules.policy import Policy
from stagedoor.verify.edge_files import read_edges
from stagedoor.verify.range_files import read_ranges

_CONFUSED = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
"""What people write for letters that the alphabet of the names leaves out."""
WIDTH = 110
"""Columns where the output goes into a file or a pipe."""
_MARKS = {
    "decides": ("✓", "bold green"),
    "notes": ("•", "yellow"),
    "within its rate": ("·", "cyan"),
    "holds too late": ("·", "dim"),
    "does not hold": ("✗", "red"),
    "off": ("·", "dim"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.description = (
        "For a request given by options, or for one that was refused: by the short name that "
        "stands on its refusal."
    )
    parser.add_argument("id", nargs="?", metavar="REQUEST", help="the name on a refusal: K7Q29FXM")
    parser.add_argument("--ua", metavar="TEXT", help="the User-Agent header")
    parser.add_argument(
        "--path", default="/", metavar="PATH", help="what is asked for: /music/a.mp3"
    )
    parser.add_argument("--ip", metavar="ADDRESS", help="where it comes from")
    parser.add_argument("--header", action="append", default=[], metavar='"NAME: VALUE"')
    parser.add_argument("--method", default="GET")
    parser.add_argument("--host", default="", metavar="NAME", help="the site's name, as asked for")
    parser.add_argument("--type", default="", metavar="TYPE", help="the response's Content-Type")
    parser.add_argument("--proof", choices=PROOFS, help="how sure its claim is taken to be")
    parser.add_argument("--ja4", default="", metavar="JA4", help="its TLS fingerprint")
    parser.add_argument("--mode", choices=MODES, help="instead of the stance's")
    parser.add_argument("--state", type=Path, metavar="DIR", help="the guard's state directory")
    add_rules(parser)
    add_site(parser)
    parser.add_argument("--all", action="store_true", help="every rule with every condition")
    parser.add_argument("--json", action="store_true", help="for machines")


def run(options: argparse.Namespace) -> int:
    """Print the way of one request; 0, or a StagedoorError where it cannot be found."""
    recorded: Mapping[str, Any] = {}
    if options.id:
        state, site = _site_of(options.state, options.id)
        recorded = _recorded(state, options.id)
        policy = rule_folder.load(rules_of(options.rules, site) if site else options.rules)
        found = _as_recorded(policy, recorded)
    else:
        given = dict(_header(text) for text in options.header)
        host = options.host or next((v for n, v in given.items() if n.lower() == "host"), "")
        policy, _ = site_choice.of_host(options.rules, host_name(host))
        found = _as_asked(policy, options)
    if options.json:
        print(orjson.dumps(as_json(found, recorded), option=orjson.OPT_INDENT_2).decode())
        return 0
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    if recorded:
        console.print(Text(_then(recorded), style="bold"))
    console.print(tree(found, everything=options.all))
    return 0


# -- which request ---------------------------------------------------------------------------------


def _as_asked(policy: Policy, options: argparse.Namespace) -> Explanation:
    """The request that the options describe."""
    headers = tuple(_header(text) for text in options.header)
    named = {name.lower(): value for name, value in headers}
    agent = named.get("user-agent", "") if options.ua is None else as_header(options.ua)
    if not options.path.startswith("/"):
        raise StagedoorError(
            f'the path "{options.path}" does not begin with / — write "/{options.path}"'
        )
    request = Request(
        method=options.method.upper(),
        host=host_name(options.host or named.get("host", "")),
        path=normalise(as_header(options.path)),
        target=options.path,
        agent=agent.strip(),
        headers=headers,
        address=options.ip or "",
    )
    judged = judge(
        policy,
        request,
        options.type or "",
        options.mode or policy.stance.mode,
        arrival=Arrival(options.ja4, plaintext=not options.ja4, proxied=True),
        prove=_prover(options.state, options.ip, options.proof),
    )
    return explain(judged)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise StagedoorError(f'"{text}" is no header — write --header "Accept: */*"')
    return name.strip(), as_header(value.strip())


def _prover(state: Path | None, address: str | None, said: Proof | None) -> Any:
    """How sure a claim is: as is said, or by the address lists. No name server is asked."""
    if said:
        return lambda _claim: (said, "as you said")
    if not address:
        return None
    lists = read_ranges(state, [])
    now = time.time()
    edge = read_edges(state).word(address)
    between = BY_WORD[edge].name if edge else ""

    def by_lists(claim: Signature) -> tuple[Proof, str]:
        ranges = membership(lists, claim.proof.ranges, address)
        return prove(claim, address, Evidence(now, ranges, between=between, edge=bool(edge)))

    return by_lists


def _site_of(state: Path | None, name: str) -> tuple[Path | None, str]:
    """Where the log of a request is, and the site whose it is: that of the guard, or of one of its sites."""
    folder = state / FOLDER if state is not None else None
    if state is None or folder is None or not folder.is_dir() or (state / FILE).exists():
        return state, ""
    for own in sorted(folder.iterdir()):
        try:
            _recorded(own, name)
        except StagedoorError:
            continue
        return own, own.name
    raise StagedoorError(f'no request "{name}" of any site in {state} — look at the name once more')


def _recorded(state: Path | None, name: str) -> Mapping[str, Any]:
    """The decision log's line of the request that is known as `name`."""
    if state is None:
        raise StagedoorError(
            "where is the decision log? — add --state DIR, the guard's state directory"
        )
    wanted = name.upper().translate(_CONFUSED)
    mark = f'"id":"{wanted}"'.encode()
    for line in _lines(state):
        if mark in line:
            found: Mapping[str, Any] = orjson.loads(line)
            return found
    raise StagedoorError(
        f'no request "{name}" in {state / FILE} — look at the name once more; the log keeps the '
        f"last {KEPT + 1} files of 32 MB"
    )


def _lines(state: Path) -> Iterator[bytes]:
    paths = [state / FILE, *(state / f"{FILE}.{number}" for number in range(1, KEPT + 1))]
    if not paths[0].exists():
        raise StagedoorError(
            f"there is no {paths[0]} — name the directory that the guard was started with "
            "(--set guard_state=DIR)"
        )
    for path in paths:
        if path.exists():
            with path.open("rb") as file:
                yield from file


def _as_recorded(policy: Policy, line: Mapping[str, Any]) -> Explanation:
    path = str(line["path"])
    request = Request(
        method=str(line["method"]),
        host=str(line["host"]),
        path=path,
        target=path,
        agent=str(line["agent"]),
        address=str(line["address"]).partition("/")[0],
    )
    client = replace(
        policy.identify(request.agent),
        proof=cast("Proof", line["proof"]),
        why=str(line["proof_why"]),
        traits=frozenset(line.get("traits", ())),
    )
    resource = policy.classify(path)
    if resource.kind != line["resource"]:
        resource = Resource(cast("Kind", line["resource"]), path, "type")
    return explain(judge_known(policy, request, client, resource, policy.stance.mode))


def _then(line: Mapping[str, Any]) -> str:
    rule = f" by rule {line['rule']}" if line["rule"] else ""
    return (
        f"{line['id']}, {line['at']}: {line['client']} asked for {printable(line['path'])}, "
        f"and the verdict was {line['verdict']}{rule}. Under the rules as they are today:"
    )


# -- what is shown ---------------------------------------------------------------------------------


def tree(found: Explanation, *, everything: bool = False) -> Tree:
    """The way of the request, room by room."""
    request = found.request
    top = Tree(
        Text.assemble(
            (printable(f"{request.method} {request.target or request.path}"), "bold"),
            "  →  ",
            _verdict(found),
        )
    )
    _who(top, found)
    what = "its path" if found.resource.known_by == "path" else "the stance"
    what = "the type of the response" if found.resource.known_by == "type" else what
    asked = f" (read as {printable(request.path)})" if request.path != request.target else ""
    top.add(f"what   {found.resource.kind}, known by {what}{asked}")
    _rules(top, found, everything=everything)
    end = top.add(Text.assemble("so     ", _verdict(found)))
    verdict = found.verdict
    if verdict.title:
        end.add(f"{verdict.title.rstrip('.')}. {verdict.why}".strip())
    if verdict.would:
        end.add("Nothing is refused: this is observed only.")
    return top


def _verdict(found: Explanation) -> Text:
    verdict = found.verdict
    action = named(verdict.action)
    time = told_duration(verdict.seconds) if verdict.seconds else ""
    text = action.outcome.format(status=verdict.status, time=time)
    by = f" by {verdict.rule}" if verdict.rule else ", no rule holds"
    would = f" (would {verdict.would})" if verdict.would else ""
    return Text.assemble((text, f"bold {action.colour}"), by, would)


def _who(top: Tree, found: Explanation) -> None:
    client = found.client
    whose = f" ({client.operator})" if client.operator else ""
    who = top.add(Text.assemble("who    ", (client.name, "bold"), f"{whose}, {client.comes_for}"))
    who.add(Text(f"says   {printable(found.request.agent, 160) or 'nothing: no User-Agent'}"))
    if client.known:
        who.add(Text(f"known  by {printable(client.known, 200)}"))
    who.add(f"proof  {client.proof}" + (f": {client.why}" if client.why else ""))
    if client.traits:
        who.add(f"odd    {', '.join(sorted(client.traits))}")


def _rules(top: Tree, found: Explanation, *, everything: bool) -> None:
    held = sum(tried.look.held for tried in found.tried)
    branch = top.add(f"rules  {len(found.tried)} tried, {held} hold{'s' if held == 1 else ''}")
    left: dict[str, int] = {}
    for tried in found.tried:
        if everything or _telling(tried):
            _add_rule(branch, tried)
        else:
            left[tried.outcome] = left.get(tried.outcome, 0) + 1
    outcomes = {
        "off": "off under this stance",
        "does not hold": "about others",
    }
    for outcome, count in left.items():
        branch.add(Text(f"{count} more: {outcomes.get(outcome, outcome)}", style="dim"))


def _telling(tried: Tried) -> bool:
    """Whether a rule says something about this request: it holds, or is about this client and only
    something else about the request is missing."""
    if tried.outcome != "does not hold":
        return tried.outcome != "off"
    parts = tried.look.parts if isinstance(tried.rule.condition, All) else (tried.look,)
    about = [part for part in parts if part.asks.startswith("client.")]
    return bool(about) and all(part.held for part in about)


def _add_rule(branch: Tree, tried: Tried) -> None:
    mark, style = _MARKS[tried.outcome]
    rule = tried.rule
    does = f"{rule.action}, observed only" if rule.observe else rule.action
    node = branch.add(
        Text.assemble(
            (f"{mark} {rule.id}", style), f"  {does}: {tried.outcome}", (f"  {rule.at}", "dim")
        )
    )
    looks = tried.look.parts if isinstance(rule.condition, All) else (tried.look,)
    for look in looks:
        _add_look(node, look)


def _add_look(node: Tree, look: Look) -> None:
    mark, style = ("✓", "green") if look.held else ("✗", "red")
    found = f"   (it is {printable(look.found)})" if look.found and not look.held else ""
    inner = node.add(Text.assemble((mark, style), f" {printable(look.asks, 160)}", (found, "dim")))
    for part in look.parts:
        _add_look(inner, part)


def as_json(found: Explanation, recorded: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for machines; names and spellings are those of the decision log."""
    client, verdict = found.client, found.verdict
    return {
        "verdict": verdict.label,
        "rule": verdict.rule,
        "status": verdict.status if verdict.refused else None,
        "title": verdict.title,
        "why": verdict.why,
        "client": _client(client),
        "resource": {"kind": found.resource.kind, "known_by": found.resource.known_by},
        "path": found.request.path,
        "rules": [
            {
                "id": tried.rule.id,
                "at": str(tried.rule.at),
                "action": tried.rule.action,
                "outcome": tried.outcome,
                "conditions": _look(tried.look),
            }
            for tried in found.tried
        ],
        **({"recorded": dict(recorded)} if recorded else {}),
    }


def _client(client: Client) -> Mapping[str, Any]:
    return {
        "name": client.name,
        "operator": client.operator,
        "purpose": client.purpose,
        "purposes": client.purposes,
        "known_by": client.known,
        "proof": client.proof,
        "proof_why": client.why,
        "traits": sorted(client.traits),
    }


def _look(look: Look) -> Mapping[str, Any]:
    shown: dict[str, Any] = {"asks": look.asks, "held": look.held}
    if look.found:
        shown["found"] = look.found
    if look.parts:
        shown["parts"] = [_look(part) for part in look.parts]
    return shown
