"""A request that notes which of its facts a decision reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from stagedoor.fronts.replay.log_records import Hit
from stagedoor.model.facts import Request, host_name


class Watched(Request):
    """A request that notes which of its facts a rule looks at."""

    def __init__(self, hit: Hit, path: str) -> None:
        super().__init__(
            method=hit.method.decode("latin-1").upper(),
            host=host_name(hit.host.decode("latin-1")),
            path=path,
            target=hit.target.decode("latin-1"),
            agent=(hit.agent or b"").decode("latin-1").strip(),
            address=hit.address.decode("latin-1"),
        )
        object.__setattr__(self, "seen", set())

    def __getattribute__(self, name: str) -> Any:
        if name in _FACTS:
            object.__getattribute__(self, "seen").add(name)
        return object.__getattribute__(self, name)

    def looked_at(self) -> frozenset[str]:
        """The facts that were."""
        return frozenset(object.__getattribute__(self, "seen"))


_FACTS = frozenset(fact.name for fact in fields(Request))
_IN_A_LOG: Mapping[str, Callable[[Hit, str], Any]] = {
    "method": lambda hit, _: hit.method,
    "host": lambda hit, _: hit.host,
    "path": lambda _, path: path,
    "target": lambda hit, _: hit.target,
    "agent": lambda hit, _: hit.agent,
    "address": lambda hit, _: hit.address,
    "headers": lambda *_: b"",
    "credentials": lambda *_: "none",
    "passed": lambda *_: "unneeded",
    "solved": lambda *_: False,
    "first": lambda *_: None,
}
"""What a decision may look at besides client and kind; a log has no headers, for anybody."""


def looked_up(names: tuple[str, ...], hit: Hit, path: str) -> tuple[Any, ...]:
    """These facts of a request; `path` is normalised."""
    return tuple(_IN_A_LOG[name](hit, path) for name in names)
