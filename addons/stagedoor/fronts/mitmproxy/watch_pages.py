"""Pages of platforms as mitmproxy hands them over: which are read, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from mitmproxy import http

from stagedoor.audit.responses import Fetched
from stagedoor.platforms import badge as badges
from stagedoor.platforms.extraction import MOST, page_text
from stagedoor.platforms.observer import Observer
from stagedoor.platforms.page_audit import PageAudit, audit_page, recording_signals
from stagedoor.platforms.profiles import Profile, Text
from stagedoor.platforms.visible_settings import visible
from stagedoor.platforms.watch_metrics import WatchMetrics
from stagedoor.signals import registry
from stagedoor.signals.html.codings import CODINGS, CodingError, coders
from stagedoor.signals.meaning import Use

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_JSON = "application/json"
_PUBLIC = frozenset({"/robots.txt", *registry.current().asked})
_SIGNALS = frozenset(
    {"content-usage", "content-signal", "tdm-reservation", "tdm-policy", "x-robots-tag", "link",
     "content-type"}
)  # fmt: skip
"""Header fields that are looked at; no other is even passed on."""
_MOST_CODED = 8_000_000
_NOWHERE = "https://recording.invalid/"
_RECORDINGS = ("audio/", "video/")
_STREAMS = frozenset(
    {"application/vnd.apple.mpegurl", "application/x-mpegurl", "application/dash+xml",
     "application/ogg", "application/vnd.yt-ump"}
)  # fmt: skip
"""Playlists and parts of streams, as players fetch them."""


def bare_path(flow: http.HTTPFlow) -> str:
    """The path of a request without its query."""
    return flow.request.path.partition("?")[0]


def content_type(flow: http.HTTPFlow) -> str:
    """The media type of the response, in small letters."""
    assert flow.response is not None
    kind: str = flow.response.headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower()


def wanted(profile: Profile, flow: http.HTTPFlow) -> bool:
    """Whether a response's body has to be read."""
    response = flow.response
    assert response is not None
    if flow.request.method != "GET" or response.status_code != 200:
        return False
    length = response.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > _MOST_CODED:
        return False
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in CODINGS | {"identity"}:
        return False
    path, kind = bare_path(flow), content_type(flow)
    if path in _PUBLIC:
        return kind in {"text/plain", _JSON, ""}
    page = profile.page(flow.request.pretty_host, path)
    if page.kind == "document":
        return kind in _HTML or kind == _JSON
    return page.kind in {"audio", "setting"} and kind in _HTML and _is_document(flow)


def _is_document(flow: http.HTTPFlow) -> bool:
    """Whether the response becomes a page of its own, and no part of one."""
    fields = flow.request.headers
    dest = fields.get("sec-fetch-dest")
    if dest is None:  # plain HTTP, or an old browser: scripts accept anything
        accepts = fields.get("accept", "").lower()
        return "text/html" in accepts and "x-requested-with" not in fields
    return bool(dest == "document")


class Reader:
    """Reads pages. `link` is the address of the page with all platforms, where it is served."""

    def __init__(
        self, observer: Observer, crawlers: Mapping[str, Use], metrics: WatchMetrics
    ) -> None:
        self.observer = observer
        self.link = ""
        self._crawlers = crawlers
        self._metrics = metrics
        self._pages: dict[str, Fetched] = {}
        """Of each platform the last page with audio, in memory only: what it says can become more
        when a recording or robots.txt comes after it."""
        self._recordings: dict[str, tuple[tuple[str, str], ...]] = {}

    def recording(
        self, profile: Profile, flow: http.HTTPFlow, now: int
    ) -> Callable[[], None] | None:
        """A recording passes: its headers are signals, too. Neither its body nor its address is
        kept. Returns what is to be done where it says something new.
        """
        response = flow.response
        assert response is not None
        if response.status_code not in {200, 206} or not _is_recording(content_type(flow)):
            return None
        fields = _fields(response)
        if self._recordings.get(profile.id) == fields:
            return None
        self._recordings[profile.id] = fields
        signals = recording_signals(Fetched(_NOWHERE, 200, fields), self._crawlers)

        def keep() -> None:
            self.observer.recording(profile, signals)
            self._again(profile, now)

        return keep

    def _again(self, profile: Profile, now: int) -> None:
        """Judge the last page anew, by what is known now."""
        page = self._pages.get(profile.id)
        if page is not None:
            self.observer.audited(profile, self._audit(page), now)
            self._metrics.refresh(self.observer)

    def not_sent(self, profile: Profile, flow: http.HTTPFlow) -> Callable[[], None] | None:
        """A 304: the browser shows a page that it has kept, and its text did not pass here."""
        document = profile.page(flow.request.pretty_host, bare_path(flow)).document
        if document is None:
            return None
        return lambda: self.observer.not_sent(profile, document)

    def public_file(self, flow: http.HTTPFlow, now: int) -> None:
        """robots.txt or a well-known file has come."""
        response = flow.response
        assert response is not None
        host, path = flow.request.pretty_host, bare_path(flow)
        body = _decoded(response) or b""
        known = Fetched(f"https://{host}{path}", response.status_code, _fields(response), body)
        if path in _PUBLIC:
            self.observer.history.keep_file(host, path, now, known)
            profile = self.observer.profiles.of(host)
            if profile is not None:
                self._again(profile, now)

    def read(self, flow: http.HTTPFlow, now: int, *, badge: bool) -> Callable[[], None] | None:
        """Read a page that is wanted(); returns what can be done after the page has gone out."""
        host, path = flow.request.pretty_host, bare_path(flow)
        profile, response = self.observer.profiles.of(host), flow.response
        if profile is None or response is None:
            return None
        if path in _PUBLIC:
            return lambda: self.public_file(flow, now)
        body = _decoded(response)
        if body is None:
            return None
        page = profile.page(host, path)
        self._metrics.page(profile.id, page.kind)
        charset = Fetched("", fields=_fields(response)).charset
        if page.document is not None:
            document = page.document
            if badge and content_type(flow) in _HTML and _is_document(flow):
                self._badge(flow, body, charset, *self._of_document(profile, document))
            return lambda: self._document(profile, document, body, charset, now)
        if page.kind == "setting":
            found = visible(body, charset, page.settings)

            def note() -> None:
                for name, state in found.items():
                    self.observer.setting(profile, name, state, now)

            return note
        shown = Fetched(f"https://{host}{path}", 200, _fields(response), body)
        self._pages[profile.id] = shown
        own = self._audit(shown)
        audit = self.observer.with_recordings(profile, own)
        if badge:
            self._badge(flow, body, charset, *self._of_audit(profile, audit))

        def keep() -> None:
            self.observer.audited(profile, own, now)
            self._metrics.refresh(self.observer)

        return keep

    def _document(
        self, profile: Profile, document: Text, body: bytes, charset: str, now: int
    ) -> None:
        blocks = page_text(body, charset, document.text, document.remove)
        self.observer.document(profile, document, blocks, now, "browser")
        self._metrics.refresh(self.observer)

    def _audit(self, page: Fetched) -> PageAudit:
        known = {p: self.observer.history.file(page.host, p) for p in _PUBLIC}
        files = {p: found[1] for p, found in known.items() if found and p != "/robots.txt"}
        robots = known["/robots.txt"]
        return audit_page(page, robots[1] if robots else None, files, self._crawlers)

    # -- the badge -----------------------------------------------------------------------------

    def _of_audit(self, profile: Profile, audit: PageAudit) -> tuple[str, str, list[badges.Part]]:
        train = audit.answers["train"]
        title = f"Training AI: {train}" if train else "Training AI: nothing said"
        claims = self.observer.claims(profile, audit)
        settings = []
        for name, state in self.observer.states(profile).items():
            at = self.observer.history.last_look("setting", profile.id, name)
            seen = datetime.fromtimestamp(at, UTC).strftime("%d %B %Y") if at else ""
            settings.append(f"{name}: {state}, seen on {seen}")
        return title, train or "", badges.parts_of_audit(audit, claims, settings)

    def _of_document(self, profile: Profile, document: Text) -> tuple[str, str, list[badges.Part]]:
        entries = self.observer.history.entries("text", profile.id, document.name)
        if not entries:
            lines = ("read for the first time just now",)
        else:
            last = datetime.fromtimestamp(entries[-1].at, UTC).strftime("%d %B %Y")
            count = len(entries)
            lines = (f"{count} version{'s' * (count != 1)} kept, the newest of {last}",)
        return f"{document.name}: watched", "", [badges.Part(document.name, lines)]

    def _badge(
        self, flow: http.HTTPFlow, page: bytes, charset: str, title: str, mood: str,
        parts: list[badges.Part],
    ) -> None:  # fmt: skip
        """Put the badge into the page, where it may have one and has a place for it."""
        response = flow.response
        assert response is not None
        assert response.raw_content is not None
        if not badges.may_have(response.headers.items(multi=True), page):
            return
        # The browser can keep the page, and show it again with this badge.
        when = f"Read on {datetime.now(UTC).strftime('%d %B %Y, %H:%M')} UTC."
        text = badges.script(title, mood, parts, self.link, when)
        coding = response.headers.get("content-encoding", "").strip().lower()
        coding = "" if coding == "identity" else coding
        written = badges.with_script(response.raw_content, coding, charset, text)
        if written is not None:
            response.raw_content = written
            if "content-length" in response.headers:
                response.headers["content-length"] = str(len(written))
            # Its ETag and date stay, so that the browser asks the next time as it would without
            # us. But no rest of a page that was cut off: its offsets would be ours.
            response.headers["accept-ranges"] = "none"


def _is_recording(kind: str) -> bool:
    return kind.startswith(_RECORDINGS) or kind in _STREAMS


def _fields(response: http.Response) -> tuple[tuple[str, str], ...]:
    items = response.headers.items(multi=True)
    return tuple((name, value) for name, value in items if name.lower() in _SIGNALS)


def _decoded(response: http.Response) -> bytes | None:
    """The body without its coding; None where it is broken or too large."""
    raw = response.raw_content
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if raw is None or len(raw) > _MOST_CODED:
        return None
    if coding == "identity":
        return raw if len(raw) <= MOST else None
    out = bytearray()
    try:
        for piece in coders(coding)[0].feed(raw):
            out += piece
            if len(out) > MOST:
                return None
    except (CodingError, KeyError):
        return None
    return bytes(out)
