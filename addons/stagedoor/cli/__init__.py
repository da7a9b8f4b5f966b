"""The command line: `stagedoor COMMAND`. command_table.py has the table; each command is one module.

Modules that are no commands: shared_options.py, json_answers.py and slow_notice.py (shared by several),
invocation.py (commands as the user can type them), audit_report.py and replay_report.py (results as text), site_client.py (requests of an audit),
evidence_folder.py and time_stamp.py (evidence in a folder), log_files.py (opens access logs), output_folder.py
(a folder of files that we may replace).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from stagedoor.cli.command_table import parser

COMPLETING = "_ARGCOMPLETE"
"""The variable by which a shell asks."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    if COMPLETING in os.environ:  # a shell asks what may follow (`stagedoor completion`)
        from stagedoor.cli.completion import complete

        complete()
    options = parser().parse_args(arguments)
    from stagedoor.cli.invocation import as_called
    from stagedoor.model.errors import ConfigError, StagedoorError

    try:
        if getattr(options, "site", ""):
            from stagedoor.cli.shared_options import in_site

            in_site(options)
        status: int = options.func(options)
    except ConfigError as error:
        for problem in error.problems:
            print(as_called(str(problem)), file=sys.stderr)
        count = len(error.problems)
        print(f"{count} mistake{'s' * (count != 1)}.", file=sys.stderr)
    except StagedoorError as error:
        print(as_called(str(error)), file=sys.stderr)
    except BrokenPipeError:  # the reader of a pipe has ended
        sys.stderr.close()
    except KeyboardInterrupt:
        return 130
    else:
        return status
    return 1
