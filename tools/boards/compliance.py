"""The board about compliance: who received signals, and took recordings anyway."""

from __future__ import annotations

from tools.boards.board import Board
from tools.boards.panels import GREEN, RED, TROUBLE, YELLOW, Panel, Row
from tools.boards.query import BOARD, or_zero, top

_CARRIED = BOARD.rate("stagedoor_signals_total", ("resource", "standard"))
_SENT = BOARD.rate("stagedoor_responses_total", ("resource",))
COVERAGE = f"max by (resource) ({_CARRIED}) / {_SENT}"
"""Of the responses, how many say something: the best carried standard counts."""
_ALL = BOARD.gained("stagedoor_responses_total", resource="audio")
_SAYING = BOARD.gained("stagedoor_signals_total", ("standard",), resource="audio")

GLANCE = Row(
    "At a glance",
    (
        Panel(
            "stat", "Notices", "Signals handed to crawlers: robots.txt, other files, headers (once "
            "for each crawler).",
            [(or_zero(BOARD.gained("stagedoor_notices_total")), "")], decimals=0, width=6,
        ),
        Panel(
            "stat", "Asked anyway", "Requests for what a signal, handed to that crawler "
            "before, forbids; refused or not.",
            [(or_zero(BOARD.gained("stagedoor_violations_total")), "")],
            steps=((None, GREEN), (1, YELLOW), (1000, RED)), decimals=0, width=6,
        ),
        Panel(
            "stat", "Got it anyway", "Such requests that were answered with content, because "
            "no rule refused them.",
            [(or_zero(BOARD.gained("stagedoor_taken_against_total")), "")],
            steps=TROUBLE, decimals=0, width=6,
        ),
        Panel(
            "stat", "Audio that says so", "Share of the site's audio responses that carry a signal "
            "in their headers.",
            [(f"max({_SAYING}) / {_ALL}", "")], unit="percentunit",
            steps=((None, RED), (0.99, GREEN)), width=6,
        ),
    ),
)  # fmt: skip
TOLD = Row(
    "Notified, and took anyway",
    (
        Panel(
            "stack", "Violations", "Requests against a notice that the crawler had received, by name and "
            "how sure that is.",
            [(BOARD.rate("stagedoor_violations_total", ("crawler", "proof")),
              "{{crawler}} ({{proof}})")],
            unit="reqps",
        ),
        Panel(
            "stack", "Violations by signal", "By what it had been handed: robots.txt, headers, "
            "other files.",
            [(BOARD.rate("stagedoor_violations_total", ("signal",)), "{{signal}}")], unit="reqps",
        ),
        Panel(
            "table", "Who was notified, and asked anyway", "By name, proof and signal. What "
            "a client that only uses a name does says nothing about the crawler; only `verified` "
            "is the operator itself.",
            [
                (BOARD.gained("stagedoor_notices_total", ("crawler", "proof", "signal")), ""),
                (BOARD.gained("stagedoor_violations_total", ("crawler", "proof", "signal")), ""),
            ],
            names={"crawler": "Name", "proof": "Proof", "signal": "Signal", "Value #A": "Notices",
                   "Value #B": "Asked anyway"},
            decimals=0,
        ),
        Panel(
            "table", "What was handed out against it", "Violations that were answered with content.",
            [(BOARD.gained("stagedoor_taken_against_total", ("crawler", "proof", "resource")), "")],
            names={"crawler": "Name", "proof": "Proof", "resource": "Kind", "Value": "Responses"},
            decimals=0,
        ),
    ),
)  # fmt: skip
WHO = Row(
    "Who they really are",
    (
        Panel(
            "stack", "Claims, by proof", "Requests of crawlers whose claim can be proven: by "
            "address, reverse DNS or signature.",
            [(BOARD.rate("stagedoor_proofs_total", ("proof",)), "{{proof}}")], unit="reqps",
        ),
        Panel(
            "bars", "False names", "Names under which clients came that provably were not it.",
            [(top(10, BOARD.gained("stagedoor_proofs_total", ("crawler",), proof="spoofed")),
              "{{crawler}}")],
            width=6, decimals=0,
        ),
        Panel(
            "bars", "Proven", "Names that were proven.",
            [(top(10, BOARD.gained("stagedoor_proofs_total", ("crawler",), proof="verified")),
              "{{crawler}}")],
            width=6, decimals=0,
        ),
    ),
)  # fmt: skip
SIGNALS = Row(
    "What goes out",
    (
        Panel(
            "lines", "Responses that carry a signal", "Share, by kind of resource.",
            [(COVERAGE, "{{resource}}")], unit="percentunit",
            steps=((None, RED), (0.99, GREEN)),
        ),
        Panel(
            "lines", "Signals by standard", "Responses a second that carry each.",
            [(BOARD.rate("stagedoor_signals_total", ("standard",)), "{{standard}}")], unit="reqps",
        ),
        Panel(
            "stack", "Pages and their tags", "What became of pages looked into for tags.",
            [(BOARD.rate("stagedoor_pages_total", ("outcome",)), "{{outcome}}")], unit="reqps",
        ),
        Panel(
            "lines", "Standards said", "In how many standards the stance says something in every "
            "response.",
            [(BOARD.pick("stagedoor_signals_said"), "{{instance}}")], decimals=0,
        ),
    ),
)  # fmt: skip

MARKS = Row(
    "Marked links and passes",
    (
        Panel(
            "bars", "Marks handed out", "Passes, by what they came with, and links of their own for "
            "machines (canary). Nothing here unless the stance says passes or canaries.",
            [(top(10, BOARD.gained("stagedoor_marks_handed_total", ("kind",))), "{{kind}}")],
            width=12, decimals=0,
        ),
        Panel(
            "bars", "Links that came back", "Links that were handed to one machine and asked for by "
            "another: to whom they were handed, and what the other comes for.",
            [(top(10, BOARD.gained(
                "stagedoor_marked_link_uses_total", ("handed_to", "proof", "purpose")
            )), "{{handed_to}} ({{proof}}) → {{purpose}}")],
            width=12, decimals=0,
        ),
        Panel(
            "bars", "Challenges", "Challenges for pages, by what came of them: handed out, solved by a "
            "calculation or a wait, or not. Nothing here unless a rule challenges.",
            [(top(10, BOARD.gained("stagedoor_challenges_total", ("outcome",))), "{{outcome}}")],
            width=12, decimals=0,
        ),
    ),
)  # fmt: skip

COMPLIANCE = Board(
    "stagedoor-compliance",
    "Stagedoor: notified, and took anyway",
    "What machines were notified of, what they did with it, and who they really were.",
    (GLANCE, TOLD, WHO, SIGNALS, MARKS),
    time="now-7d",
)
