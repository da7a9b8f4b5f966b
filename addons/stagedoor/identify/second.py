"""The second look: what our own catalogue takes for a browser, or does not know at all.

Five shelves of expressions are held against such a user agent, surest first, and each is guarded by
what speaks for a person (`signs.py`):

    listed     patterns of crawler-user-agents, without those that hit people    always count
    further    patterns of CrawlerDetect, likewise, as whole words               not for listeners
    sure       signs that nobody but a robot shows                               likewise
    signs      by which robots give themselves away, whoever they are            nor in old costumes
    words      of their trade                                                    nor on devices

Whoever is found so is a `robot`: pages yes, recordings as the stance says.

RE2 matches all of it in one pass and in linear time. It takes up to a millisecond for a kind of
user agent it has never seen and microseconds afterwards; the Matcher asks only for those it has to,
and keeps the answers in its own cache.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import re2

from stagedoor.facts import Client, Purpose
from stagedoor.identify.signs import (
    COSTUMES,
    DEVICES,
    LISTENERS,
    SIGNS,
    SURE,
    WORDS,
    Table,
)

LOOKED_AT: frozenset[Purpose] = frozenset({"browser", "unknown"})
"""The purposes with which a client is looked at a second time."""

MAX_MEMORY = 32 << 20
"""Bytes for RE2's automaton: what 1,500 patterns need and the states of many thousand agents."""

LEFT_OUT: tuple[str, ...] = (
    # Apps and readers with which people listen.
    *("Overcast", "Podimo", "PocketCasts", "NewsBlur", "Iframely", "IFTTT", "AppEngine-Google"),
    *("okhttp", "BTWebClient", "Fever", "FeedFlow"),
    # Pages shown inside apps, and browsers: the names stand in people's agents too.
    *("WhatsApp", "Viber", "MetaIAB", "Bluesky\\/", "Goodreads", "PayPal", "NING", "Tweakers"),
    *("CapitalOneShopping", "Grammarly", "Chrome Privacy Preserving", "Sogou", "Silk\\/", "Fluid"),
    *("RED\\/", "speedy", "Teoma", "Chirp|"),
    *("Code\\/", "Trae", "Hotjar", "Blackboard", "GoogleDocs", "Known Agent"),
    # Phones, builds of Android and plain words.
    *("AP3A", "Sonic", "Butterfly", "Expanse", "008", "Charlotte", "Adventurer", "Magellan"),
    *("Hello World", "Optimizer", "Fetch", "Splunk", "Nuzzel", "Digg"),
)
"""Beginnings of crawler-user-agents' patterns (after `^`) that are not taken, because people's
clients match them."""

FURTHER_LEFT_OUT: tuple[str, ...] = (
    "[a-z0-9\\-_]*(bot",  # its words of the trade, also inside other words; `signs.WORDS` are ours
    "Yandex(?!",  # not for RE2, and Yandex has a file in the catalogue
    # Apps, players and readers, and what they are built on.
    *("PodcastAddict", "WinPodder", "RadioPublic", "Google-Podcast", "LibVLC", "Lavf", "RMA\\/"),
    *("RealPlayer", "dBpoweramp", "Recorder", "okhttp", "Dart\\/", "HttpUrlConnection", "gvfs"),
    *("AndroidDownloadManager", "Java\\/", "Telesphore", "NetworkingExtension", "Wallpapers"),
    *(
        "BazQux",
        "Bloglines",
        "Bloglovin",
        "Blogtrottr",
        "BlogBridge",
        "CommaFeed",
        "Feed",
        "feeder",
    ),
    *("Fever", "Fiery", "FreshRSS", "Gofeed", "GreatNews", "Gregarius", "Instapaper", "intraVnews"),
    *(
        "Liferea",
        "MagentaNews",
        "MagpieRSS",
        "Miniflux",
        "Morning Paper",
        "NetNewsWire",
        "NewsGator",
    ),
    *("newsme", "Netvibes", "Nuzzel", "Open Source RSS", "ownCloud", "page2rss", "Plagger"),
    *("Protopage", "Pump", "QuiteRSS", "Reeder", "RSSOwl", "RSSMix", "SimplePie", "Snarfer"),
    *("Sottopop", "Specificfeeds", "Syndirella", "Tiny Tiny", "UniversalFeed", "Windows-RSS"),
    *(
        "AppleSyndication",
        "acrylicapps",
        "endo\\/",
        "Bandit",
        "Demon",
        "Buddy",
        "Digg",
        "FlipboardRSS",
    ),
    # Mail, messages and offices, in which links are opened.
    *("Airmail", "Canary", "Polymail", "Mail\\/", "MacOutlook", "Outlook", "Microsoft Office"),
    *("Microsoft Outlook", "Microsoft Data", "Microsoft-WebDAV", "DavClnt", "Word\\/", "Excel\\/"),
    *("PowerPoint", "InDesign", "Mindjet", "Apache OpenOffice", "URL\\/Emacs", "Asana", "Slack"),
    *(
        "mattermost",
        "WhatsApp",
        "GoogleMessages",
        "MailChimp",
        "Mail\\.Ru",
        "twibble",
        "chatterino",
    ),
    *(
        "Zapier",
        "dlvr",
        "Iframely",
        "AppEngine-Google",
        "Grammarly",
        "GoSpotCheck",
        "github",
        "git\\/",
    ),
    # Downloaders: fans use them, too.
    *("FDM ", "FlashGet", "GetRight", "Go!Zilla", "GoZilla", "JetCar", "LeechGet", "NetAnts"),
    *("ReGet", "RealDownload", "SmartDownload", "QQDownload", "Download Wonder", "Mass Down"),
    # Browsers, what is built into them, telephones, and plain words in their names.
    *("StumbleUpon", "PeoplePal", "SiteBar", "teoma", "lycos", "voyager", "Webster", "libwww"),
    *(
        "Dolphin",
        "DMBrowser",
        "Genieo",
        "MSFrontPage",
        "FavOrg",
        "Turingos",
        "SpaceBison",
        "Screaming",
    ),
    *("acebookexternalhit", "DTS Agent", "webmon", "x22", "x09", "cmcm", "terrainformatica"),
    *("008", "Astute", "Octopus", "OPPO", "speedy", "Zeus", "Zoom", "Snake", "Anemone", "updated"),
    *(
        "Mojeek",
        "Integrity",
        "Observatory",
        "Optimizer",
        "PTST",
        "link-check",
        "MVAClient",
        "Twice",
    ),
    *(
        "Hloader",
        "MovableType",
        "Go-Ahead",
        "RPT-HTTP",
        "POE-",
        "Fetch\\/",
        "WordPress\\/",
        "Photon",
    ),
)
"""The same for CrawlerDetect's patterns."""

TAGS_LEFT_OUT = frozenset({"feed-reader", "http-library", "browser-automation"})
"""Kinds of patterns that are not taken: our own catalogue knows the scripts, readers are people."""


class Second:
    """Looks at a user agent once more; `None` where nothing is wrong with it.

    `listed` are patterns as crawler-user-agents has them, `further` as CrawlerDetect has them.
    """

    def __init__(self, listed: Iterable[str] = (), further: Iterable[str] = ()) -> None:
        self.refused: list[str] = []
        """Patterns that RE2 does not take."""
        self._set = re2.Set.SearchSet(_options())
        shelves: tuple[tuple[Table, str], ...] = (
            ([(p, p) for p in _longest_first(listed) if not left_out(p)], ""),
            (
                [
                    (p, anywhere(p))
                    for p in _longest_first(further)
                    if not left_out(p, FURTHER_LEFT_OUT)
                ],
                LISTENERS,
            ),
            (SURE, ""),
            (SIGNS, COSTUMES),
            (WORDS, DEVICES),
        )
        labels: list[str] = []
        begins = []
        for rows, _ in shelves:
            begins.append(len(labels))
            labels += self._add(rows)
        self._set.Compile()
        self.patterns = begins[2]
        """How many of the lists' patterns are looked for; the signs stand behind them."""
        self._names = tuple(
            named(label) if number < self.patterns else f"Unlisted robot ({label})"
            for number, label in enumerate(labels)
        )
        self._guards = tuple(
            (begin, re2.compile(guard.encode(), _options()))
            for begin, (_, guard) in zip(begins, shelves, strict=True)
            if guard
        )

    def __call__(self, agent: str) -> Client | None:
        """The robot that `agent` (one character a byte) belongs to."""
        text = agent.encode("latin-1", "replace")
        found = self._set.Match(text)
        if not found:
            return None
        first = min(found)  # the surest: the guards only grow from here on
        if any(first >= begin and guard.search(text) for begin, guard in self._guards):
            return None
        return Client(self._names[first], "", "robot")

    def _add(self, shelf: Table) -> list[str]:
        """What the expressions are called that RE2 takes; the others are put down as refused."""
        labels = []
        for label, expression in shelf:
            try:
                self._set.Add(expression.encode("latin-1"))
            except (re2.error, UnicodeEncodeError):
                self.refused.append(label)
            else:
                labels.append(label)
        return labels


def _longest_first(patterns: Iterable[str]) -> Sequence[str]:
    return sorted(set(patterns), key=lambda pattern: (-len(pattern), pattern))


def anywhere(pattern: str) -> str:
    """CrawlerDetect's `pattern`, as it is meant: letters of either case, and as a word's beginning.

    What begins with a letter or a digit may not stand inside a word: `NYU` is in "TIANYU".
    """
    return rf"(?i)\b(?:{pattern})" if pattern[:1].isalnum() else rf"(?i)(?:{pattern})"


def left_out(pattern: str, beginnings: tuple[str, ...] = LEFT_OUT) -> bool:
    """Whether people's clients would match `pattern`."""
    return pattern.lstrip("^(?:| )").startswith(beginnings)


def named(pattern: str) -> str:
    """A short name for what `pattern` finds: `[cC]ludo` → `Cludo`."""
    plain = re.sub(r"\[[^\]]*?([^\]])\]", r"\1", pattern)
    plain = re.sub(r"\\[a-zA-Z]|\([^)]*\)", " ", plain)
    plain = re.sub(r"[\\^$*?+|()]", "", plain).strip(" /.-:;")
    return plain[:60] or pattern[:60]


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    return options
