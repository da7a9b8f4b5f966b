"""Spawning's /ai.txt: the grammar of robots.txt over file name extensions, about training.

Dormant, still published by many. As in robots.txt, the longest pattern wins, and Allow wins a tie.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stagedoor.signals.meaning import Answer, Said, Statement
from stagedoor.signals.patterns import matches, pattern, requested
from stagedoor.signals.standard import Document, Files, Message, Standard, Switch

FILE = "/ai.txt"
_LIMIT = 512_000
"""Octets that are read; what robots.txt asks a parser for, RFC 9309, 2.5."""

AUDIO = (
    *("aac", "aiff", "amr", "flac", "m4a", "mp3", "oga", "opus", "wav", "wma"),
    *("ogg", "webm"),
)
"""Extensions that are written: those of Spawning's own generator, and two it forgot."""

_LINE = re.compile(r"\r\n?|\n")
_RULES: dict[str, Answer] = {"disallow": "no", "allow": "yes"}

_Best = tuple[int, Answer, str]
"""Length of a pattern, what it says, the line it stands in."""


def read(data: bytes, path: str) -> tuple[Statement, ...]:
    """What the file says about `path`: one statement for each agent with a rule that matches."""
    path = requested(path)
    best: dict[str, tuple[str, _Best]] = {}
    for agents, rules in _groups(data[:_LIMIT].decode("utf-8-sig", "replace")):
        of_group = _best(rules, path)
        for agent in agents:
            known = best.get(agent.lower())
            if of_group and (known is None or of_group[:2] > known[1][:2]):
                best[agent.lower()] = (agent, of_group)
    return tuple(
        Statement("ai.txt", FILE, Said(train=answer), f"User-Agent: {agent}\n{line}", agent)
        for agent, (_, answer, line) in best.values()
    )


def _groups(text: str) -> list[tuple[list[str], list[tuple[str, str]]]]:
    groups: list[tuple[list[str], list[tuple[str, str]]]] = []
    for line in _LINE.split(text):
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if colon and name == "user-agent":
            if not groups or groups[-1][1]:
                groups.append(([], []))
            groups[-1][0].append(value)
        elif colon and name in _RULES and groups:
            groups[-1][1].append((name, value))
    return groups


def _best(rules: Sequence[tuple[str, str]], path: str) -> _Best | None:
    found = [
        (len(written), _RULES[name], f"{name.capitalize()}: {written}")
        for name, written in rules
        if written and matches(pattern(written), path)
    ]
    # "yes" sorts behind "no": at the same length Allow wins.
    return max(found, default=None)


def write(train: Answer, *, extensions: Sequence[str] = AUDIO) -> str:
    """The file: audio is disallowed to all where training is refused, and allowed where it is not."""
    rule = "Disallow" if train == "no" else "Allow"
    lines = ["User-Agent: *", *(f"{rule}: *.{extension}" for extension in extensions)]
    return "\n".join(lines) + "\n"


# -- the standard ----------------------------------------------------------------------------------


def _files(message: Message) -> dict[str, Document]:
    """Only a refusal is written: where training is allowed, nobody need read it here."""
    if message.train != "no":
        return {}
    return {FILE: Document("text/plain; charset=utf-8", write(message.train).encode())}


STANDARD = Standard(
    name="ai.txt",
    title="ai.txt",
    caption="Spawning's ai.txt: training, by the extension of the file",
    switch=Switch("ai_txt", "ai.txt, for audio"),
    files=Files(
        write=_files,
        asked=(FILE,),
        read=lambda data, _at, path: read(data, path),
        what_for={FILE: "no training on your recordings, for those who read ai.txt"},
    ),
    refusal=lambda _use: "Disallow instead of Allow",
    own_group=True,
)
