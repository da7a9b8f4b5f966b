"""What the platforms say: the row of the watch beside the browser."""

from __future__ import annotations

from tools.boards.panels import Panel, Row
from tools.boards.query import BOARD

PLATFORMS = Row(
    "What the platforms say (watch)",
    (
        Panel(
            "table", "Training, answers, search", "What the newest page with audio says: -1 no, 0 "
            "nothing, 1 yes.",
            [(BOARD.total("stagedoor_watch_answer", ("platform", "use")), "")],
            names={"platform": "Platform", "use": "Use", "Value": "Says"},
        ),
        Panel(
            "table", "Texts last read", "When each document was last read.",
            [(BOARD.total("stagedoor_watch_text_seen_timestamp_seconds", ("platform", "document")),
              "")],
            names={"platform": "Platform", "document": "Document", "Value": "Seconds since 1970"},
        ),
        Panel(
            "bars", "News", "Texts that changed, settings, signals, in the time shown.",
            [(BOARD.gained("stagedoor_watch_news_total", ("platform", "news")),
              "{{platform}} {{news}}")],
            decimals=0,
        ),
        Panel(
            "bars", "Silent changes", "Words changed while the date of the last update did not.",
            [(BOARD.gained("stagedoor_watch_silent_changes_total", ("platform",)), "{{platform}}")],
            decimals=0,
        ),
        Panel(
            "bars", "Pages looked at", "By what they are to their profile.",
            [(BOARD.gained("stagedoor_watch_pages_total", ("platform", "page")),
              "{{platform}} {{page}}")],
            decimals=0,
        ),
    ),
)  # fmt: skip
