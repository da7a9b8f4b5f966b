"""The password of a shared store: from the environment, a file, or systemd's credentials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stagedoor.model.errors import StagedoorError

VARIABLE = "STAGEDOOR_STORE_PASSWORD"
FILE = "STAGEDOOR_STORE_PASSWORD_FILE"
CREDENTIAL = "store-password"
"""Its name in systemd's LoadCredential=."""


def store_password(environment: Mapping[str, str]) -> str:
    """The password, empty where none is set. StagedoorError where its file cannot be read."""
    if environment.get(VARIABLE):
        return environment[VARIABLE]
    named = environment.get(FILE)
    if not named:
        folder = environment.get("CREDENTIALS_DIRECTORY")
        if not folder or not (Path(folder) / CREDENTIAL).is_file():
            return ""
        named = str(Path(folder) / CREDENTIAL)
    try:
        return Path(named).expanduser().read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise StagedoorError(
            f"the store's password cannot be read from {named}: {reason}"
        ) from error
