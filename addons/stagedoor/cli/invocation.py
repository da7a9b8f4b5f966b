"""How this program was called: `./run check` from a checkout, `stagedoor check` where installed.

`./run` says so in the environment. Messages name commands as `stagedoor COMMAND`; what is printed
names them as the user can type them.
"""

from __future__ import annotations

import os
import re

from stagedoor.cli.command_table import COMMANDS

CALLED = "STAGEDOOR_COMMAND"
_COMMAND = re.compile(rf"\bstagedoor (?=(?:{'|'.join(command.name for command in COMMANDS)})\b)")


def as_called(text: str) -> str:
    """`text` with commands as they can be typed here."""
    called = os.environ.get(CALLED, "")
    return _COMMAND.sub(lambda _: f"{called} ", text) if called else text
