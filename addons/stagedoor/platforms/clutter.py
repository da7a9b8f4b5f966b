"""What stands inside a text and is none of it: menus, banners about cookies, who is logged in. Pure.

What is folded away (`hidden`, panels of an accordion) is text all the same: a clause that has to be
clicked open counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector

_NEVER = (
    "script, style, noscript, template:not([shadowrootmode]), nav, header nav, footer, input, "
    "select, svg, iframe, object, dialog, textarea:not([readonly]):not([disabled]), [role=dialog], "
    "[role=alertdialog], [role=navigation], [role=banner], [role=contentinfo], [role=search]"
)
_FEW_WORDS = {
    "aside, button, textarea, [hidden], [aria-hidden=true]": 10,
    # Whole pages stand in a form, too; a short one is for typing.
    "form": 60,
}
"""No text where they have fewer words than these, or are mostly links."""
_BANNER = re.compile(
    r"(?:cookie|consent|gdpr|cmp|onetrust|usercentrics|didomi|truste|osano|klaro)[\w-]*"
    r"(?:banner|bar|popup|pop-up|modal|overlay|wall|prompt|toast|sdk|layer|notice|message|box|dialog)",
    re.IGNORECASE,
)
_ABOUT_COOKIES = re.compile(r"cookie|consent", re.IGNORECASE)
_COOKIES = re.compile(r"cookie|galleta", re.IGNORECASE)
_AGREED = re.compile(
    r"^\W*(?:i |ich |j'|yes, ?|ok, ?)?(?:accept|agree|allow|got it|ok|reject|decline|akzeptier|zustimm|"
    r"stimme zu|ablehn|alle akzept|accepter|accepte|refuser|tout accepter|aceptar|acepto|rechazar)",
    re.IGNORECASE,
)
_MOST_OF_A_BANNER = 120
"""Words; a policy about cookies has more."""
_UPWARDS = 5


def clutter(element: etree._Element, remove: Sequence[str]) -> set[etree._Element]:
    """The elements below `element` that are left out; `remove` are selectors of the profile."""
    taken = {one for css in (_NEVER, *remove) for one in selected(element, css)}
    for css, fewest in _FEW_WORDS.items():
        taken |= {one for one in selected(element, css) if not _is_text(one, fewest)}
    taken |= set(_banners(element))
    taken |= {one for one in element.iter("sup") if not re.search(r"[^\W\d]", _text(one))}
    taken.discard(element)
    return taken


def selected(tree: etree._Element, css: str) -> list[etree._Element]:
    """The elements of a selector; none where it cannot be understood."""
    try:
        return list(_compiled(css)(tree))
    except SelectorError:
        return []


@cache
def _compiled(css: str) -> CSSSelector:
    return CSSSelector(css, translator="html")


def _text(element: etree._Element) -> str:
    return " ".join(element.itertext())


def _is_text(element: etree._Element, fewest: int) -> bool:
    words = len(_text(element).split())
    linked = sum(len(_text(link).split()) for link in element.iter("a"))
    return words >= fewest and linked * 2 < words


def _banners(element: etree._Element) -> Iterator[etree._Element]:
    """Banners about cookies: by their names, or by their button beside the word."""
    for one in element.iter():
        if not isinstance(one.tag, str) or one is element:
            continue
        names = " ".join(one.get(name) or "" for name in ("id", "class", "data-testid"))
        label = one.get("aria-label") or ""
        if (_BANNER.search(names) or (label and _ABOUT_COOKIES.search(label))) and _short(one):
            yield one
        elif one.tag in {"button", "a"} or one.get("role") == "button":
            words = _text(one)
            if len(words.split()) <= 4 and _AGREED.match(words):
                yield from _around(one, element)


def _around(button: etree._Element, whole: etree._Element) -> Iterator[etree._Element]:
    above = button.getparent()
    for _ in range(_UPWARDS):
        if above is None or above is whole or not _short(above):
            return
        if _COOKIES.search(_text(above)):
            yield above
            return
        above = above.getparent()


def _short(element: etree._Element) -> bool:
    return len(_text(element).split()) < _MOST_OF_A_BANNER
