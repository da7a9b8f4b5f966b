"""Captions that editors show for each word of the files people write: one line, for musicians.

The types say what may stand where; here is what it is for. `tests/rules/test_json_schema.py` holds this
to the types: every field has a line, and every line a field.
"""

from __future__ import annotations

from collections.abc import Mapping

from stagedoor.config import offers, stance
from stagedoor.config.schema import Model
from stagedoor.identify import catalogue, referrers, tls_families
from stagedoor.model import actions
from stagedoor.model.actions import Takes
from stagedoor.model.facts import (
    ChallengeStanding,
    Credentials,
    Form,
    Kind,
    LicenceStanding,
    Mode,
    PassStanding,
    Proof,
    Purpose,
    SentFrom,
)
from stagedoor.resources import site_profiles
from stagedoor.rules import rule, written_action, written_case
from stagedoor.rules.fields import HEARD
from stagedoor.signals import registry

ANSWERS: Mapping[str, str] = {
    "yes": "they are let in",
    "log": "they are let in, and it is written down",
    "no": "they are refused",
}
SWITCH: Mapping[str, str] = {"yes": "it is on", "no": "it is off"}
TAKES: Mapping[Takes, str] = {
    "nothing": "",
    "duration": ": 3s, at most a minute",
    "rate": ": {requests: 30, per: 1m}",
    "status": "",
    "work": ": {bits: 14, wait: 5s}",
}
"""What is shown behind the caption of an action, by what it takes."""
PURPOSES: Mapping[Purpose, str] = {
    "ai-training": "gathers data to train models",
    "ai-input": "reads pages to answer a question",
    "ai-search": "indexes pages for a search engine with AI",
    "ai-agent": "browses for a person, by itself",
    "audio-harvester": "collects audio in bulk",
    "transcriber": "turns recordings into text",
    "search": "a search engine",
    "archive": "an archive or a library",
    "seo": "sells reports about websites",
    "social-preview": "makes the little card that appears when a fan shares a link",
    "monitoring": "looks whether a site is up",
    "scanner": "looks for holes in servers",
    "content-id": "looks for recordings on behalf of those who own them",
    "subsonic-client": "a listener's player for Subsonic servers",
    "podcast-app": "a listener's podcast app",
    "feed-reader": "reads feeds for a person",
    "cast-device": "a loudspeaker or a television",
    "music-player": "a listener's player",
    "robot": "says that it is a machine, and is in no list",
    "headless": "a browser without a screen",
    "downloader": "yt-dlp, wget, curl and the like: fans use them too",
    "http-library": "a script without a name of its own",
    "browser": "a person's browser",
    "unknown": "gives no name, or one that nobody knows",
}
KINDS: Mapping[Kind, str] = {
    "signal": "robots.txt and its like: what says who may do what; never refused",
    "audio": "a recording, a stream, a film of a concert",
    "playlist": "a list of recordings, also HLS and DASH",
    "feed": "RSS, Atom, podcasts",
    "download": "recordings in one piece: a zip, a torrent and the like",
    "page": "a page of the site",
    "image": "a picture",
    "asset": "what pages are made with: styles, scripts, fonts",
    "api": "an interface for programs, such as Subsonic's",
    "other": "everything else",
}
FORMS: Mapping[Form, str] = {
    "live": "a stream without an end",
    "bought": "a download that a shop hands out for a purchase",
}
LICENCES: Mapping[LicenceStanding, str] = {
    "none": "it shows none",
    "valid": "it was granted for what is asked for, and is in force",
    "unknown": "nobody has granted it",
    "asked": "the licence server is being asked",
    "expired": "its time is over",
    "revoked": "it was taken back",
    "unsigned": "it is bound to a signature, which is missing",
    "other-path": "it was granted for other paths",
    "other-use": "it was granted for other uses",
}
PROOFS: Mapping[Proof, str] = {
    "verified": "it is provably who it says",
    "unverified": "nobody can tell",
    "spoofed": "it is provably not who it says",
}
CREDENTIALS: Mapping[Credentials, str] = {
    "none": "no login of the site's own",
    "sent": "a login that nobody has checked yet",
    "accepted": "a login that the site has accepted, and it refuses others",
}
PASSES: Mapping[PassStanding, str] = {
    "unneeded": "there it needs none",
    "missing": "it needs one, and shows none",
    "shown": "it shows one that the guard has handed out",
    "bought": "it shows the one of a purchase of these files",
}
CHALLENGES: Mapping[ChallengeStanding, str] = {
    "open": "a page that somebody opens, and no challenge was solved there",
    "solved": "a page that somebody opens, and a challenge was solved there",
    "never": "a player, a feed reader, a script of a page, a login, a proven search engine; no page",
}
SENDERS: Mapping[SentFrom, str] = {
    "own": "a page of the site's own, or of one that belongs to it",
    "none": "no page, or none that is named: a player, an app, a browser that keeps it to itself",
    "elsewhere": "a page of another site",
}
MODES: Mapping[Mode, str] = {
    "enforce": "decide, and keep to it",
    "observe": "decide and write down, but refuse nobody",
}
TOLD: Mapping[str, str] = {
    "robots": "robots.txt",
    "headers": "headers that say what is allowed",
    "files": "one of the other files that do",
}
BOUNDS: Mapping[str, str] = {
    "over": "more than this",
    "at_least": "this or more",
    "under": "less than this",
    "at_most": "this or less",
}
GROUPS: Mapping[str, str] = {
    "all": "every one of these must hold",
    "any": "one of these must hold",
    "not": "this must not hold",
}


def _switches() -> dict[str, str]:
    """The pieces of what is published; each standard brings its own words."""
    return {s.switch.word: s.switch.caption for s in registry.current().switched if s.switch}


_SOUND: Mapping[str, str] = {name: text for name, (_, text) in HEARD.items()}

CAPTIONS: Mapping[type[Model], Mapping[str, str]] = {
    stance.Stance: {
        "artist": "who is speaking",
        "ai": "what machines that learn, answer or search may do",
        "others": "everybody else who is not a listener",
        "audio": "what counts as a recording, besides what is recognised by name or type",
        "listening": "limits: above them a client no longer listens, but takes",
        "announcement": "a player that is refused a recording plays a few spoken seconds instead of an error",
        "passes": "recordings for those alone who came by a page, feed or playlist of yours",
        "canaries": "machines get links of their own, so that you can say who passed a list of links on",
        "traps": "a link in your pages that no person sees: a program that follows it gets no more recordings",
        "publish": "what is published for machines, besides being enforced",
        "evidence": "with a state directory: what can be shown afterwards",
        "on_error": "what happens when the guard itself fails on a request",
        "sites": "several sites behind one guard: the name of each, and what is different in its stance",
        "site": "where your site is and where the guard listens, to start without typing addresses",
        "mode": "whether the guard refuses anybody",
    },
    stance.Artist: {
        "name": "yours or the band's; it stands on every refusal",
        "contact": "where a person refused by mistake can ask: mailto:rights@example.org, or a link",
        "language": "of your evidence reports and letters: en, de, fr, es; visitors read their own language",
    },
    stance.Ai: {
        "train": "crawlers that gather data to train models",
        "input": "programs that read your pages to answer a question",
        "search": "search engines, with and without AI: they index pages, not recordings",
        "agents": "AI agents that browse for a person: no means pages yes, recordings no",
    },
    stance.Others: {
        "archives": "the Internet Archive and libraries",
        "previews": "the little card that appears when a fan shares your link",
        "seo": "companies that sell reports about websites",
        "impostors": 'clients that provably are not what they say: a "Googlebot" that is not Google\'s',
        "disguises": "programs dressed up as a browser; some people's odd set-ups look so too",
        "harvesters": "collectors of audio in bulk",
        "transcribers": "machines that turn recordings into text",
        "robots": "robots nobody knows: refused recordings, not pages",
        "scanners": "programs that look for holes in servers",
        "headless": "browsers without a screen: mostly machines, sometimes your own tests",
        "downloaders": "yt-dlp, wget, curl: fans use them too",
        "libraries": "scripts without a name of their own: refused recordings, not pages",
        "anonymous": "scripts that give no name at all: refused recordings, not pages",
        "unknown": "programs whose name nobody knows: a new player, or a new robot",
        "sweepers": "any client that takes far more than anybody can hear",
        "embedded": "recordings that another site has put into its own pages",
    },
    stance.Listening: {
        "ahead": "sound that one household is sent, and cannot have heard yet: 90m",
        "whole_files": "recordings that one program at one address is sent whole within ten minutes",
        "at_once_by_network": "sound that 256 neighbouring addresses cannot have heard yet: 2h",
        "episodes": "episodes that one household is sent within a day: 500",
        "archives": "archives, albums in a zip, that one household is sent within a day: 30",
        "live_streams": "live streams that are open at one address at the same time: 100",
        "live_streams_by_network": "and at 256 neighbouring addresses together: 1000",
        "on_air": "how long a program may hold a live stream before it is written down: 12h",
    },
    stance.Passes: {
        "paths": 'folders whose recordings need a pass, for example ["/music/**"]; none: it is off',
        "page": "where a client is sent that has no pass",
        "per_hour": "passes that one address is given in an hour; more browsers share them",
        "form": "how a link carries its pass: query for /a.mp3?sd=…, path for /sd-…/a.mp3",
    },
    stance.Audio: {"paths": 'folders that hold recordings, for example ["/music/**", "/listen/*"]'},
    stance.Publish: {
        "address": "where your site is seen, for links to it: https://music.example.org",
        "about_search": "whether your yes to search is published; search engines are let in without it, too",
        **_switches(),
        "tags": "the same as tags in your pages",
    },
    stance.Evidence: {
        "ledger": "record what machines were notified of, took and were refused; people are left out, unless they take far more than anybody can hear",
    },
    stance.Site: {
        "upstream": "where your site answers: http://localhost:8000",
        "hosts": "further names of this site, where several stand behind one guard: [www.example.org]",
        "default": "of several sites, the one that is meant where a name is unknown; none: 421",
        "listen": "where visitors come to: 0.0.0.0:8080, or just 8080",
        "profile": "what your site runs on: navidrome, funkwhale, jellyfin, azuracast, wordpress …",
        "trusted_proxies": "addresses whose X-Forwarded-For is believed: your own web server's; "
        "also cloudflare, fastly and so on",
        "ja4_header": "the header in which a trusted proxy passes on visitors' JA4: X-JA4",
        "store": "a memory that several guards share: valkey://127.0.0.1:6379",
    },
    site_profiles.ProfileFile: {
        "name": "what the stance calls it",
        "title": "what the program is called",
        "source": "where the facts are from",
        "reviewed": "the day the facts were last checked: 2026-11-23",
        "note": "what else is known",
        "known_by": "what its answers show, for stagedoor init",
        "paths": "which of its addresses are what; the first that holds counts",
        "cases": "addresses, and what each must be taken for",
    },
    site_profiles.PathEntry: {
        "path": "a path with * and **; {name} stands for one part of it",
        "kind": "what is there",
        "form": "how sound is handed out, where it is no plain recording",
        "query": "names that must stand in the query as well",
        "track": "what names the recording: /song/{id}",
        "note": "what else is known",
    },
    site_profiles.Sign: {
        "get": "the path that is asked for",
        "header": "the header it shows in; the body where there is none",
        "holds": "the text it shows",
    },
    site_profiles.PathCase: {
        "get": "the address",
        "kind": "what it must be taken for",
        "form": "how sound is handed out there",
        "track": "what must name the recording",
    },
    stance.OnError: {
        "pages": "open: let it pass. closed: answer 503, try again later",
        "audio": "open: let it pass. closed: answer 503, try again later",
    },
    rule.Written: {
        "id": "a name for good, written-like-this: logs and figures refer to it",
        "title": "what the rule does, in one sentence",
        "why": "the reason; it stands in the decision log",
        "when": "what must hold; several lines must all hold, and a list means any of its values",
        "observe": "yes: only say what the rule would have done",
        "note": "yes: write it down, also where the rule lets in",
        "then": "what becomes of the request",
        "cases": "requests and what must become of them; `stagedoor check` tries each",
    },
    written_action.Throttle: {
        "requests": "how many from one client; without it the rule holds for every request",
        "per": "within what time: 1m, 10s, 1h",
        "retry_after": "when to come back: 10m",
        "for": "for how long, whatever it does: 10m",
        "of": "whom it keeps to for so long: a household, unless you say otherwise",
    },
    written_action.Block: {
        "status": "the number of the answer; 403 unless you say otherwise",
        "for": "for how long, whatever it does: 1h",
        "of": "whom it keeps to for so long: a household, unless you say otherwise",
    },
    written_action.Challenge: {
        "bits": "how much a browser calculates: each one more doubles it; 14 takes an old phone a second",
        "wait": "how long a visitor waits whose browser runs no scripts: 5s",
    },
    written_case.Case: {
        "ua": "the User-Agent header, as the client sends it",
        "get": "the path that is asked for, beginning with /",
        "method": "GET unless you say otherwise",
        "host": "the site's name, as asked for",
        "type": "the response's Content-Type, for what only the response can tell",
        "traits": "what the request is taken to have, besides what its headers show",
        "form": "how sound is handed out there, for what only the response can tell",
        "headers": "further headers, name: value",
        "ip": "the visitor's address",
        "credentials": "whether it logs in at the site, and the site is taken to have accepted it",
        "pass": "whether it needs a pass that the guard hands out, and shows one",
        "solved": "yes: it shows that a challenge was solved there",
        "behaviour": "what the visitor has done before",
        "after": "what the visitor was sent just before: {whole_recordings: 31, within: 5s}",
        "proof": "how sure the claim is taken to be",
        "licence": "what the licence that it shows is taken to be worth",
        "expect": "what must become of it",
    },
    written_case.Lately: {
        "requests_last_minute": "requests from this address within a minute",
        "recordings_last_hour": "different recordings this address asked for within an hour",
        "audio_last_hour": "what it took of them within an hour: 500MB",
        "known_for": "how long ago this address was first seen: 10m",
        "on_air": "how long it has been sent live streams: 12h",
        "live_streams": "live streams that are open there already",
        "live_streams_in_network": "live streams that are open in its /24 or /48 already",
        "told": "what this crawler was handed that says what is allowed",
        "violations": "requests for what a notice to it had forbidden",
        "robots_disallows": "whether the robots.txt it was handed forbids this request",
        **_SOUND,
        "network": "what its network, a /24 or /48, was sent as a whole",
        "agent": "what this user agent at this address was sent",
    },
    written_case.Sound: _SOUND,
    written_case.After: {
        "whole_recordings": "recordings that it was sent whole",
        "begun_recordings": "recordings of which it was sent a tenth, after those",
        "episodes": "episodes of a feed that it was sent whole",
        "archives": "archives, albums in a zip, that it was sent",
        "segments": "segments of ten seconds, all of one track",
        "within": "in how much time: 5s",
        "each": "how long each of them is: 3m",
        "later": "how long ago that was: 10m",
        "from_addresses": "how many neighbouring addresses took turns",
        "tripped": "whether it followed the trap link then",
    },
    catalogue.File: {
        "operator": "who sends the crawlers of this file",
        "contact": "where the operator takes complaints",
        "group": "what the clients of this file have in common",
        "purpose": "what they come for, where an entry does not say otherwise",
        "docs": "where the operator describes them",
        "source": "where the facts are from, if not from the operator",
        "reviewed": "the day the facts were last checked: 2026-11-23",
        "crawlers": "programs that come on behalf of an operator",
        "clients": "programs that people listen and read with, and tools",
    },
    catalogue.Entry: {
        "name": "what rules, logs and figures call it",
        "token": "the word in its user agent by which it is known",
        "tokens": "the words, where there are several",
        "match": "how the word is looked for",
        "unless": "words with which it is another client",
        "fallback": "true: counts only where nothing else matches",
        "purpose": "what it comes for",
        "operator": "who sends it, where that is not the file's",
        "docs": "where its operator describes it",
        "source": "where the facts are from",
        "robots_token": "what it is called in a robots.txt, where that is not its first token",
        "note": "what else is known",
        "robots": "whether it keeps to robots.txt",
        "robots_only": "true: a word for robots.txt, which no user agent carries",
        "legacy": "true: it has another name by now",
        "proof": "how its claim can be proven",
        "examples": "user agents that must, and must not, be taken for it",
    },
    catalogue.Contact: {
        "address": "a mail or web address: mailto:bots@example.org",
        "source": "where it is written",
        "seen": "the day it was found there: 2026-11-29",
    },
    catalogue.Proof: {
        "ranges": "where the operator publishes its addresses",
        "rdns": "the names its addresses have: .googlebot.com",
        "web_bot_auth": "who signs its requests: https://signer.example, or the address of its key set",
    },
    catalogue.Examples: {
        "match": "user agents that are this one",
        "differ": "user agents that look like it and are not",
    },
    offers.OfferFile: {
        "offers": "what you offer to those who ask for a licence",
        "server": "your licence server, where you have one: https://licences.example",
    },
    offers.Offer: {
        "what": "what for: training with all albums",
        "price": "as text: 100 € a year",
        "write": "where to write or pay: mailto: and your address",
    },
    referrers.ReferrerFile: {
        "reviewed": "the day the facts were last checked: 2026-11-29",
        "services": "assistants and search engines that send people",
    },
    referrers.Service: {
        "name": "what desk and metrics call it",
        "operator": "the company it belongs to",
        "trade": "assistant or search",
        "hosts": "where its links are clicked: chat.example.org; google.* is every country's",
        "marks": "what it writes into utm_source",
        "source": "how this is known",
    },
    tls_families.File: {
        "families": "TLS libraries, and the programs seen with each",
        "impersonators": "programs that copy a browser's handshake: they belong to no family",
    },
    tls_families.Family: {
        "name": "what the library is called",
        "engine": "the browser whose own library it is, if it is one's",
        "seen": "handshakes that were measured or published",
    },
    tls_families.Seen: {
        "client": "the program",
        "version": "its version",
        "ja4": "the fingerprint: t13d1517h2_8daaf6152771_cb7bf5808d99",
        "date": "the day it was seen",
        "source": "where it was published, where we did not see it ourselves",
    },
}


def of_actions() -> Mapping[str, str]:
    """Every action and what it does."""
    return {action.word: action.caption for action in actions.table()}


def of(kind: type[Model]) -> Mapping[str, str]:
    """The captions of a type's fields, with those of the actions and standards that hold now."""
    if issubclass(kind, written_action.Then):
        return {a.word: a.caption + TAKES[a.takes] for a in actions.table()}
    words = CAPTIONS[next(base for base in kind.__mro__ if base in CAPTIONS)]
    return {**words, **_switches()} if issubclass(kind, stance.Publish) else words
