"""The board about operation: whether the guard itself is well."""

from __future__ import annotations

from tools.boards.board import Board
from tools.boards.panels import GREEN, HEALTH, RED, TROUBLE, YELLOW, Panel, Row
from tools.boards.query import BOARD, or_zero

_SINCE = "process_start_time_seconds"


def _latency(name: str) -> list[tuple[str, str]]:
    return [(BOARD.quantile(share, name), f"{share:.0%}") for share in (0.5, 0.95, 0.99)]


GLANCE = Row(
    "At a glance",
    (
        Panel(
            "stat", "Guards up", "Of those that Prometheus knows.",
            [(f'min({BOARD.pick("up")})', "")],
            steps=HEALTH, words={"0": "gone", "1": "all"},
        ),
        Panel(
            "stat", "Erring open", "Requests let in undecided because the guard failed on them.",
            [(or_zero(BOARD.gained("stagedoor_errors_total", outcome="open")), "")],
            steps=TROUBLE, decimals=0,
        ),
        Panel(
            "stat", "Rules", "Whether the rules in force are those on disk.",
            [(f'min({BOARD.pick("stagedoor_rules_current")})', "")],
            steps=HEALTH, words={"0": "mistakes on disk", "1": "current"},
        ),
        Panel(
            "stat", "Site", "Whether the site behind the guard answered last time.",
            [(f'min({BOARD.pick("stagedoor_upstream_up")})', "")],
            steps=HEALTH, words={"0": "silent", "1": "answers"},
        ),
        Panel(
            "stat", "Ledger", "Whether the last attempt to write stood. Empty without a state "
            "directory.",
            [(f'min({BOARD.pick("stagedoor_ledger_writable")})', "")],
            steps=HEALTH, words={"0": "not written", "1": "written"},
        ),
        Panel(
            "stat", "Running for", "Of the guard that was started last.",
            [(f"time() - max({BOARD.pick(_SINCE)})", "")], unit="s", decimals=0,
        ),
    ),
)  # fmt: skip
COST = Row(
    "What the guard costs",
    (
        Panel(
            "lines", "Decision", "Time from a request's headers to the verdict.",
            _latency("stagedoor_decision_seconds"), unit="s",
        ),
        Panel(
            "lines", "Added", "Time the guard spends on a request in all, without the proxy "
            "around it and delays that rules ask for.",
            _latency("stagedoor_added_seconds"), unit="s",
        ),
        Panel(
            "lines", "Requests", "Decided, a second.",
            [(BOARD.rate("stagedoor_requests_total", ("instance",)), "{{instance}}")],
            unit="reqps",
        ),
        Panel(
            "lines", "CPU", "Cores in use.",
            [(BOARD.rate("process_cpu_seconds_total", ("instance",)), "{{instance}}")],
        ),
        Panel(
            "lines", "Memory", "Resident memory. It grows with connections, not with visitors.",
            [(BOARD.pick("process_resident_memory_bytes"), "{{instance}}")], unit="bytes",
            steps=((None, GREEN), (500e6, YELLOW), (1e9, RED)),
        ),
        Panel(
            "lines", "Open files", "Connections and files.",
            [(BOARD.pick("process_open_fds"), "{{instance}}")], decimals=0,
        ),
    ),
)  # fmt: skip
SITE = Row(
    "The site behind",
    (
        Panel(
            "lines", "First byte", "From passing a request on to the head of the site's response.",
            _latency("stagedoor_upstream_first_byte_seconds"), unit="s",
        ),
        Panel(
            "stack", "Responses", "Of the site, by class of status.",
            [(BOARD.rate("stagedoor_upstream_responses_total", ("status",)), "{{status}}")],
            unit="reqps",
        ),
        Panel(
            "lines", "No connection", "Connections to the site that failed.",
            [(BOARD.rate("stagedoor_upstream_errors_total", ("instance",)), "{{instance}}")],
            unit="reqps", steps=((None, GREEN), (0.001, RED)), width=24,
        ),
    ),
)  # fmt: skip
FAULTS = Row(
    "Faults, rules, identity",
    (
        Panel(
            "lines", "Errors inside the guard", "By step; open: let in undecided, closed: answered "
            "with 503, unrecorded: not written down.",
            [(BOARD.rate("stagedoor_errors_total", ("step", "outcome")), "{{step}} {{outcome}}")],
            unit="reqps",
        ),
        Panel(
            "lines", "Malformed", "Messages that cannot be used, by who made the mistake and which.",
            [(BOARD.rate("stagedoor_malformed_total", ("side", "fault")), "{{side}} {{fault}}")],
            unit="reqps",
        ),
        Panel(
            "lines", "Connections", "Of visitors: open, without a complete request, and the limit.",
            [(f'sum({BOARD.pick("stagedoor_connections")})', "open"),
             (f'sum({BOARD.pick("stagedoor_connections_unfinished")})', "unfinished"),
             (f'sum({BOARD.pick("stagedoor_connections_limit")})', "limit")],
            decimals=0,
        ),
        Panel(
            "lines", "Connections closed early", "By reason.",
            [(BOARD.rate("stagedoor_connections_closed_total", ("reason",)), "{{reason}}")],
            unit="reqps",
        ),
        Panel(
            "lines", "Reloads", "Changes of the rules: loaded, or refused for mistakes in them.",
            [(BOARD.gained("stagedoor_reloads_total", ("outcome",), "$__rate_interval"),
              "{{outcome}}")],
            decimals=0,
        ),
        Panel(
            "lines", "Reverse DNS", "Lookups, by how they ended.",
            [(BOARD.rate("stagedoor_lookups_total", ("outcome",)), "{{outcome}}")], unit="reqps",
        ),
        Panel(
            "lines", "Key directories", "Fetches for Web Bot Auth, by how they ended.",
            [(BOARD.rate("stagedoor_key_fetches_total", ("outcome",)), "{{outcome}}")],
            unit="reqps",
        ),
        Panel(
            "lines", "Number of rules", "Loaded, and left in force by the stance.",
            [
                (BOARD.pick("stagedoor_rules_loaded"), "loaded {{instance}} {{site}}"),
                (BOARD.pick("stagedoor_rules_in_force"), "in force {{instance}} {{site}}"),
            ],
            decimals=0, width=8,
        ),
        Panel(
            "lines", "Signatures", "Tokens by which the catalogue knows crawlers and clients.",
            [(BOARD.pick("stagedoor_signatures_loaded"), "{{instance}} {{site}}")], decimals=0, width=8,
        ),
        Panel(
            "lines", "Age of the rules", "Since they were loaded.",
            [(f'time() - {BOARD.pick("stagedoor_rules_loaded_timestamp_seconds")}',
              "{{instance}}")],
            unit="s", width=8,
        ),
        Panel(
            "table", "What is running", "Versions of each guard.",
            [(BOARD.pick("stagedoor_build_info"), "")],
            names={"instance": "Guard", "job": "Job", "version": "Stagedoor",
                   "mitmproxy": "mitmproxy", "python": "Python"},
            width=24,
        ),
    ),
)  # fmt: skip
SHARED = Row(
    "The shared store (where several guards have one)",
    (
        Panel(
            "lines", "Guards that share it", "As each of them sees it; 0: it counts for itself.",
            [(f'{BOARD.pick("stagedoor_store_guards")} * on(instance, job, site) '
              f'{BOARD.pick("stagedoor_store_up")}', "{{instance}} {{site}}")],
            decimals=0,
        ),
        Panel(
            "lines", "Time for an answer", "Of a batch of questions and changes, on average.",
            [(f'{BOARD.rate("stagedoor_store_seconds_total", ("instance",))} / '
              f'{BOARD.rate("stagedoor_store_batches_total", ("instance",))}', "{{instance}}")],
            unit="s",
        ),
        Panel(
            "lines", "Decided alone", "Questions that a guard answered from its own memory, because "
            "the store was away or late; and changes that others never heard of.",
            [(BOARD.rate("stagedoor_store_away_total", ("instance",)), "away {{instance}}"),
             (BOARD.rate("stagedoor_store_late_total", ("instance",)), "late {{instance}}"),
             (BOARD.rate("stagedoor_store_lost_total", ("instance",)), "lost {{instance}}")],
            steps=TROUBLE, width=24,
        ),
    ),
)  # fmt: skip
FIREWALL = Row(
    "The firewall (with --firewall nft)",
    (
        Panel(
            "lines", "Turned away by the kernel", "Addresses that were refused for long, and networks of IPv6.",
            [(BOARD.pick("stagedoor_firewall_households"), "{{instance}}")], decimals=0,
        ),
        Panel(
            "lines", "Packets turned away", "One for each attempt to connect, mostly.",
            [(BOARD.rate("stagedoor_firewall_packets_total", ("instance",)), "{{instance}}")],
        ),
    ),
)  # fmt: skip
LEDGER = Row(
    "The ledger (with a state directory)",
    (
        Panel(
            "lines", "Entries", "Written a second.",
            [(BOARD.rate("stagedoor_ledger_entries_total", ("instance",)), "{{instance}}")],
        ),
        Panel(
            "lines", "Waiting, lost", "Entries in memory that wait for the disk, and those that "
            "were lost in the time shown.",
            [
                (BOARD.pick("stagedoor_ledger_waiting"), "waiting {{instance}} {{site}}"),
                (BOARD.gained("stagedoor_ledger_summarised_total", ("instance",)),
                 "only counted {{instance}}"),
                (BOARD.gained("stagedoor_ledger_removed_for_room_total", ("instance",)),
                 "made room {{instance}}"),
                (BOARD.gained("stagedoor_ledger_unrecorded_total", ("instance",)),
                 "lost {{instance}}"),
            ],
            steps=TROUBLE, decimals=0,
        ),
        Panel(
            "lines", "Size", "Of the file.",
            [(BOARD.pick("stagedoor_ledger_bytes"), "{{instance}} {{site}}")], unit="bytes",
        ),
        Panel(
            "lines", "Last seal", "Time since it was set; one is due every day.",
            [(f'time() - {BOARD.pick("stagedoor_ledger_sealed_timestamp_seconds")}',
              "{{instance}}")],
            unit="s", steps=((None, GREEN), (2 * 86400, YELLOW)),
        ),
    ),
)  # fmt: skip

OPERATIONS = Board(
    "stagedoor-operations",
    "Stagedoor: operations",
    "Whether the guard, the site behind it and the ledger are well.",
    (GLANCE, COST, SITE, FAULTS, SHARED, FIREWALL, LEDGER),
    time="now-6h",
)
