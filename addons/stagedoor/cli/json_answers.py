"""JSON lines: one line of input, one line of output.

A line that cannot be read gets {"error": …} in its place. So the n-th line of the output always
answers the n-th line of the input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import orjson

from stagedoor.load import rule_folder
from stagedoor.rules.policy import Policy

Answer = Callable[[Policy, bytes], Mapping[str, Any]]


def write_answers(
    answer: Answer, rules: Path | None, source: Iterable[bytes], target: IO[bytes]
) -> int:
    """Answer every line of `source`; 0, or 1 where a line could not be read."""
    policy = rule_folder.load(rules)
    wrong = 0
    for line in source:
        found = answer(policy, line.rstrip(b"\r\n"))
        wrong += "error" in found
        target.write(orjson.dumps(found) + b"\n")
    target.flush()
    return 1 if wrong else 0
