"""The listening board: who listens, and who takes."""

from __future__ import annotations

from tools.boards.board import Board
from tools.boards.panels import TROUBLE, Panel, Row
from tools.boards.query import BOARD, or_zero, top

_RULES = "~(trap|sweeping|sweepers|live)-?.*"
"""Ids of the shipped rules about listening."""

NOW = Row(
    "Listeners and takers",
    (
        Panel(
            "stat", "Listeners today", "Addresses at which people's programs were sent audio since "
            "midnight; takers are none of them.",
            [(BOARD.total("stagedoor_listeners_today"), "")], decimals=0, width=4,
        ),
        Panel(
            "stat", "Takers today", "Visitors, and networks of visitors, that were sent more than "
            "anybody can listen to since midnight, whatever they call themselves.",
            [(BOARD.total("stagedoor_takers_today"), "")], steps=TROUBLE, decimals=0, width=4,
        ),
        Panel(
            "stat", "Sweeps", "Times that a client took so in the time shown; one that goes on "
            "counts once an hour.",
            [(or_zero(BOARD.gained("stagedoor_sweeps_total")), "")], steps=TROUBLE, decimals=0, width=4,
        ),
        Panel(
            "stat", "Refused to takers", "Requests for recordings that were refused after that.",
            [(or_zero(BOARD.gained("stagedoor_sweep_requests_total", outcome="refused")), "")],
            decimals=0, width=3,
        ),
        Panel(
            "stat", "Sent to takers", "Responses with audio that they were sent all the same, or "
            "that were on their way.",
            [(or_zero(BOARD.gained("stagedoor_sweep_requests_total", outcome="sent")), "")],
            decimals=0, width=3,
        ),
        Panel(
            "stat", "Stopped on the way", "Responses with audio that were stopped while they ran.",
            [(or_zero(BOARD.gained("stagedoor_audio_interrupted_total")), "")], decimals=0, width=3,
        ),
        Panel(
            "stat", "Streams now", "Responses with audio that are being sent.",
            [(or_zero(BOARD.total("stagedoor_audio_streams")), "")], decimals=0, width=3,
        ),
    ),
)  # fmt: skip
LISTENING = Row(
    "Listening",
    (
        Panel(
            "stack", "Sound sent", "Seconds of sound for each second of the clock, by purpose: how "
            "many listen at once, if all do.",
            [(BOARD.rate("stagedoor_audio_seconds_total", ("purpose",)), "{{purpose}}")],
        ),
        Panel(
            "lines", "Listeners and takers", "Since midnight, as two numbers.",
            [(BOARD.total("stagedoor_listeners_today"), "listeners"),
             (BOARD.total("stagedoor_takers_today"), "takers")], decimals=0,
        ),
        Panel(
            "bars", "Hours by listening ratio", "Visitors' hours by seconds of sound sent for each "
            "second of the clock; each bar includes those above it.",
            [(f'sort({BOARD.gained("stagedoor_listening_ratio_bucket", ("le",))})',
              "up to {{le}}")],
            width=24, decimals=0,
        ),
    ),
)  # fmt: skip
TAKING = Row(
    "Taking",
    (
        Panel(
            "lines", "Requests of takers", "After they were seen to take: sent, and refused.",
            [(BOARD.rate("stagedoor_sweep_requests_total", ("outcome",)), "{{outcome}}")],
            unit="reqps",
        ),
        Panel(
            "lines", "Refusals by rule", "Of the shipped rules about listening. The dots carry the "
            "id of a refusal: `stagedoor explain ID` says why.",
            [(BOARD.rate("stagedoor_blocks_total", ("rule",), rule=_RULES), "{{rule}}")],
            unit="reqps", exemplars=True,
        ),
        Panel(
            "bars", "Sweeps by what they call themselves", "A name is a claim: most call "
            "themselves browsers.",
            [(top(10, BOARD.gained("stagedoor_sweeps_total", ("purpose",))), "{{purpose}}")],
            decimals=0,
        ),
        Panel(
            "bars", "Sweeps by one address or many", "household: one address; network: 256 "
            "neighbouring addresses, or a /48, together.",
            [(top(10, BOARD.gained("stagedoor_sweeps_total", ("scope",))), "{{scope}}")],
            decimals=0,
        ),
        Panel(
            "bars", "Refusals by rule, in all", "Of the shipped rules about listening, in the time "
            "shown.",
            [(top(10, BOARD.gained("stagedoor_blocks_total", ("rule",), rule=_RULES)),
              "{{rule}}")],
            decimals=0,
        ),
    ),
)  # fmt: skip

LISTENING_BOARD = Board(
    "stagedoor-listening",
    "Stagedoor: listening",
    "Who listens, and who takes.",
    (NOW, LISTENING, TAKING),
)
