"""Credentials in a request that the site itself checks: present or not, never whether they are right.

Authorization (RFC 9110, 11.6.2), and the Subsonic API's parameters `u` with `p` or `t` and `s`, or
`apiKey`, in the query or in a form that is posted. Cookies are none: everybody has some.

What is present proves nothing; a static site answers 200 to any password. Only the site's own answers
show that it checks them: see `fronts/checked_paths.py`.
"""

from __future__ import annotations

import re

from stagedoor.model.facts import Credentials

_SUBSONIC = re.compile(r"/rest/[A-Za-z0-9]+(?:\.view)?\Z")
_GUARDS_OWN = "license"
"""The scheme by which a client shows a licence to the guard (RSL); the site checks no such thing."""
_FORM = "application/x-www-form-urlencoded"
SECRETS = frozenset({"u", "p", "t", "s", "apiKey"})
"""Subsonic's parameters that say who asks (subsonic.org/pages/api.jsp; OpenSubsonic's apiKey)."""

_FAILED = re.compile(
    rb"<subsonic-response[^>]{0,400}\bstatus\s*=\s*[\"']failed|"
    rb"\"subsonic-response\"\s*:\s*\{(?:[^{}]|\{[^{}]{0,400}\}){0,400}?\"status\"\s*:\s*\"failed"
)
"""Some servers sort the names in an object, so that the error stands before the status."""
_OK = re.compile(
    rb"<subsonic-response[^>]{0,400}\bstatus\s*=\s*[\"']ok[\"']|"
    rb"\"subsonic-response\"\s*:\s*\{(?:[^{}]|\{[^{}]{0,400}\}){0,400}?\"status\"\s*:\s*\"ok\""
)
_WORDS = re.compile(
    r"\s*(?:text/|application/(?:[\w.-]+\+)?(?:json|xml|javascript|x-javascript)\b)", re.IGNORECASE
)
_CODE = re.compile(rb"<error[^>]{0,400}\bcode\s*=\s*[\"'](\d{1,3})|\"code\"\s*:\s*\"?(\d{1,3})")
_NOT_LET_IN = frozenset({b"10", b"40", b"41", b"42", b"43", b"44"})
"""Error codes about who asks: a parameter that is missing, a wrong password, a way of saying it that is
not supported, an invalid key."""
ANSWER = 2048
"""Octets of a Subsonic answer in which it has said whether it failed."""


def present(method: str, target: str, authorization: str, content_type: str) -> Credentials:
    """`sent` where a request carries credentials of the site's own, else `none`."""
    scheme = authorization.strip().partition(" ")[0].lower()
    if scheme and scheme != _GUARDS_OWN:
        return "sent"
    if not is_subsonic(target):
        return "none"
    if method == "POST" and content_type.partition(";")[0].strip().lower() == _FORM:
        return "sent"  # its body is not read here; the site's answer shows whether they were in it
    names = {name for name, value in _pairs(target) if value}
    said = "apiKey" in names or ("u" in names and ("p" in names or {"t", "s"} <= names))
    return "sent" if said else "none"


def is_subsonic(target: str) -> bool:
    """Whether a request target is a call of the Subsonic API, wherever it is mounted."""
    return "/rest/" in target and _SUBSONIC.search(target.partition("?")[0]) is not None


def without(target: str) -> str:
    """The same call without its credentials."""
    path, _, _ = target.partition("?")
    kept = [f"{name}={value}" for name, value in _pairs(target) if name not in SECRETS]
    return f"{path}?{'&'.join(kept)}" if kept else path


def failed(start: bytes) -> bool:
    """Whether a Subsonic answer, which has the status 200, says that the call has failed."""
    return _FAILED.search(start[:ANSWER]) is not None


def said_yes(start: bytes, content_type: str) -> bool:
    """Whether an answer with the status 200 shows that the call was good: media do, and what is text
    only where it says so. Where a client chooses how long its beginning is (JSONP), it may say nothing.
    """
    if not _WORDS.match(content_type):
        return not failed(start)
    return _OK.search(start[:ANSWER]) is not None


def says_nothing(start: bytes, content_type: str) -> bool:
    """Whether it is text that does not come to what a Subsonic answer begins with."""
    return _WORDS.match(content_type) is not None and b"subsonic-response" not in start[:ANSWER]


def not_let_in(start: bytes) -> bool:
    """Whether it says that this was because of who asked."""
    if not failed(start):
        return False
    found = _CODE.search(start[:ANSWER])
    return found is not None and (found[1] or found[2]) in _NOT_LET_IN


def _pairs(target: str) -> list[tuple[str, str]]:
    query = target.partition("?")[2]
    return [(name, value) for name, _, value in (part.partition("=") for part in query.split("&"))]
