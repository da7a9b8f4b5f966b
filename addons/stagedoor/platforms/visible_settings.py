"""What a settings page shows: the state of a switch beside the words that name it. Pure.

Only the state is read, never anything around it, and nothing is switched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from stagedoor.platforms.clutter import selected
from stagedoor.platforms.extraction import tree_of
from stagedoor.platforms.normal_text import plain
from stagedoor.platforms.profiles import Setting, State

_SWITCHES = "input[type=checkbox], [role=switch], [role=checkbox], input[type=radio][checked]"
_ON = frozenset({"true", "on", "yes", "checked", "1"})
_OFF = frozenset({"false", "off", "no", "0"})
_NEAR = 4
"""Elements upwards from the words in which their switch is looked for."""


def visible(data: bytes, charset: str, settings: Iterable[Setting]) -> dict[str, State]:
    """The settings that the page shows, by name; what it does not show is left out."""
    tree = tree_of(data, charset)
    if tree is None:
        return {}
    found: dict[str, State] = {}
    for setting in settings:
        states = {state for state in _states(tree, plain(setting.label)) if state}
        if len(states) == 1:  # two that differ: it is not clear which is meant
            found[setting.name] = states.pop()
    return found


def _states(tree: etree._Element, label: str) -> Iterator[State | None]:
    for node in tree.iter():
        if not isinstance(node.tag, str) or node.tag in {"script", "style", "head", "title"}:
            continue
        own = plain(" ".join([node.text or "", *(child.tail or "" for child in node)]))
        named = plain(node.get("aria-label") or "")
        if label not in own and label != named:
            continue
        around: etree._Element | None = node
        for _ in range(_NEAR):
            if around is None or around.tag in {"body", "html"}:
                break
            switches = selected(around, _SWITCHES)
            if switches:
                if len(switches) == 1:
                    yield _state(switches[0])
                break
            around = around.getparent()


def _state(switch: etree._Element) -> State | None:
    said = (switch.get("aria-checked") or "").lower()
    if said in _ON:
        return "on"
    if said in _OFF:
        return "off"
    if switch.tag == "input":
        if switch.get("type") == "radio":
            value = (switch.get("value") or "").lower()
            return "on" if value in _ON else "off" if value in _OFF else None
        return "on" if switch.get("checked") is not None else "off"
    return None
