"""Contradictions between a site's statements: who says yes, who says no, and the fix.

A crawler that robots.txt names hears another robots.txt than everybody else, so each group of
crawlers is asked for. A Disallow for a part of the site closes it, whatever is said about use
elsewhere; only one for the whole site contradicts a yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stagedoor.audit.findings import WORDS, Finding, joined_words, some
from stagedoor.audit.statements import EVERYBODY, Heard, Placed, Reading, hear
from stagedoor.signals import registry
from stagedoor.signals.meaning import USES, Said, Statement, Use
from stagedoor.signals.robots import access

_MOST_GROUPS = 200
"""Groups of crawlers that are asked for; those known come first."""


@dataclass(slots=True)
class _Clash:
    """One statement that says yes, and all that say no to the same."""

    uses: dict[Use, None] = field(default_factory=dict)
    yes: dict[Placed, None] = field(default_factory=dict)
    no: dict[Placed, None] = field(default_factory=dict)
    agents: dict[str, None] = field(default_factory=dict)


def conflicts(reading: Reading, agent: str, crawlers: Mapping[str, Use]) -> tuple[Finding, ...]:
    """All contradictions that `agent` meets; `*`: that anybody meets whom robots.txt names."""
    found: dict[object, _Clash] = {}
    known: set[tuple[Statement, Use]] = set()
    heard = hear(reading, agent, uses_of(agent, crawlers))
    for one in heard:
        for use, yes, nos in _clashes(reading, one, agent):
            known.add((yes.statement, use))
            _add(found, ("", yes.statement), (use, yes, nos), ())
    for names, uses in _named(reading, crawlers) if agent == EVERYBODY else ():
        for one in hear(reading, names[0], uses):
            for use, yes, nos in _clashes(reading, one, names[0]):
                if (yes.statement, use) not in known:
                    words = frozenset((no.statement.standard, no.statement.text) for no in nos)
                    key = (yes.statement.standard, yes.statement.said, words)
                    _add(found, key, (use, yes, nos), names)
    spelled = {token.lower(): token for token in crawlers}
    return (
        *(_told(clash, spelled) for clash in _together(found.values())),
        *_overruled(heard),
    )


def uses_of(agent: str, crawlers: Mapping[str, Use]) -> tuple[Use, ...]:
    """What a crawler comes for; one that is not known, for anything."""
    known = next((use for token, use in crawlers.items() if token.lower() == agent.lower()), None)
    return (known,) if known else USES


def _named(
    reading: Reading, crawlers: Mapping[str, Use]
) -> Iterator[tuple[tuple[str, ...], tuple[Use, ...]]]:
    """Names of crawlers that come for the same and hear the same, group by group."""
    uses = {token.lower(): use for token, use in crawlers.items()}
    txt = reading.robots
    alike: dict[tuple[int, Use | None], list[str]] = {}
    for name in sorted(txt.by_agent, key=lambda name: (name not in uses, name)):
        if name != EVERYBODY:
            alike.setdefault((txt.audience(name), uses.get(name)), []).append(name)
    for (_, use), names in list(alike.items())[:_MOST_GROUPS]:
        # Of a crawler nobody knows, its Disallow is not about AI.
        yield tuple(names), (use,) if use else ()


def _clashes(
    reading: Reading, heard: Heard, agent: str
) -> Iterator[tuple[Use, Placed, tuple[Placed, ...]]]:
    closed = not access.allowed(reading.robots, agent, "/")
    for use in USES:
        resolved = heard.resolved(use)
        nos = tuple(
            heard.placed(no) for no in resolved.decided_by if no.standard != "robots" or closed
        )
        for yes in resolved.against if nos else ():
            yield use, heard.placed(yes), nos


def _add(
    found: dict[object, _Clash],
    key: object,
    clash: tuple[Use, Placed, tuple[Placed, ...]],
    agents: tuple[str, ...],
) -> None:
    use, yes, nos = clash
    known = found.setdefault(key, _Clash())
    known.uses[use] = known.yes[yes] = None
    known.no.update(dict.fromkeys(nos))
    known.agents.update(dict.fromkeys(agents))


def _together(clashes: Iterable[_Clash]) -> Iterable[_Clash]:
    """Those that meet the same no as one."""
    found: dict[object, _Clash] = {}
    for clash in clashes:
        key = (frozenset(clash.uses), frozenset(clash.agents), frozenset(clash.no))
        found.setdefault(key, clash).yes.update(clash.yes)
    return found.values()


def _told(clash: _Clash, spelled: Mapping[str, str]) -> Finding:
    uses = joined_words([WORDS[use] for use in USES if use in clash.uses])
    saying, refusing = _titles(clash.yes), _titles(clash.no)
    to = f" (to {some([spelled.get(a, a) for a in clash.agents])})" if clash.agents else ""
    what = (
        f"{joined_words(saying)} {_say(saying)} yes to {uses}, "
        f"{joined_words(refusing)} {_say(refusing)} no{to}. Where both are read, no counts."
    )
    by_words: dict[str, list[Placed]] = {}
    for yes in clash.yes:
        wanted = [_refusal(yes.statement, use) for use in USES if use in clash.uses]
        by_words.setdefault(joined_words(list(dict.fromkeys(wanted))), []).append(yes)
    changes = ", ".join(f"{words} in {places(there)}" for words, there in by_words.items())
    fix = f"If you mean no: {changes}. If you mean yes: take the no out of {places(clash.no)}."
    quoted = (*_quoted(clash.yes), *_quoted(clash.no))
    return Finding("contradiction", what, fix, quoted)


def _say(titles: Sequence[str]) -> str:
    return "says" if len(titles) == 1 else "say"


def _titles(all_placed: Iterable[Placed]) -> list[str]:
    return list(dict.fromkeys(title(placed.statement.standard) for placed in all_placed))


def _refusal(yes: Statement, use: Use) -> str:
    """How a standard says no to one use, where this statement says yes."""
    return registry.current().by_name[yes.standard].refusal(use)


def title(standard: str) -> str:
    """What people call a standard."""
    return registry.current().by_name[standard].title


def _overruled(heard: Iterable[Heard]) -> Iterator[Finding]:
    """A standard against itself: the nearer to the recording counts."""
    found: dict[tuple[Statement, Statement], list[tuple[Placed, Placed]]] = {}
    for one in heard:
        for loser, winner in one.overruled:
            found.setdefault((loser.statement, winner.statement), []).append((loser, winner))
    for (lost, won), pairs in found.items():
        losers, winners = (dict.fromkeys(side) for side in zip(*pairs, strict=True))
        what = (
            f"{title(won.standard)} says {won.said.train} to training in {places(winners)} and "
            f"{lost.said.train} in {places(losers)}. What is nearer to the recording counts: "
            f"{won.said.train}."
        )
        fix = "Write the same number in both."
        yield Finding("contradiction", what, fix, (*_quoted(winners), *_quoted(losers)))


def _quoted(all_placed: Iterable[Placed]) -> tuple[str, ...]:
    """Where: words. Equal words are quoted once."""
    by_words: dict[str, list[Placed]] = {}
    for placed in all_placed:
        by_words.setdefault(placed.words, []).append(placed)
    return tuple(f"{places(group)}: {words}" for words, group in by_words.items())


def places(all_placed: Iterable[Placed]) -> str:
    """`robots.txt, line 4 and headers of /a.mp3, /b.mp3 and 3 more`; each place once."""
    plain: dict[str, None] = {}
    of: dict[str, dict[str, None]] = {}
    for placed in all_placed:
        kind, found, path = placed.place.partition(" of ")
        if found and kind in {"headers", "HTML"}:
            of.setdefault(kind, {})[path] = None
        else:
            plain[placed.place] = None
    listed = [*plain, *(f"{kind} of {some(list(paths))}" for kind, paths in of.items())]
    return some(listed, 6).replace(", line", " line")


def nothing(said: Said) -> bool:
    """Whether no use is answered."""
    return not any(said.about(use) for use in USES)
