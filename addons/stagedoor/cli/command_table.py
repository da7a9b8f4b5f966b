"""The table of commands, and the parser that is made from it.

Each command is a module of this package with two functions: `arguments(parser)` adds what it takes,
`run(options)` does it and returns the exit status. A module is imported only when its command is
used: the list of commands, and a quick `identify`, need not wait for what the others import.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple, NoReturn, override


class Command(NamedTuple):
    """A command: the word to type, the module of this package, and one line of help."""

    name: str
    module: str
    help: str

    @property
    def summary(self) -> str:
        """The help as a sentence, for the head of the command's own help."""
        return f"{self.help[0].upper()}{self.help[1:]}."


# fmt: off
# `./run` reads these lines as text: one line a command, in this form.
COMMANDS = (
    Command("demo", "demo", "see it at work on a small music site"),
    Command("serve", "serve", "guard your site: run the guard in front of it"),
    Command("authorize", "authorize", "answer nginx, Caddy, Traefik, HAProxy or Envoy whether a request may come in"),
    Command("export", "export", "write such a proxy's configuration, with the plainest refusals in it"),
    Command("setup", "setup", "install it for good: five questions, then all the files, and a trial"),
    Command("doctor", "doctor", "look whether site, proxy, guard and evidence are as they should be"),
    Command("init", "init", "begin a rules directory of your own, with a stance.yaml"),
    Command("check", "check", "say whether the rules load and their cases hold"),
    Command("explain", "explain", "say how a verdict comes about, rule by rule"),
    Command("replay", "replay", "what the rules would have done to the requests in access logs"),
    Command("status", "status", "is the guard up, what are its rules like, who came today"),
    Command("top", "top", "who visits right now, live; q ends it"),
    Command("audit", "audit", "what a site tells machines about AI, standard by standard, and what contradicts"),
    Command("downloads", "downloads", "how often people downloaded each recording, by month, as CSV"),
    Command("evidence", "evidence", "what crawlers were notified of, and what they took"),
    Command("licence", "licence", "let one person or company take what others may not: a token for them"),
    Command("pass", "pass_", "let one buyer take the files that you have sold: a link for them"),
    Command("canary", "canary", "who was handed the links in a list that somebody publishes"),
    Command("traps", "traps", "recordings for programs that ignore robots.txt, to be recognised elsewhere"),
    Command("publish", "publish", "write what you say to machines into files, for a site that is elsewhere"),
    Command("update", "update", "fetch the address lists anew by which crawlers are recognised"),
    Command("import", "import_", "rules from a robots.txt, a list of AI crawlers, an Anubis policy, nginx maps"),
    Command("platforms", "platforms", "what the platforms say that hold your music, and what they change"),
    Command("watch", "watch", "watch those platforms while you surf, in a browser with a profile of its own"),
    Command("identify", "identify", "who a user agent claims to be, and whether that gets recordings"),
    Command("decide", "decide", "requests as JSON lines in (ua, method, path, host, headers, ip); verdicts out"),
    Command("schema", "schema_files", "write JSON Schemas, by which editors complete and check while you type"),
    Command("path", "path", 'print the script for: mitmdump -s "$(stagedoor path)"'),
)
# fmt: on


class _CommandParser(argparse.ArgumentParser):
    """Adds its command's arguments when it is used, not before."""

    command: Command | None = None

    @override
    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self.command is not None:
            module = import_module(f"stagedoor.cli.{self.command.module}")
            summary = self.command.summary
            self.command = None
            module.arguments(self)
            # What it does comes first; a command may add to that.
            self.description = " ".join(filter(None, (summary, self.description)))
            self.set_defaults(func=module.run)
        return super().parse_known_args(args, namespace)


class _Version(argparse.Action):
    """Like argparse's own, but the version is looked up only when it is asked for."""

    @override
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> NoReturn:
        from stagedoor.load.rule_folder import program_version

        print(program_version())
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The parser of the whole program. What it returns has `func`, which takes it and runs."""
    whole = argparse.ArgumentParser(
        prog="stagedoor", description="Guards a self-hosted music site against crawlers."
    )
    whole.add_argument(
        "--version", action=_Version, nargs=0, help="show program's version number and exit"
    )
    commands = whole.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=_CommandParser
    )
    for command in COMMANDS:
        commands.add_parser(command.name, help=command.help).command = command
    return whole
