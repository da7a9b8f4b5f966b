"""ai.txt: signals/standards/ai_txt.py."""

from __future__ import annotations

from stagedoor.signals.standards import ai_txt
from tools.fuzz.parts import split

SEEDS = (
    b"/a.mp3\x1eUser-Agent: *\nDisallow: *.mp3\nAllow: /a", b"/\x1e\xef\xbb\xbfuser-agent:x\ruser-agent:y\rallow: $",
)  # fmt: skip


def check(data: bytes) -> None:
    """One statement an agent, and yes or no."""
    path, text = split(data, 2)
    found = ai_txt.read(text, path.decode("latin-1"))
    assert len({one.agent.lower() for one in found}) == len(found)
    assert all(one.said.train in {"yes", "no"} for one in found)
