"""The standards there are. What reads or writes signals asks `registry.current()`.

A new standard is a module in `standards/` and a line in `_SHIPPED`. The order is the one in which
people see them: in the stance, its schema, an audit's table and `docs/standards.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

from stagedoor.signals.standard import Files, Header, RobotsRecord, Standard, Stricter
from stagedoor.signals.standards import (
    ai_txt,
    c2pa,
    content_signal,
    content_usage,
    robots_exclusion,
    robots_tag,
    rsl,
    tdmrep,
    trust_txt,
)

_SHIPPED = (
    robots_exclusion.STANDARD,
    content_usage.STANDARD,
    content_signal.STANDARD,
    tdmrep.STANDARD,
    rsl.STANDARD,
    robots_tag.STANDARD,
    ai_txt.STANDARD,
    trust_txt.STANDARD,
    c2pa.STANDARD,
)


class Registry:
    """Some standards, and the tables that follow from them. Nothing in it ever changes.

    Raises ValueError where two have the same name, switch, record or file.
    """

    def __init__(self, standards: tuple[Standard, ...]) -> None:
        self.standards = standards
        self.names = tuple(standard.name for standard in standards)
        self.by_name = {standard.name: standard for standard in standards}
        self.switched = tuple(s for s in standards if s.switch is not None)
        self.written = tuple(sorted(standards, key=lambda s: s.linking))
        """In the order of writing: those that say it themselves before those that lead to it."""
        self.headers: tuple[tuple[Standard, Header], ...] = tuple(
            (s, s.header) for s in self.written if s.header is not None
        )
        self.records: tuple[tuple[Standard, RobotsRecord], ...] = tuple(
            (s, s.record) for s in self.written if s.record is not None
        )
        self.files: tuple[tuple[Standard, Files], ...] = tuple(
            (s, s.files) for s in self.written if s.files is not None
        )
        self.asked = tuple(chain.from_iterable(files.asked for _, files in self.files))
        """Paths of files that are asked for by name, robots.txt besides."""
        self.paths = frozenset(
            path for _, files in self.files for path in (*files.asked, *files.others)
        )
        self.published_fields: dict[bytes, tuple[tuple[Standard, Header], ...]] = {}
        """Those that are published in a header field, by its name; the first of each alone."""
        for standard, header in self.headers:
            if header.write is not None:
                name = header.names[0].encode()
                known = self.published_fields.get(name, ())
                self.published_fields[name] = (*known, (standard, header))
        self.merged: tuple[tuple[Header, Stricter, bytes, frozenset[bytes]], ...] = tuple(
            (h, h.stricter, h.names[0].encode(), frozenset(map(str.encode, h.names[1:])))
            for _, h in self.headers
            if h.stricter is not None
        )
        """Those that are published, each with how it is merged and its field names: the first, and
        the others."""
        self.merged_fields = frozenset(
            name for _, _, first, others in self.merged for name in (first, *others)
        )
        self.challenges: dict[int, tuple[str, ...]] = {
            status: tuple(s.challenges[status] for s in standards if status in s.challenges)
            for status in sorted({status for s in standards for status in s.challenges})
        }
        """By status, the challenges that a refusal carries in WWW-Authenticate."""
        self._refuse_twins()

    def _refuse_twins(self) -> None:
        for what, words in (
            ("name", list(self.names)),
            ("switch", [s.switch.word for s in self.switched if s.switch]),
            ("record", [record.name for _, record in self.records]),
            ("file", list(self.asked)),
        ):
            twins = sorted({word for word in words if words.count(word) > 1})
            if twins:
                raise ValueError(f"two standards have the same {what}: {', '.join(twins)}")

    def position(self, name: str) -> int:
        """Where a standard stands among all."""
        return self.names.index(name)


_registry = Registry(_SHIPPED)


def current() -> Registry:
    """The standards that hold now."""
    return _registry


@contextmanager
def extended(*more: Standard) -> Iterator[Registry]:
    """All standards and `more`, as long as the context lasts; for trying a standard out.

    It holds for the whole process, and for what is made within: a stance read before has no
    switch for `more`.
    """
    global _registry  # noqa: PLW0603 (the one place where it changes)
    before = _registry
    _registry = Registry((*before.standards, *more))
    try:
        yield _registry
    finally:
        _registry = before
