"""Rule sets by the hundred, for properties that must hold of all of them."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import strategies as st

from making import FIREFOX, GOOGLEBOT, GPTBOT, OVERCAST, REQUESTS

AGENTS = (GPTBOT, FIREFOX, OVERCAST, REQUESTS, GOOGLEBOT, "Zorbulon/2 (Windows 98)", "")
PATHS = ("/", "/music/a.mp3", "/music/b/c.flac", "/feed.xml", "/about", "/robots.txt", "/img/x.png")

LEAVES: tuple[dict[str, Any], ...] = (
    {"client.purpose": ["ai-training", "search"]},
    {"client.purpose": "browser"},
    {"client.name": ["Overcast", "unknown"]},
    {"client.operator": "OpenAI"},
    {"client.proof": "unverified"},
    {"resource": "audio"},
    {"resource": ["page", "feed"]},
    {"request.path": "/music/**"},
    {"request.path": ["/about", {"re": "[.]flac$"}]},
    {"request.method": "GET"},
    {"request.address": "198.51.100.0/24"},
    {"request.address": "192.0.2.0/24"},
    {"request.agent": "*windows 98*"},
    {"request.agent": {"re": "^Mozilla"}},
    {"request.header.cookie": {"present": "yes"}},
    {"behaviour.requests_last_minute": {"over": 10}},
)
blocks: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)
thens = st.sampled_from(
    [
        "allow",
        "log",
        "block",
        {"delay": "1s"},
        {"throttle": {"requests": 3, "per": "1m"}},
        {"throttle": {"retry_after": "5m"}},
    ]
)
written = st.lists(st.tuples(blocks, thens, st.booleans()), min_size=1, max_size=8)


def rule_file(rows: list[Any]) -> str:
    """The file with these rules (JSON is YAML)."""
    return orjson.dumps(
        [
            {"id": f"r{n}", "title": "T", "when": when, "then": then, "observe": observe}
            for n, (when, then, observe) in enumerate(rows)
        ]
    ).decode()
