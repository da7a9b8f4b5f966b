"""The command line: `stagedoor COMMAND`.

init.py       begin a rules directory of one's own
check.py      do the rules load, and do their cases hold?
publish.py    all that is said, as files (publish/server_snippets.py: headers in servers' words; shelf.py: whose)
explain.py    why was this refused, and what would become of that?
line_commands.py  identify and decide: JSON lines in, JSON lines out
serve.py      the guard in front of a site
schemas.py    write the schemas by which editors complete and check
replay.py     what the rules would have done to an access log (logfiles.py, replay_report.py)
update.py     fetch the operators' address lists anew (over https, with bounds: fetch/)
import_.py    rules from what people already have: robots.txt, Anubis, nginx maps

audit.py      what a site tells machines, seen from outside (asking.py, audit_report.py)
evidence.py   what was said to whom, and what was taken (exporting.py, timestamping.py)
status.py     the desk on one screen; top.py, the same live
platforms.py  what the platforms say that hold your music; watch.py, beside a browser
demo.py       the demo site, the guard, and a cast of clients
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from stagedoor.fronts.replay.formats import FORMATS
from stagedoor.model.errors import ConfigError, StagedoorError
from stagedoor.model.facts import MODES, PROOFS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except ConfigError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        count = len(error.problems)
        print(f"{count} mistake{'s' * (count != 1)}.", file=sys.stderr)
    except StagedoorError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:  # whoever reads has seen enough
        sys.stderr.close()
    except KeyboardInterrupt:
        return 130
    return 1


def _run(options: argparse.Namespace) -> int:
    """Each command imports what it needs: `identify` need not wait for mitmproxy."""
    command = options.command
    if command == "check":
        from stagedoor.cli import check

        return check.run(options.rules, options.robots)
    if command == "publish":
        from stagedoor.cli import publish

        return publish.run(options)
    if command == "explain":
        from stagedoor.cli import explain

        return explain.run(options)
    if command in {"identify", "decide"}:
        from stagedoor.cli import line_commands

        source: Iterable[bytes] = sys.stdin.buffer
        if command == "identify":
            source = [os.fsencode(agent) for agent in options.agents] or source
            if not options.json:
                return line_commands.tell(options.rules, source, sys.stdout)
        return line_commands.run(command, options.rules, source, sys.stdout.buffer)
    if command == "serve":
        from stagedoor.cli import serve

        return serve.run(options)
    if command == "demo":
        from stagedoor.cli import demo

        return demo.run(options)
    if command == "replay":
        from stagedoor.cli import replay

        return replay.run(options)
    if command == "update":
        from stagedoor.cli import update

        return update.run(options)
    if command == "import":
        from stagedoor.cli import import_

        return import_.run(
            options.files,
            options.kind,
            options.out,
            options.rules,
            everything=options.all,
        )

    if command == "audit":
        from stagedoor.cli import audit

        return audit.run(options)
    if command == "evidence":
        from stagedoor.cli import evidence

        return evidence.run(options)
    if command == "status":
        from stagedoor.cli import status

        return status.run(options)
    if command == "top":
        from stagedoor.cli import top

        return top.run(options)
    if command == "platforms":
        from stagedoor.cli import platforms

        return platforms.run(options)
    if command == "watch":
        from stagedoor.cli import watch

        return watch.run(options)
    if command == "init":
        from stagedoor.cli import init

        return init.run(options.folder)
    if command == "schema":
        from stagedoor.cli import schemas

        return schemas.run(options.folder, options.rules)
    from stagedoor.load import rule_folder

    print(rule_folder.GUARD_SCRIPT)
    return 0


def _parser() -> argparse.ArgumentParser:
    from stagedoor.cli import audit_arguments, evidence, platforms
    from stagedoor.load import rule_folder

    parser = argparse.ArgumentParser(
        prog="stagedoor", description="Stands at the door of a self-hosted music site."
    )
    parser.add_argument("--version", action="version", version=rule_folder.program_version())
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="say whether the rules load and their cases hold")
    check.add_argument("rules", nargs="?", type=Path, metavar="DIR", help=_RULES)

    check.add_argument(
        "--robots", type=Path, metavar="FILE", help="your site's robots.txt (-: from a pipe)"
    )

    publish = commands.add_parser(
        "publish",
        help="write what you say to machines into files, for a site that is elsewhere",
        description="robots.txt with your stance in it, ai.txt, the licence, tags for your pages, "
        "and the headers for nginx, Caddy and Apache. Nothing that is not ours is overwritten.",
    )
    publish.add_argument("folder", type=Path, metavar="DIR", help="the folder of your site")
    publish.add_argument("--rules", type=Path, metavar="DIR", help=_RULES)
    publish.add_argument(
        "--robots", type=Path, metavar="FILE", help="your robots.txt, if it is not in DIR"
    )

    why = commands.add_parser(
        "explain",
        help="say how a verdict comes about, rule by rule",
        description="For a request in words, or for one that was refused: by the short name that "
        "stands on its refusal.",
    )
    why.add_argument("id", nargs="?", metavar="REQUEST", help="the name on a refusal: K7Q29FXM")
    why.add_argument("--ua", metavar="TEXT", help="the User-Agent header")
    why.add_argument("--path", default="/", metavar="PATH", help="what is asked for: /music/a.mp3")
    why.add_argument("--ip", metavar="ADDRESS", help="where it comes from")
    why.add_argument("--header", action="append", default=[], metavar='"NAME: VALUE"')
    why.add_argument("--method", default="GET")
    why.add_argument("--host", default="", metavar="NAME", help="the site's name, as asked for")
    why.add_argument("--type", default="", metavar="TYPE", help="the response's Content-Type")
    why.add_argument("--proof", choices=PROOFS, help="how sure its claim is taken to be")
    why.add_argument("--ja4", default="", metavar="JA4", help="its TLS fingerprint")
    why.add_argument("--mode", choices=MODES, help="instead of the stance's")
    why.add_argument("--state", type=Path, metavar="DIR", help="the guard's state directory")
    why.add_argument("--rules", type=Path, metavar="DIR", help=_RULES)
    why.add_argument("--all", action="store_true", help="every rule with every condition")
    why.add_argument("--json", action="store_true", help="for machines")

    what = "who a user agent claims to be, and whether that gets recordings"
    who = commands.add_parser("identify", help=what, description=what)
    who.add_argument(
        "agents", nargs="*", metavar="AGENT", help="none: one a line from standard input"
    )
    who.add_argument("--json", action="store_true", help="JSON lines, for programs")
    who.add_argument("--rules", type=Path, metavar="DIR", help=_RULES)

    what = "requests as JSON lines in (ua, method, path, host, headers, ip); verdicts out"
    lines = commands.add_parser("decide", help=what, description=what)
    lines.add_argument("--json", action="store_true", help="JSON lines (there is no other form)")
    lines.add_argument("--rules", type=Path, metavar="DIR", help=_RULES)

    serve = commands.add_parser("serve", help="guard a site")
    serve.add_argument("--upstream", metavar="URL", help="where the site answers")
    serve.add_argument(
        "--listen", metavar="HOST:PORT", help="where visitors come to (0.0.0.0:8080)"
    )
    serve.add_argument("--rules", type=Path, metavar="DIR", help=_RULES)
    serve.add_argument("--state", type=Path, metavar="DIR", help="keep the decision log there")
    serve.add_argument("--mode", choices=MODES, help="observe refuses nobody")
    serve.add_argument("--metrics", metavar="HOST:PORT", help="where metrics are served, or off")
    serve.add_argument("--trusted-proxies", metavar="A,B", help="whose X-Forwarded-For is believed")

    demo = commands.add_parser("demo", help="see it at work on a small music site")
    demo.add_argument("--once", action="store_true", help="end after the table")

    replay = commands.add_parser(
        "replay", help="what the rules would have done to the requests in access logs"
    )
    replay.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="logs of nginx, Apache or Caddy, HAR or mitmproxy flow files, plain or gzip; - reads "
        "standard input",
    )
    replay.add_argument("--rules", type=Path, metavar="DIR", help=_RULES)
    replay.add_argument(
        "--diff", type=Path, metavar="DIR", help="rules from before: show whose verdict changes"
    )
    replay.add_argument("--format", choices=FORMATS, default="auto", help="if it is not guessed")
    replay.add_argument("--since", metavar="DAY", help="2026-10-01, or a time; UTC")
    replay.add_argument(
        "--until", metavar="DAY", help="the last day (or a time that is no more in)"
    )
    replay.add_argument("--json", action="store_true", help="everything, for programs")

    init = commands.add_parser(
        "init", help="begin a rules directory of your own, with a stance.yaml"
    )
    init.add_argument("folder", type=Path, metavar="DIR")

    brought = commands.add_parser(
        "import",
        help="rules from a robots.txt, a list of AI crawlers, an Anubis policy, nginx maps",
    )
    brought.add_argument("files", nargs="+", type=Path, metavar="FILE")
    brought.add_argument(
        "--from",
        dest="kind",
        choices=("robots", "ai-robots", "anubis", "nginx-map"),
        help="what the files are; else their content tells",
    )
    brought.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write there; without it, print what would be written",
    )
    brought.add_argument(
        "--rules",
        type=Path,
        metavar="DIR",
        help="whose stance counts, if not that of --out",
    )
    brought.add_argument("--all", action="store_true", help="also what the stance already says")

    schema = commands.add_parser(
        "schema", help="write JSON Schemas, by which editors complete and check while you type"
    )
    schema.add_argument("folder", type=Path, metavar="DIR")
    schema.add_argument("--rules", type=Path, metavar="DIR", help=_RULES)

    update = commands.add_parser(
        "update", help="fetch the address lists anew by which crawlers are recognised"
    )
    update.add_argument(
        "--state", type=Path, required=True, metavar="DIR", help="the guard's state directory"
    )
    update.add_argument("--rules", type=Path, metavar="DIR", help=_RULES)
    update.add_argument("--force", action="store_true", help="also what was asked within the hour")
    update.add_argument(
        "--accept-smaller", action="store_true", help="also lists that lost more than half"
    )
    update.add_argument(
        "--allow-private",
        action="store_true",
        help="also servers and networks that are not on the Internet: for tests",
    )

    evidence.arguments(commands)
    audit_arguments.add(commands)
    platforms.arguments(commands)
    for name, what in (
        ("status", "is the guard up, what are its rules like, who came today"),
        ("top", "who is at the door, live; q ends it"),
    ):
        one = commands.add_parser(name, help=what, description=_DESK)
        one.add_argument("--at", default=_AT, metavar="HOST:PORT", help=f"the desk ({_AT})")
        if name == "status":
            one.add_argument("--json", action="store_true", help="for programs")

    commands.add_parser("path", help='print the script for: mitmdump -s "$(stagedoor path)"')
    return parser


_AT = "127.0.0.1:9464"
_DESK = (
    "Asks the desk, on the address of the metrics. Where it wants a password, put it into the "
    "environment as STAGEDOOR_DESK_PASSWORD."
)
_RULES = "a directory with stance.yaml and rules, laid over the shipped ones"
