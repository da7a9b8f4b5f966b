"""Refusals that rest on the user agent alone: a proxy may carry them out itself, and asks nobody.

A crawler stands here if the rules in force refuse it with one and the same status, whatever it asks
for, wherever it comes from and whatever it has done: only what a licence, a login or a signature could
change is left open, so requests that show one are asked about. Of a user agent that names several
crawlers one counts, so an agent with any other crawler's name is asked about too. What is refused here
is refused by the engine; what is not may still be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product

from stagedoor.identify.catalogue import Signature
from stagedoor.identify.matcher import MAX_MATCHED, client_of
from stagedoor.model.actions import Refuse, named
from stagedoor.model.facts import CRAWLERS, FORMS, KINDS, PASS_STANDINGS, Client, Mode
from stagedoor.resources.signal_files import NAMES
from stagedoor.rules.conditions import Is, narrow
from stagedoor.rules.policy import Policy
from stagedoor.rules.rule import Rule
from stagedoor.signals import registry

STATUS = 403
LONGEST = MAX_MATCHED
"""Characters of an agent; of a longer one the engine does not read all."""
MOST_TEXT, MOST_PART = 3600, 1200
"""Characters of an expression, with what it takes to escape it: nginx reads no word of 4,096."""
MOST_AGENT = 400
"""Characters of a whole agent that is looked up."""
_NAMED = CRAWLERS | {"robot"}
_UNSOLD = frozenset(PASS_STANDINGS) - {"bought"}
_MARKED = "[?&;/](?:[sS]|%[57]3)(?:[dD]|%[46]4)(?:[=-]|%3[dD])"
"""Where a mark begins in an address, see `marks.marked_links`: it may be a pass that was bought."""
_NO_CHARACTER = "[^0-9A-Za-z]"


@dataclass(frozen=True, slots=True)
class Refusals:
    """Expressions for user agents, letters of either case, in what PCRE and RE2 share; none for
    nothing. An agent is refused that has one of `refused` and none of `asked`. No expression is
    longer than MOST_TEXT. `names` are the crawlers'.
    """

    refused: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    targets: str = ""
    """An expression for request targets that are asked about: signal files."""
    whole: tuple[str, ...] = ()
    """Whole agents that are refused, as operators have published them: a front that looks texts up
    need not search."""

    def holds(self, agent: str, target: str, method: str, fields: Iterable[str]) -> bool:
        """Whether a proxy refuses such a request; `fields` are names of headers in lower case."""
        if not self.refused or method not in {"GET", "HEAD"} or len(agent) > LONGEST:
            return False
        if not {"authorization", "signature"}.isdisjoint(fields):
            return False
        flags = re.IGNORECASE | re.ASCII
        return (
            any(re.search(one, agent, flags) for one in self.refused)
            and not any(re.search(one, agent, flags) for one in self.asked)
            and not re.search(self.targets, target)
        )


NOTHING = Refusals()


def settled_refusals(policy: Policy, mode: Mode) -> Refusals:
    """What a proxy may refuse by itself under this policy; in observe mode nothing."""
    if mode == "observe":
        return NOTHING
    refused: list[Signature] = []
    asked: list[Signature] = []
    known: dict[tuple[object, ...], bool] = {}
    for signature in policy.catalogue.signatures:
        if signature.robots_only or signature.fallback or signature.purpose not in _NAMED:
            continue
        client = client_of(signature)
        key = (client.name, client.operator, client.purpose, client.further)
        if key not in known:
            known[key] = _always_refused(policy, client)
        sure = known[key] and not signature.unless and all(map(_writable, signature.tokens))
        (refused if sure else asked).append(signature)
    if not refused:
        return NOTHING
    found = Refusals(
        _expressions(refused, plus=False),
        ("%", *_expressions(asked, plus=True)),  # a percent sign may stand for any letter
        tuple(sorted({signature.name for signature in refused})),
        _targets(),
    )
    published = {agent.strip() for signature in refused for agent in signature.examples.match}
    return replace(found, whole=tuple(sorted(filter(partial(_is_certain, found), published))))


def _is_certain(refusals: Refusals, agent: str) -> bool:
    """Whether a whole agent is refused by the expressions, and can stand in a configuration."""
    return (
        agent.isascii()
        and agent.isprintable()
        and 0 < len(agent) <= MOST_AGENT
        and refusals.holds(agent, "/", "GET", ())
    )


def _always_refused(policy: Policy, client: Client) -> bool:
    kinds = (kind for kind in KINDS if kind != "signal")
    return all(
        _refused(policy.rules, client, kind, form) for kind, form in product(kinds, ("", *FORMS))
    )


def _refused(rules: Iterable[Rule], client: Client, kind: str, form: str) -> bool:
    """Whether the first rule that ends the search refuses plainly, whatever else is the case."""
    values: Mapping[str, object] = {
        "client.name": client.name,
        "client.operator": client.operator,
        "client.purpose": frozenset(client.purposes),
        "client.licence": "none",
        "client.traits": frozenset(),  # only browsers have any
        "client.trait_count": 0,
        "resource": kind,
        "resource.form": form,
        "request.credentials": "none",
    }

    def known(leaf: Is) -> bool | None:
        if leaf.name == "request.pass":  # no mark in its address: nothing was bought
            held = {leaf.what.holds(standing) for standing in _UNSOLD}
            return held.pop() if len(held) == 1 else None
        return leaf.what.holds(values[leaf.name]) if leaf.name in values else None

    for rule in rules:
        outcome = narrow(rule.condition, known)
        if outcome is False or rule.notes:
            continue
        if not _is_plain(rule):
            return False
        if outcome is True:
            return True
    return False


def _is_plain(rule: Rule) -> bool:
    effect = named(rule.verdict.action).effect
    return (
        isinstance(effect, Refuse)
        and not (effect.again or effect.licence)
        and rule.verdict.status == STATUS
        and rule.rate is None
        and rule.sentence is None
    )


# -- expressions -----------------------------------------------------------------------------------


def _writable(token: str) -> bool:
    return token.isascii() and token.isprintable() and not set(token) & {"%", "+"}


@dataclass(slots=True)
class _Node:
    """A letter of a trie: tokens that begin alike share their beginning."""

    after: dict[str, _Node] = field(default_factory=dict)
    ends: bool = False

    def add(self, token: str) -> None:
        node = self
        for letter in token:
            node = node.after.setdefault(letter, _Node())
        node.ends = True

    def text(self, *, plus: bool) -> str:
        """The expression for what follows."""
        if self.ends and not self.after:
            return ""
        parts = [
            _letter(letter, plus=plus) + node.text(plus=plus)
            for letter, node in sorted(self.after.items())
        ]
        joined = parts[0] if len(parts) == 1 and not self.ends else f"(?:{'|'.join(parts)})"
        return f"{joined}?" if self.ends else joined

    def parts(self, *, plus: bool) -> Iterator[str]:
        """The same as alternatives, each of at most MOST_PART characters where tokens are."""
        if self.ends:
            yield ""
        for letter, node in sorted(self.after.items()):
            begin, rest = _letter(letter, plus=plus), node.text(plus=plus)
            if len(rest) <= MOST_PART:
                yield begin + rest
            else:
                yield from (begin + part for part in node.parts(plus=plus))


def _letter(letter: str, *, plus: bool) -> str:
    if plus and letter in " +":
        return "[ +]"
    if not letter.isascii():
        return ".{1,4}"  # in whatever encoding
    return re.escape(letter) if not letter.isalnum() else letter


def _expressions(signatures: Iterable[Signature], *, plus: bool) -> tuple[str, ...]:
    """One of these tokens where it must stand; see `matcher._claim`."""
    groups: dict[tuple[str, str], _Node] = {}
    for signature in signatures:
        for token in signature.tokens:
            folded = token.lower()
            begin = end = ""
            if signature.match in {"prefix", "exact"}:
                begin = "^"
            elif signature.match == "word" and folded[0].isalnum():
                begin = f"(?:^|{_NO_CHARACTER})"
            if signature.match == "exact":
                end = "$"
            elif folded[-1].isalnum():
                end = f"(?:{_NO_CHARACTER}|$)"
            groups.setdefault((begin, end), _Node()).add(folded)
    found: list[str] = []
    for (begin, end), node in sorted(groups.items(), key=lambda group: group[0]):
        pack: list[str] = []
        for part in node.parts(plus=plus):
            if pack and sum(map(len, pack)) + len(pack) + len(part) > MOST_TEXT - 64:
                found.append(f"{begin}(?:{'|'.join(pack)}){end}")
                pack = []
            pack.append(part)
        found.append(f"{begin}(?:{'|'.join(pack)}){end}")
    return _joined(found)


def _joined(expressions: Iterable[str]) -> tuple[str, ...]:
    """As few expressions as MOST_TEXT allows."""
    found: list[str] = []
    for one in expressions:
        if found and len(found[-1]) + len(one) + 1 <= MOST_TEXT:
            found[-1] += f"|{one}"
        else:
            found.append(one)
    return tuple(found)


def _targets() -> str:
    names = sorted(NAMES | registry.current().paths)
    plain = "|".join(re.escape(name) for name in names)
    return rf"^/\.well-known/|^(?:{plain})(?:\?|$)|^[^/]|{_MARKED}"
