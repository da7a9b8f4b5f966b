"""Rule files: config/yamltext.py."""

from __future__ import annotations

from stagedoor.config.yamltext import MAX_DEPTH, Source, Value, parse
from stagedoor.model.errors import Problem

SEEDS = (
    b"rules:\n- id: a\n  when: {path: /music/*}\n  action: block\n", b"a: &x [1]\nb: *x", b"a: 1\na: 2",
    b"- [[{}]]\n- 'q'\n- |\n  text\n", b"\xef\xbb\xbfno: yes # c", b"a: !t 1\n---\nb", b"\xff", b"a:\n\t- b",
)  # fmt: skip


def _deep(value: Value) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_deep, value.values()), default=0)
    return 1 + max(map(_deep, value), default=0) if isinstance(value, list) else 0


def check(data: bytes) -> None:
    """A document, or problems that say where."""
    problems: list[Problem] = []
    document = parse(Source("a.yaml", data), problems)
    assert document is not None or problems
    assert all(problem.location.path == "a.yaml" for problem in problems)
    if document is not None:
        assert _deep(document.value) <= MAX_DEPTH + 1
