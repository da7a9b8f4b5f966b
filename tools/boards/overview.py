"""The overview board: who comes, who gets in, what is kept back."""

from __future__ import annotations

from stagedoor.model.actions import table
from tools.boards.board import Board
from tools.boards.panels import GREEN, HEALTH, TROUBLE, YELLOW, Panel, Row
from tools.boards.platforms import PLATFORMS
from tools.boards.query import BOARD, or_zero, top

_REFUSALS = [action.word for action in reversed(table()) if action.refuses]
_WOULD = f"~{'|'.join(_REFUSALS)}|would-.*"
_COLOURS = {
    series: action.colour for action in table() for series in (action.word, f"would-{action.word}")
}

NOW = Row(
    "At a glance",
    (
        Panel(
            "stat", "Guard", "Whether Prometheus reaches every guard.",
            [(f'min({BOARD.pick("up")})', "")],
            steps=HEALTH, words={"0": "gone", "1": "running"}, width=3,
        ),
        Panel(
            "stat", "Verdicts", "Refusals are carried out, or only noted (observe mode).",
            [(f'min({BOARD.pick("stagedoor_enforcing")})', "")],
            steps=((None, YELLOW), (1, GREEN)), words={"0": "noted", "1": "carried out"}, width=3,
        ),
        Panel(
            "stat", "Requests", "Requests decided in the time shown.",
            [(or_zero(BOARD.gained("stagedoor_requests_total")), "")], decimals=0, width=3,
        ),
        Panel(
            "stat", "People today", "Addresses at which people listened since midnight, the "
            "takers' left out.",
            [(or_zero(BOARD.total("stagedoor_listeners_today")), "")], decimals=0, width=3,
        ),
        Panel(
            "stat", "Notified, and took anyway", "Times that a crawler which had received your no "
            "got something all the same, in the time shown. Refused attempts are left out.",
            [(or_zero(BOARD.gained("stagedoor_taken_against_total")), "")],
            steps=TROUBLE, decimals=0, width=3,
        ),
        Panel(
            "stat", "Refused", "Requests refused in the time shown; in observe mode, those that "
            "would have been.",
            [(or_zero(BOARD.gained("stagedoor_requests_total", verdict=_WOULD)), "")], decimals=0,
            width=3,
        ),
        Panel(
            "stat", "Audio withheld", "Playing time that refused requests asked for, where it is "
            "known from an earlier visit to the same file. A lower bound.",
            [(or_zero(BOARD.gained("stagedoor_audio_seconds_withheld_total")), "")], unit="s", width=3,
        ),
        Panel(
            "stat", "Audio handed out", "Playing time sent to everybody, estimated from the heads "
            "of the files.",
            [(or_zero(BOARD.gained("stagedoor_audio_seconds_total")), "")], unit="s", width=3,
        ),
    ),
)  # fmt: skip
SITES = Row(
    "By site, where several stand behind one guard",
    (
        Panel(
            "stack", "Requests by site", "All requests; a guard of one site is one colour without a "
            "name.",
            [(BOARD.rate("stagedoor_requests_total", ("site",)), "{{site}}")], unit="reqps",
        ),
        Panel(
            "stack", "Refused by site", "Requests refused; in observe mode, those that would have been.",
            [(BOARD.rate("stagedoor_requests_total", ("site",), verdict=_WOULD), "{{site}}")],
            unit="reqps",
        ),
    ),
)  # fmt: skip
REQUESTS = Row(
    "Who comes",
    (
        Panel(
            "stack", "Requests by purpose", "What the visitors come for: people's programs, "
            "search, training and more.",
            [(BOARD.rate("stagedoor_requests_total", ("purpose",)), "{{purpose}}")], unit="reqps",
        ),
        Panel(
            "stack", "Requests by verdict", "What became of them.",
            [(BOARD.rate("stagedoor_requests_total", ("verdict",)), "{{verdict}}")], unit="reqps",
            colours=_COLOURS,
        ),
        Panel(
            "lines", "Refusals", "By name. The dots carry the id of a refusal: `stagedoor explain "
            "ID` says why.",
            [(BOARD.rate("stagedoor_blocks_total", ("crawler",)), "{{crawler}}")],
            unit="reqps", exemplars=True, width=24,
        ),
        Panel(
            "bars", "Refused most, by name", "The ten that were refused most often in the time "
            "shown. A name is a claim; the compliance board has who proved it.",
            [(top(10, BOARD.gained("stagedoor_blocks_total", ("crawler",))), "{{crawler}}")],
            decimals=0,
        ),
        Panel(
            "bars", "Crawlers by operator", "Who operates those that came, refused or not.",
            [(top(10, BOARD.gained("stagedoor_operator_requests_total", ("operator",))),
              "{{operator}}")],
            decimals=0,
        ),
        Panel(
            "bars", "Refusals by rule", "Which of your rules did it.",
            [(top(10, BOARD.gained("stagedoor_blocks_total", ("rule",))), "{{rule}}")], decimals=0,
        ),
        Panel(
            "table", "Operators", "Requests of each operator's crawlers, by verdict.",
            [(BOARD.gained("stagedoor_operator_requests_total", ("operator", "verdict")), "")],
            names={"operator": "Operator", "verdict": "Verdict", "Value": "Requests"}, decimals=0,
        ),
        Panel(
            "table", "Refusals by name and rule", "Who was refused by which rule.",
            [(BOARD.gained("stagedoor_blocks_total", ("crawler", "rule")), "")],
            names={"crawler": "Name", "rule": "Rule", "Value": "Requests"}, decimals=0,
        ),
        Panel(
            "bars", "Further purposes", "Requests of crawlers that come for several things, once "
            "for each purpose besides the main one.",
            [(top(10, BOARD.gained("stagedoor_further_purpose_requests_total", ("purpose",))),
              "{{purpose}}")],
            decimals=0,
        ),
        Panel(
            "bars", "Licensed requests", "Let in because you granted a licence, by its id.",
            [(top(10, BOARD.gained("stagedoor_licensed_requests_total", ("licence",))),
              "{{licence}}")],
            decimals=0,
        ),
        Panel(
            "bars", "Visits that assistants and search engines sent",
            "People who came to a page from one of them, by their own account.",
            [(top(10, BOARD.gained("stagedoor_referrals_total", ("service",))), "{{service}}")],
            decimals=0,
        ),
    ),
)  # fmt: skip
AUDIO = Row(
    "Recordings",
    (
        Panel(
            "stack", "Bytes of audio handed out", "Bytes a second, by purpose.",
            [(BOARD.rate("stagedoor_audio_bytes_total", ("purpose",)), "{{purpose}}")],
            unit="Bps",
        ),
        Panel(
            "stack", "Requests for audio refused", "Requests for audio, playlists and downloads.",
            [(BOARD.rate("stagedoor_audio_requests_refused_total", ("purpose",)), "{{purpose}}")],
            unit="reqps",
        ),
        Panel(
            "stack", "Streams now", "Responses with audio that are being sent.",
            [(BOARD.total("stagedoor_audio_streams", ("purpose",)), "{{purpose}}")], decimals=0,
        ),
        Panel(
            "lines", "Bytes of audio withheld", "Bytes a second that refused requests asked for, where the "
            "size is known. A lower bound.",
            [(BOARD.rate("stagedoor_audio_bytes_withheld_total", ("purpose",)), "{{purpose}}")],
            unit="Bps",
        ),
        Panel(
            "bars", "Audio withheld, by purpose", "Playing time, where it is known.",
            [(BOARD.gained("stagedoor_audio_seconds_withheld_total", ("purpose",)), "{{purpose}}")],
            unit="s",
        ),
        Panel(
            "bars", "Audio handed out, by purpose", "Playing time, estimated.",
            [(BOARD.gained("stagedoor_audio_seconds_total", ("purpose",)), "{{purpose}}")],
            unit="s",
        ),
        Panel(
            "bars", "Recordings taken by programs", "Successful responses with a recording to "
            "programs that have no person in front of them.",
            [(top(10, BOARD.gained("stagedoor_audio_taken_total", ("crawler", "proof"))),
              "{{crawler}} ({{proof}})")],
            decimals=0,
        ),
        Panel(
            "bars", "Listening ratio", "Visitors' hours by how much they took: seconds of sound "
            "sent to one address in an hour of the clock, by 3600. Above 1 nobody listens to all "
            "of it. Counted when the next hour begins; each bar includes those above it.",
            [(f'sort({BOARD.gained("stagedoor_listening_ratio_bucket", ("le",))})',
              "up to {{le}}")],
            width=24, decimals=0,
        ),
    ),
)  # fmt: skip

OVERVIEW = Board(
    "stagedoor-overview",
    "Stagedoor: overview",
    "Who comes, who gets in, what is kept back.",
    (NOW, REQUESTS, SITES, AUDIO, PLATFORMS),
)
