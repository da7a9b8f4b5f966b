"""The `watch_…` options: declared once, parsed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stagedoor.config.address_values import split_listen
from stagedoor.web.gate import is_loopback

DEFAULT_PAGE = "127.0.0.1:9465"
DEFAULT_STATE = "~/.stagedoor"
SWITCHES = ("on", "off")

WATCH_OPTIONS: Sequence[tuple[str, str, str]] = (
    (
        "watch_state",
        DEFAULT_STATE,
        "Directory for the history of texts, signals and settings (platforms.sqlite).",
    ),
    (
        "watch_rules",
        "",
        "Directory whose platforms/ and terms/ are laid over the shipped profiles and rules.",
    ),
    (
        "watch_hosts",
        "",
        "Further hosts to watch, separated by commas, by the generic profile: music.example.org.",
    ),
    (
        "watch_page",
        DEFAULT_PAGE,
        "HOST:PORT on this machine where the page with all platforms is served, or off.",
    ),
    (
        "watch_badge",
        "on",
        "on shows a small badge on pages with audio and on terms; off shows none.",
    ),
    (
        "watch_fetch",
        "off",
        "on fetches robots.txt and the well-known files of a watched host once a day, through the "
        "same proxy, when a page of it is open; off reads only what the browser fetches.",
    ),
)


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """The options, understood. `page` is None where it is off."""

    state: Path
    rules: Path | None
    hosts: tuple[str, ...]
    page: tuple[str, int] | None
    badge: bool
    fetch: bool


def parse_watch(options: Any) -> WatchSettings:
    """Settings from an object with the options as attributes.

    Raises ValueError with all mistakes, a line each.
    """
    wrong: list[str] = []
    page: tuple[str, int] | None = None
    if options.watch_page != "off":
        try:
            host, port = split_listen(options.watch_page)
            page = (host or "127.0.0.1", port)
            if not is_loopback(page[0]):
                wrong.append(
                    f'watch_page: "{host}" can be reached by others, and the page says what you '
                    f"use — write {DEFAULT_PAGE}"
                )
        except ValueError as error:
            why = str(error).partition(" — ")[0]
            wrong.append(f"watch_page: {why} — write {DEFAULT_PAGE}, or off")
    wrong += [
        f'{name}: "{getattr(options, name)}" is neither on nor off'
        for name in ("watch_badge", "watch_fetch")
        if getattr(options, name) not in SWITCHES
    ]
    if wrong:
        raise ValueError("\n".join(wrong))
    return WatchSettings(
        state=Path(options.watch_state or DEFAULT_STATE).expanduser(),
        rules=Path(options.watch_rules).expanduser() if options.watch_rules else None,
        hosts=tuple(filter(None, map(str.strip, options.watch_hosts.lower().split(",")))),
        page=page,
        badge=options.watch_badge == "on",
        fetch=options.watch_fetch == "on",
    )
