"""May this crawler fetch that path: signals/robots/access.py and path_rules.py."""

from __future__ import annotations

from stagedoor.signals.robots.access import allowed, decide, read
from tools.fuzz.parts import split

SEEDS = (
    b"/music/a.mp3?x=1\x1eUser-agent: GPTBot\nDisallow: /*.mp3$\nAllow: /music/",
    b"/%62?a=%2F\x1eUser-agent: *\nDisallow: /b*?\nDisallow:",
)  # fmt: skip


def check(data: bytes) -> None:
    """One meaning, however it is written."""
    path, text = split(data, 2)
    robots = read(text)
    for token in ("GPTBot", "Else"):
        decision = decide(robots, token, path)
        assert decision.allowed == allowed(robots, token, path)
        if decision.rule is not None:
            assert decision.allowed == (decision.rule.name == "allow")
        lines = text.splitlines()
        same = read(b"\r\n".join(lines) + b"\r\n# the end\r\n")
        assert decide(same, token.upper(), path).allowed == decision.allowed
        assert allowed(robots, token, "/robots.txt")
