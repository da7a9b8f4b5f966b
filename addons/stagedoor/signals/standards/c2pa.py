"""Content credentials: the training and data mining assertion inside an audio file.

CAWG's `cawg.training-mining` 1.1, and C2PA's own `c2pa.training-mining` before it. What is read here
is the report that c2pa-python makes of a file; `stagedoor.load.credentials` asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from stagedoor.signals.meaning import Answer, Said, Statement, Use
from stagedoor.signals.standard import Standard

_LABEL = re.compile(r"(?:cawg|c2pa)\.training-mining(?:\.v[0-9]+)?(?:__[0-9]+)?")
_SPACES = frozenset({"cawg", "c2pa"})
_USES: dict[str, Use] = {
    "data_mining": "train",
    "ai_training": "train",
    "ai_generative_training": "train",
    "ai_inference": "input",
}
"""Mining covers training, as in TDMRep."""
_TRAINING = {"ai_generative_training": "training of generative models", "ai_training": "training"}
"""The two kinds of training that CAWG 1.1 tells apart. A crawler does not say which it comes for, so
one that is refused refuses both; where they differ, an audit shows them apart."""
_ANSWERS: dict[str, Answer] = {"allowed": "yes", "notAllowed": "no", "constrained": "no"}
"""On conditions means not as things stand; without details the standard says so itself."""
_HOLDS = frozenset({"Valid", "Trusted"})
"""Validation states in which file and credentials belong together; `Trusted` also knows the signer."""


def read(report: str | bytes) -> Statement | None:
    """What the active manifest says, in c2pa-python's JSON report; None where it says nothing.

    Where the credentials do not fit the file they are quoted, and count for nothing.
    """
    try:
        found = orjson.loads(report)
    except orjson.JSONDecodeError:
        return None
    entries = list(_entries(found))
    if not entries:
        return None
    state = str(found.get("validation_state"))
    text = "\n".join([f"{key}: {use}" for key, use in entries] + [f"({state})"])
    answers: dict[str, Answer] = {}
    for key, use in entries if state in _HOLDS else ():
        meant = _USES[key.partition(".")[2]]
        if answers.get(meant) != "no":
            answers[meant] = _ANSWERS[use]
    return Statement("c2pa", "file", Said(**answers), text)


def _entries(report: object) -> Iterator[tuple[str, str]]:
    """Key and use of each entry that is understood."""
    match report:
        case {"active_manifest": str(active), "manifests": {**manifests}}:
            manifest = manifests.get(active)
        case _:
            return
    assertions = manifest.get("assertions") if isinstance(manifest, dict) else None
    for assertion in assertions if isinstance(assertions, list) else ():
        match assertion:
            case {"label": str(label), "data": {"entries": dict(entries)}}:
                yield from _understood(entries) if _LABEL.fullmatch(label) else ()


def _understood(entries: dict[str, object]) -> Iterator[tuple[str, str]]:
    for key, entry in entries.items():
        space, _, name = key.partition(".")
        match entry:
            case {"use": str(use)} if space in _SPACES and name in _USES and use in _ANSWERS:
                yield key, use


def limits(statement: Statement) -> Iterator[str]:
    """Both kinds of training, where the credentials answer them differently or one alone."""
    entries = (line.partition(": ") for line in statement.text.splitlines())
    uses = {key.rpartition(".")[2]: use for key, _, use in entries}
    found = {name: uses[name] for name in _TRAINING if name in uses}
    if not found or not statement.said.train or (len(found) == 2 and len({*found.values()}) == 1):
        return
    said = [f"{_TRAINING[name]}: {found.get(name, 'not said')}" for name in _TRAINING]
    yield (
        f"the credentials tell two kinds of training apart ({'; '.join(said)}). Crawlers do not, "
        "so the stricter counts."
    )


STANDARD = Standard(
    name="c2pa",
    title="content credentials",
    caption="the training and data mining assertion of C2PA and CAWG",
    refusal=lambda _use: '"notAllowed" in new credentials',
    limits=limits,
    in_audio=True,
    option="--credentials",
)
