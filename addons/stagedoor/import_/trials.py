"""Trials of drafts in their policy: what loads, decides its own examples and holds, stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from stagedoor.engine.cases import run_cases
from stagedoor.engine.order import judge
from stagedoor.import_.decisions import PAGE, PEOPLE, Settled
from stagedoor.import_.drafts import CASES_FOR, Draft, case
from stagedoor.model.errors import ConfigError, Problem
from stagedoor.model.facts import Request, as_header
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy

ORDER = 15
"""In the files' names: after the proofs, before the rules that follow from the stance."""

NOBODY = "Zorbulon"
"""A program that nobody knows."""
_STRANGERS = ("python-requests/2.32.3",)
"""Refused recordings by default: what a rule that lets somebody in must not match."""
MAX_FIX = 80
"""Characters: a list of all there is helps nobody who did not write the rule."""
Load = Callable[[Mapping[str, str]], Policy]
"""Files by their path in the rules directory → the policy with them. Raises ConfigError."""


def files_of(every: Sequence[Draft]) -> tuple[dict[str, str], dict[tuple[str, int], Draft]]:
    """The rule files, and which rule each of their lines belongs to."""
    lines: dict[str, list[str]] = {}
    owners: dict[tuple[str, int], Draft] = {}
    for draft in every:
        file = f"{ORDER}-imported-{draft.origin.word}.yaml"
        head = f"# What {_in_a_comment(draft.origin.name)} said, as rules: `stagedoor import`. Yours to edit."
        text = lines.setdefault(file, [head])
        for line in ["", *draft.lines()]:
            text.append(line)
            owners[file, len(text)] = draft
    return {file: "\n".join(text) + "\n" for file, text in lines.items()}, owners


def _in_a_comment(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)


def holding(every: list[Draft], load: Load) -> tuple[list[Draft], list[Settled]]:
    """The rules that load, decide their own examples and whose cases hold; and the other wishes.

    Each round drops at least one wish, or is the last.
    """
    dropped: list[Settled] = []
    while True:
        wrong = _mistakes(every, load)
        if not wrong:
            out = _tried(every, load(files_of(every)[0]))
            if not out:
                wrong = _mistakes(every, load) or _failing(every, load)
                if not wrong:
                    policy = load(files_of(every)[0]).assuming({})
                    return every, [_still(one, policy) for one in dropped]
            dropped += out
        for draft in every:
            if problem := wrong.get(draft.id):
                dropped += [one.left(problem.message, problem.fix) for one in draft.settled]
        every = [draft for draft in every if draft.settled and draft.id not in wrong]


def _still(one: Settled, policy: Policy) -> Settled:
    """What another rule was to say is left where that rule was dropped in the end."""
    if one.state != "so":
        return one
    if judge(policy, one.request()).verdict.action == one.wish.action:
        return one
    return one.left("the rule that says the same could not be carried over", "write it by hand")


def _mistakes(every: Sequence[Draft], load: Load) -> dict[str, Problem]:
    """Id → why its rule does not load."""
    files, owners = files_of(every)
    try:
        load(files)
    except ConfigError as error:
        found: dict[str, Problem] = {}
        for problem in error.problems:
            owner = owners.get((problem.location.path, problem.location.line))
            if owner is None:
                raise
            fix = problem.fix if len(problem.fix) < MAX_FIX else ""
            found.setdefault(owner.id, replace(problem, fix=fix))
        return found
    return {}


def _failing(every: Sequence[Draft], load: Load) -> dict[str, Problem]:
    """Id → the case that does not hold."""
    policy = load(files_of(every)[0])
    ids = {draft.id for draft in every}
    _, failures = run_cases(policy, only=ids)
    told = {failure.message.partition(":")[0]: failure for failure in failures}
    fix = "write it by hand"
    return {
        word: Problem(
            failure.at, f"its case does not hold ({failure.message.splitlines()[-1].strip()})", fix
        )
        for word, failure in told.items()
    }


def _tried(every: Sequence[Draft], policy: Policy) -> list[Settled]:
    """Gives each rule its cases; the wishes whose example another rule decides are taken out."""
    shipped = policy.assuming({})
    by_id = {draft.id: draft for draft in every}
    out: list[Settled] = []
    for draft in every:
        mine = []
        for one in draft.settled:
            verdict = judge(shipped, one.request()).verdict
            other = by_id.get(verdict.rule)
            same = other is not None and verdict.action == one.wish.action
            if verdict.rule == draft.id or (same and not _repeats(other, one)):
                mine.append(one)
            elif same:
                remark = Problem(one.wish.at, f"already so: {one.said}, by {verdict.rule}")
                out.append(replace(one, state="so", remark=remark))
            else:
                by = verdict.rule or "no rule"
                out.append(one.left(f"its own example is decided by {by}", "write it by hand"))
        draft.settled = mine
        if mine and (fault := _gets_cases(draft, shipped)):
            out += [one.left(*fault) for one in mine]
            draft.settled = []
    return out


def _repeats(other: Draft | None, one: Settled) -> bool:
    """Whether the rule `other` says of the same name all that `one` says."""
    if other is None or not one.name or one.wish.addresses or one.wish.headers or one.pages:
        return False
    return any(
        said.name == one.name
        and not said.pages
        and (said.wish.paths, said.wish.besides) in {((), ()), (one.wish.paths, one.wish.besides)}
        and not (said.wish.addresses or said.wish.headers)
        for said in other.settled
    )


def _gets_cases(draft: Draft, shipped: Policy) -> tuple[str, str] | None:
    """Writes what the rule must and must not match into `draft`; else why that cannot be done."""
    first = draft.settled[0]
    wish = first.wish
    agents = (*(_STRANGERS if wish.action == "allow" else ()), *PEOPLE, NOBODY)
    outside = [
        {"ua": agent, "get": path, "expect": action}
        for agent in agents
        for path in dict.fromkeys((wish.sample, "/music/a.mp3", PAGE))
        for rule, action in [asked(agent, path, shipped)]
        if rule != draft.id
    ]
    if not outside:
        return "it holds for everybody that was tried", "say more closely whom it is for"
    # What comes out the other way shows most.
    telling = next((one for one in outside if one["expect"] != wish.action), outside[0])
    draft.cases = (*(case(one, wish.action) for one in draft.settled[:CASES_FOR]), telling)
    return None


def asked(agent: str, path: str, policy: Policy) -> tuple[str, str]:
    """The rule that decides a bare request, and what it does."""
    request = Request("GET", "example.org", normalise(path), path, as_header(agent))
    verdict = judge(policy, request).verdict
    return verdict.rule, verdict.action
