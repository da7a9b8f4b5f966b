"""Writes the reference pages that follow from the code: `python -m tools.list_reference`.

docs/reference/commands.md   every command and option, as `--help` prints them
docs/reference/stance.md     the stance with its defaults, and the values of each word
docs/reference/rules.md      what a rule may ask for, and what it may do
docs/reference/options.md    the options of the addon
docs/reference/ledger.md     the entries of the ledger and their fields

A test holds the pages to the code (`--check`: reports what is out of date).
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import get_args, get_type_hints

from stagedoor.cli.command_table import COMMANDS
from stagedoor.config import stance
from stagedoor.config.schema import Model
from stagedoor.evidence import entries
from stagedoor.fronts.mitmproxy.options import OPTIONS
from stagedoor.load.rule_folder import SHIPPED_RULES
from stagedoor.model import actions
from stagedoor.rules import captions
from stagedoor.rules.fields import FIELDS, Field
from stagedoor.rules.written_case import After, Case
from tools import written_files
from tools.written_files import ROOT

PAGES = ROOT / "docs" / "reference"
_WRITTEN = "<!-- written by `python -m tools.list_reference` -->"
_WIDTH = 88


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; `|` in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        f"| {' | '.join(c.replace('|', chr(92) + '|') for c in row)} |\n" for row in lines
    )


class _Help(argparse.HelpFormatter):
    """argparse's, always of the same width: the terminal's does not count."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH)


def _of_command(name: str, module: str, summary: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"stagedoor {name}", formatter_class=_Help)
    import_module(f"stagedoor.cli.{module}").arguments(parser)
    parser.description = " ".join(filter(None, (summary, parser.description)))
    return parser


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parser and those of its sub-commands."""
    yield parser
    # argparse has no public way to its sub-commands.
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for inner in action.choices.values():
                yield from parsers(inner)


def commands() -> str:
    """docs/reference/commands.md."""
    parts = [
        f"# Commands\n\n{_WRITTEN}\n\n"
        "`./run COMMAND` in a checkout, `stagedoor COMMAND` where it is installed. Exit status 0 is "
        "success, 1 that something is wrong, 2 a mistake in what was typed; others stand below.\n"
    ]
    for command in COMMANDS:
        for depth, parser in enumerate(
            parsers(_of_command(command.name, command.module, command.summary))
        ):
            parser.formatter_class = _Help
            heading = "###" if depth else "##"
            parts.append(
                f"{heading} {parser.prog}\n\n```text\n{parser.format_help().rstrip()}\n```\n"
            )
    return "\n".join(parts)


_SECTIONS: Mapping[str, type[Model]] = {
    "": stance.Stance,
    "artist": stance.Artist,
    "ai": stance.Ai,
    "others": stance.Others,
    "audio": stance.Audio,
    "listening": stance.Listening,
    "passes": stance.Passes,
    "publish": stance.Publish,
    "evidence": stance.Evidence,
    "site": stance.Site,
    "on_error": stance.OnError,
}


def _values(kind: object) -> str:
    choices = [value for value in get_args(kind) if isinstance(value, str)]
    return ", ".join(f"`{value}`" for value in choices)


def the_stance() -> str:
    """docs/reference/stance.md."""
    shipped = (SHIPPED_RULES / "stance.yaml").read_text("utf-8").partition("\n")[2]
    parts = [
        f"# The stance\n\n{_WRITTEN}\n\n"
        "What `rules/stance.yaml` says by default. A stance of yours needs only the lines that differ.\n\n"
        f"```yaml\n{shipped.rstrip()}\n```\n"
    ]
    for section, model in _SECTIONS.items():
        hints = get_type_hints(model)
        words = captions.of(model)
        rows = [
            [f"`{section + '.' if section else ''}{word}`", _values(hints.get(word)), words[word]]
            for word in model.model_fields
            if word in words
        ]
        title = f"`{section}`" if section else "The whole"
        parts.append(f"## {title}\n\n{table(('Word', 'Values', 'Meaning'), rows)}")
    return "\n".join(parts)


_COMPARED: Mapping[str, str] = {
    "choice": "a word, or a list of words",
    "text": "a word, in any case",
    "set": "a word that is among them",
    "path": "`/music/**`, or `{re: …}`",
    "pattern": '`"*text*"`, `{re: …}`, `{present: no}`',
    "network": "`192.0.2.0/24`",
    "count": "`{over: 40}`",
    "size": "`{over: 2GB}`",
    "duration": "`{under: 10m}`",
}


def _field(name: str, field: Field) -> Sequence[str]:
    choices = ", ".join(f"`{choice}`" for choice in field.choices)
    return f"`{name}`", field.help + (f" ({choices})" if choices else ""), _COMPARED[field.kind]


def the_rules() -> str:
    """docs/reference/rules.md."""
    words = [(f"`{word}`", text) for word, text in captions.GROUPS.items()]
    bounds = [(f"`{word}`", text) for word, text in captions.BOUNDS.items()]
    does = [
        (f"`{a.word}{captions.TAKES[a.takes]}`", a.caption, str(a.status) if a.refuses else "")
        for a in actions.table()
    ]
    # Some words are Python's own, and have another name there.
    written = [field.alias or name for name, field in Case.model_fields.items()]
    case = [(f"`{word}`", captions.CAPTIONS[Case][word]) for word in written]
    after = [(f"`{word}`", captions.CAPTIONS[After][word]) for word in After.model_fields]
    purposes = [(f"`{word}`", text) for word, text in captions.PURPOSES.items()]
    kinds = [(f"`{word}`", text) for word, text in captions.KINDS.items()]
    return "\n".join(
        (
            f"# Rules\n\n{_WRITTEN}\n",
            "A rule has an `id`, a `title`, a condition (`when`), an action (`then`) and `cases`. "
            "Rules are asked in the order of their files' names. The first that lets in or refuses "
            "decides. The shipped ones in `rules/` are examples of everything here.\n",
            "## What a rule can ask for\n",
            table(("Field", "Meaning", "Compared with"), (_field(*one) for one in FIELDS.items())),
            "`request.header.NAME` is any header (a pattern), and `stance.…` any word of the stance.\n",
            "Fields of one block must all hold; of a list, one value is enough. Groups:\n",
            table(("Group", "Meaning"), words),
            "Numbers, sizes and times are compared with:\n",
            table(("Word", "Meaning"), bounds),
            "## What a rule can do\n",
            table(("`then:`", "What happens", "Status"), does),
            "`observe: yes` beside it tries a rule out: what it would have done is written down.\n",
            "## Cases\n",
            table(("Word", "Meaning"), case),
            "`after:` says what the visitor was sent just before:\n",
            table(("Word", "Meaning"), after),
            "## Purposes of clients\n",
            table(("Purpose", "The client"), purposes),
            "## Kinds of resource\n",
            table(("Kind", "What it is"), kinds),
        )
    )


def options() -> str:
    """docs/reference/options.md."""
    rows = [
        (f"`{name}`", f"`{default}`" if default else "", text) for name, default, text in OPTIONS
    ]
    return (
        f"# Options of the addon\n\n{_WRITTEN}\n\n"
        "For `mitmdump -s addons/guard.py --set NAME=VALUE`, and `stagedoor serve --set NAME=VALUE`. "
        "What an artist decides stands in the stance; these are for the person who starts the "
        f"program.\n\n{table(('Option', 'Default', 'Meaning'), rows)}"
    )


_VISITS = (
    entries.Notice, entries.Taking, entries.Refusal, entries.Proved, entries.Summary,
    entries.Handing, entries.Use,
)  # fmt: skip
_OTHERS = (
    entries.started, entries.ended, entries.seal, entries.loss, entries.pruning, entries.erasure,
    entries.thinning,
)  # fmt: skip


def ledger() -> str:
    """docs/reference/ledger.md."""
    visit = entries.Visit(0, "", "", "", "", "", "", "", "")
    parts = [
        f"# The ledger\n\n{_WRITTEN}\n\n"
        "`ledger.sqlite` in the state directory: entries chained by SHA-256, each with its number, "
        "its time (Unix milliseconds) and a body in JSON. A field may be added, and none changes its "
        "meaning. `stagedoor evidence verify` checks the chain; an export carries a verifier that "
        "needs nothing but Python.\n",
        f"```text\n{inspect.cleandoc(entries.__doc__ or '')}\n```\n",
        "## Entries about a visit\n",
        "Each has " + ", ".join(f"`{name}`" for name in visit.public()) + ".\n",
    ]
    parts.extend(f"### {kind.kind}\n\n{inspect.cleandoc(kind.__doc__ or '')}\n" for kind in _VISITS)
    parts.append("## Entries about the ledger and the site\n")
    for made in (entries.Publication, *_OTHERS):
        name = "publication" if made is entries.Publication else str(made.__name__)
        name = {"started": "start", "ended": "end"}.get(name, name)
        parts.append(f"### {name}\n\n{inspect.cleandoc(made.__doc__ or '')}\n")
    limits = entries.Limits()
    rows = [
        ("an entry", f"{limits.keep} days"),
        ("the full address of a client that proved nothing", f"{limits.address} days"),
        ("its network and user agent", f"{limits.visitor} days"),
        ("the file", f"at most {limits.max_bytes >> 20} MB"),
    ]
    parts.append(f"## How long it is kept\n\n{table(('What', 'How long'), rows)}")
    return "\n".join(parts)


def built() -> Iterator[tuple[Path, str]]:
    """Every page, and what should stand in it."""
    for name, text in (
        ("commands", commands()),
        ("stance", the_stance()),
        ("rules", the_rules()),
        ("options", options()),
        ("ledger", ledger()),
    ):
        yield PAGES / f"{name}.md", text.rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(written_files.main(built()))
