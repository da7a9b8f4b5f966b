"""The words of `stagedoor audit`, apart from it: help need not wait for what an audit imports."""

from __future__ import annotations

from typing import Any


def add(commands: Any) -> None:
    """Add the command to the parser's."""
    parser = commands.add_parser(
        "audit",
        help="what a site tells machines about AI, standard by standard, and what contradicts",
        description="Fetches robots.txt, the well-known files, a page and a few of its recordings "
        "(their headers only). Exit status 0: training is answered and nothing contradicts; 1: not "
        "so; 2: the site cannot be fetched.",
    )
    parser.add_argument("url", metavar="URL", help="the page to begin with: https://example.org")
    parser.add_argument(
        "--audio", action="append", default=[], metavar="PATH", help="a recording: /music/a.mp3"
    )
    parser.add_argument(
        "--agent", default="*", metavar="NAME", help="what this crawler is told: GPTBot"
    )
    parser.add_argument(
        "--as-ua",
        action="store_true",
        help="also send that crawler's user agent, to see its answers",
    )
    parser.add_argument(
        "--credentials",
        action="store_true",
        help="download the recordings (50 MB each at most) and read their content credentials",
    )
    parser.add_argument("--json", action="store_true", help="everything, for programs")
