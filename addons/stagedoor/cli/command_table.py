"""The table of commands, and the parser that is made from it.

Each command is a module of this package with two functions: `arguments(parser)` adds what it takes,
`run(options)` does it and returns the exit status. A module is imported only when its command is
used: the list of commands, and a quick `identify`, need not wait for what the others import.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
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
    Command("completion", "completion", "print the script by which bash, zsh or fish complete commands and options"),
    Command("path", "path", 'print the script for: mitmdump -s "$(stagedoor path)"'),
)
# fmt: on

# For `stagedoor --help`, which fits a small screen: at most 22 letters each, two in a row.
GROUPS: Mapping[str, Mapping[str, str]] = {
    "Begin": {
        "demo": "see it at work",
        "setup": "install it for good",
        "init": "your own rules",
        "doctor": "is all as it should be",
        "completion": "Tab in your shell",
    },
    "Run": {
        "serve": "guard your site",
        "authorize": "answer nginx and others",
        "export": "their configuration",
        "update": "fetch address lists",
        "path": "the script's place",
    },
    "Watch": {
        "status": "who came today",
        "top": "who is here now",
        "downloads": "how often, by month",
    },
    "Rules": {
        "check": "do the cases hold",
        "explain": "why was it refused",
        "replay": "try rules on a log",
        "identify": "whose is this agent",
        "decide": "verdicts as JSON",
        "import": "from other programs",
        "schema": "for your editor",
    },
    "Say": {
        "publish": "signals into files",
        "audit": "what a site says",
        "platforms": "what platforms say",
        "watch": "while you surf",
    },
    "Allow": {
        "licence": "a token to take more",
        "pass": "a link for a buyer",
    },
    "Prove": {
        "evidence": "what crawlers took",
        "canary": "who passed links on",
        "traps": "marked recordings",
    },
}


_LONG_USAGE = 6
"""Lines."""
_PLACES: Mapping[int | str | None, str] = {
    None: "{0}", "?": "[{0}]", "*": "[{0} ...]", "+": "{0} [{0} ...]",
}  # fmt: skip


class _CommandParser(argparse.ArgumentParser):
    """Adds its command's arguments when it is used, not before."""

    command: Command | None = None

    def fill(self) -> None:
        """Add them, once."""
        if self.command is None:
            return
        module = import_module(f"stagedoor.cli.{self.command.module}")
        summary = self.command.summary
        self.command = None
        module.arguments(self)
        # What it does comes first; a command may add to that.
        self.description = " ".join(filter(None, (summary, self.description)))
        self.set_defaults(func=module.run)
        if self.usage is None and len(self.format_usage().splitlines()) > _LONG_USAGE:
            self.usage = self._short_usage()

    def _short_usage(self) -> str:
        """The options are in the list below it: named twice, they leave no room for what they do."""
        # argparse has no public way to its arguments.
        places = [action for action in self._actions if not action.option_strings]
        names = " ".join(
            _PLACES.get(action.nargs, "{0} ...").format(action.metavar or action.dest)
            for action in places
        )
        return f"%(prog)s [OPTION ...] {names}".rstrip()

    @override
    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self.fill()
        return super().parse_known_args(args, namespace)


class _WholeParser(argparse.ArgumentParser):
    """Its help fits a screen of 80 by 24: commands by task, two in a row."""

    @override
    def format_help(self) -> str:
        lines = [f"{self.format_usage()}\n{self.description}\n\n"]
        for task, named in GROUPS.items():
            cells = [f"{name:<11}{what:<23}" for name, what in named.items()]
            for start in range(0, len(cells), 2):
                row = "  ".join(cells[start : start + 2]).rstrip()
                lines.append(f"{task if not start else '':<6} {row}\n")
        lines.append(f"\n{_MORE}\n")
        return "".join(lines)


_MORE = "stagedoor COMMAND --help says more of one; docs/reference/commands.md of all."


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


def parser(filled: str = "") -> argparse.ArgumentParser:
    """The parser of the whole program. What it returns has `func`, which takes it and runs.

    `filled` is a command whose arguments are added at once.
    """
    whole = _WholeParser(
        prog="stagedoor", description="Guards a self-hosted music site against crawlers."
    )
    whole.add_argument(
        "--version", action=_Version, nargs=0, help="show program's version number and exit"
    )
    commands = whole.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=_CommandParser
    )
    for command in COMMANDS:
        made = commands.add_parser(command.name, help=command.help)
        made.command = command
        if command.name == filled:
            made.fill()
    return whole
