"""Browsers, as their user agent describes them, to compare the rest of a request with.

Only agents in exactly the form that Chrome, Edge, Opera and Firefox send are read. Everything else
(apps with a page inside, privacy browsers that write their own name, browsers of televisions, every
browser on iOS, where all are Safari underneath) is left alone: too little is known about what their
requests look like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from stagedoor.identify.tls_families import Engine

System = Literal["windows", "mac", "linux", "android", ""]
MAX_READ = 400
"""Characters. The forms below never come near it."""

_CHROMIUM = re.compile(
    r"Mozilla/5\.0 \(([^()]*)\) AppleWebKit/537\.36 \(KHTML, like Gecko\) "
    r"Chrome/(\d{1,4})\.(\d{1,5})\.(\d{1,5})\.(\d{1,5})(?: Mobile)? Safari/537\.36"
    r"(?: (?:Edg|EdgA|OPR)/[\d.]+)?",
    re.ASCII,
)
_FIREFOX = re.compile(
    r"Mozilla/5\.0 \(([^()]*); rv:(\d{1,4})\.(\d{1,3})\) Gecko/[\d.]+ Firefox/(\d{1,4})\.(\d{1,3})",
    re.ASCII,
)
_SYSTEMS: tuple[tuple[str, System], ...] = (
    ("Android", "android"),
    ("Windows NT", "windows"),
    ("Macintosh", "mac"),
    ("X11", "linux"),
)

_BUILDS = dict(
    enumerate(
        (
            *(2623, 2661, 2704, 2743, 2785, 2840, 2883, 2924, 2987, 3029, 3071),  # 49 …
            *(3112, 3163, 3202, 3239, 3282, 3325, 3359, 3396, 3440, 3497),  # 60 …
            *(3538, 3578, 3626, 3683, 3729, 3770, 3809, 3865, 3904, 3945),  # 70 …
            *(3987, 4044, 4085, 4103, 4147, 4183, 4240, 4280, 4324, 4389),  # 80 … (82 was given up)
            *(4430, 4472, 4515, 4577, 4606, 4638, 4664, 4692, 4758, 4844),  # 90 …
            *(4896, 4951, 5005, 5060, 5112, 5195, 5249, 5304, 5359, 5414),  # 100 …
            *(5481, 5563, 5615, 5672, 5735, 5790, 5845, 5938, 5993, 6045),  # 110 …
            *(6099, 6167, 6261, 6312, 6367, 6422, 6478, 6533, 6613, 6668),  # 120 …
            *(6723, 6778, 6834, 6943, 6998, 7049, 7103, 7151, 7204, 7258),  # 130 …
            *(7339, 7390, 7444),  # 140 …
        ),
        start=49,
    )
)
"""The build number of each major version of Chrome, as its stable branch carries it. Checked against
the 33,966 builds that @ulixee/real-user-agents 2.0.0-alpha.34 lists: none of them is impossible."""


_NOT_YET = 260
"""No major version of Chrome or Firefox comes near it before 2034: both had thirteen a year, and
stood at 156 and 153 at the end of 2026."""


@dataclass(frozen=True, slots=True)
class Browser:
    """What an agent says: whose engine, which major version, on what."""

    engine: Engine
    major: int
    system: System
    possible: bool = True
    """Whether such a build can have existed."""


@lru_cache(maxsize=4096)
def read_browser(agent: str) -> Browser | None:
    """The browser that `agent` says it is; None for everything not exactly in the known forms."""
    if len(agent) > MAX_READ:
        return None
    if found := _CHROMIUM.fullmatch(agent):
        major, minor, build, patch = map(int, found.groups()[1:])
        made_up = major >= _NOT_YET and not build and not patch
        possible = not made_up and could_be(major, minor, build, patch)
        return Browser("chromium", major, _system(found[1]), possible)
    if found := _FIREFOX.fullmatch(agent):
        rv, rv_minor, major, minor = map(int, found.groups()[1:])
        possible = firefox_could_be(major, minor, rv, rv_minor)
        return Browser("firefox", major, _system(found[1]), possible)
    return None


def could_be(major: int, minor: int, build: int, patch: int) -> bool:
    """Whether a version of Chrome with these numbers can have existed; in doubt, it can.

    The minor version has been 0 since Chrome 5. A build of version M was made after M−1 was
    branched off and at the latest on M's own branch, so its number lies between the two (78.0.3905.1
    went one too far); canary and developer versions, too. Since version 101 browsers say 0.0.0 to give away less: always possible.
    """
    if major > 9 and minor:
        return False
    if not build and not patch:
        return True
    before, own = _BUILDS.get(major - 1), _BUILDS.get(major)
    return before is None or own is None or before < build <= own + 1


def firefox_could_be(major: int, minor: int, rv: int, rv_minor: int) -> bool:
    """Whether a Firefox with these numbers can have existed; in doubt, it can.

    It says its version twice, as `rv:` and as its own. From 110 to 119 the first stood still at 109,
    because other programs took `rv:11` for Internet Explorer. Since version 5 it says no minor
    version but for the few that had one (x.0.1 and so on were never said; ESR says .0, too).
    """
    if major >= _NOT_YET:
        return False
    if (rv, rv_minor) == (109, 0) and 110 <= major <= 119:
        return True
    return major < 10 or (rv == major and minor == rv_minor)


def _system(platform: str) -> System:
    return next((name for word, name in _SYSTEMS if word in platform), "")
