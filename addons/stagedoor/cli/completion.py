"""`stagedoor completion SHELL`: a script by which the shell completes commands, options and files.

The script asks this program at every Tab, so it knows what the installed version knows.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "stagedoor"
_FOLDERS = frozenset({"DIR", "OUT"})


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the shell."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    from argcomplete.shell_integration import shellcode

    print(shellcode([PROGRAM], shell=options.shell))
    return 0


def complete() -> None:
    """Answer a shell that asks what may follow; the process ends with it."""
    from argcomplete import autocomplete
    from argcomplete.completers import DirectoriesCompleter, FilesCompleter, SuppressCompleter

    from stagedoor.cli.command_table import parser

    typed = os.environ.get("COMP_LINE", "").split()
    whole = parser(typed[1] if len(typed) > 1 else "")
    for action in _paths(whole):
        completer = DirectoriesCompleter() if action.metavar in _FOLDERS else FilesCompleter()
        action.completer = completer  # type: ignore[attr-defined]
    # Where a name or an address is asked for, files of the folder at hand help nobody.
    autocomplete(whole, default_completer=SuppressCompleter(), always_complete_options=False)


def _paths(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The arguments that are files or folders, also of commands within."""
    # argparse has no public way to them.
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for inner in action.choices.values():
                yield from _paths(inner)
        elif getattr(action.type, "__name__", "") == "Path":
            yield action
