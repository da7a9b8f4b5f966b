"""The rules of a refused group: signal files open, everything else closed, nothing weakened.

A crawler that gets a group of its own no longer hears those for `*`; and an `Allow` for a signal
file, being long, may outweigh a shorter rule of the site. So, for each signal path, the site's own
Disallow rules are looked at: one that closes the path stays in force, and the Allow is left out;
one that closes some of what lies below is repeated, made long enough to win.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stagedoor.signals.robots.lines import Record
from stagedoor.signals.robots.path_rules import Longest, literal, pattern


@dataclass(frozen=True, slots=True)
class Refusal:
    """`opened` paths, rules `repeated` from the site (patterns), and what the site keeps closed."""

    opened: tuple[str, ...]
    repeated: tuple[str, ...] = ()
    closed: tuple[tuple[str, Record], ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The rules, as they are written. Allow stands first for readers that stop at a match."""
        return (
            *(f"Allow: {path}" for path in self.opened),
            *(
                ["# The site's own, written long enough to count for more."]
                if self.repeated
                else []
            ),
            *(f"Disallow: {path}" for path in self.repeated),
            "Disallow: /",
        )


def refusal(paths: Sequence[str], rules: Iterable[Record]) -> Refusal:
    """How to refuse a crawler to which the site has said `rules` so far."""
    known = [(pattern(rule.value), rule) for rule in rules if rule.value]
    allows = [text for text, rule in known if rule.name == "allow"]
    disallows = [(text, rule) for text, rule in known if rule.name == "disallow"]
    opened: list[str] = []
    repeated: dict[bytes, bytes] = {}
    closed: list[tuple[str, Record]] = []
    for written in paths:
        path = pattern(written.encode("utf-8"))
        cover = _cover(path, allows)
        counting = [(text, rule) for text, rule in disallows if len(text) > cover]
        closing = [rule for text, rule in counting if _closes(text, path)]
        if closing:
            closed.append((written, closing[0]))
            continue
        opened.append(written)
        for text, _ in counting:
            if longer := _below(text, path):
                repeated[text] = max(repeated.get(text, b""), longer, key=len)
    texts = tuple(text.decode("ascii") for text in repeated.values())
    return Refusal(tuple(opened), texts, tuple(closed))


def joint(refusals: Sequence[Refusal]) -> Refusal:
    """One group for crawlers to which the site has said different things: the strictest of all."""
    first, *others = refusals
    return Refusal(
        tuple(path for path in first.opened if all(path in other.opened for other in others)),
        tuple(dict.fromkeys(text for each in refusals for text in each.repeated)),
        tuple(dict.fromkeys(pair for each in refusals for pair in each.closed)),
    )


def _cover(path: bytes, allows: Iterable[bytes]) -> int:
    """Length of the longest Allow that holds for `path` and for all below it."""
    return max(
        (
            len(text)
            for text in allows
            if (prefix := literal(text)) is not None and path.startswith(prefix)
        ),
        default=0,
    )


def _closes(disallow: bytes, path: bytes) -> bool:
    """Whether a Disallow holds for `path`, and then for all below it."""
    return not disallow.endswith(b"$") and bool(Longest([(disallow, None)]).match(path))


def _below(disallow: bytes, path: bytes) -> bytes:
    """A Disallow that may hold for some of what begins with `path`, longer than `path`; or empty.

    More stars match the same and count as octets.
    """
    head = disallow.removesuffix(b"$").split(b"*")[0]
    if head.startswith(path):
        return disallow
    if b"*" in disallow and path.startswith(head):
        missing = max(0, len(path) + 1 - len(disallow))
        return disallow.replace(b"*", b"*" * (1 + missing), 1)
    return b""
