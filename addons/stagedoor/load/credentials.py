"""Content credentials (C2PA) of audio files, read with c2pa-python where that is installed.

The edge to a library that opens files; what its report means is read in `signals.standards.c2pa`.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from stagedoor.model.errors import StagedoorError
from stagedoor.signals.meaning import Statement
from stagedoor.signals.standards import c2pa

MEDIA_TYPES = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mp4": "audio/mp4",
}
"""Files that can carry credentials which the library reads; Ogg cannot yet."""

_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
"""A file must not choose where this machine connects to."""


class CredentialsError(StagedoorError):
    """Credentials cannot be read. Says why, and the fix."""


def read(path: Path) -> Statement | None:
    """What the file says about AI. None where it says nothing or cannot carry credentials.

    Raises CredentialsError where the library is missing or cannot make sense of the file, OSError
    where the file cannot be opened.
    """
    media_type = MEDIA_TYPES.get(path.suffix.lower())
    if media_type is None:
        return None
    library = _library()
    with path.open("rb") as file, library.Context.from_dict(_OFFLINE) as context:
        try:
            reader = library.Reader.try_create(media_type, file, context=context)
            if reader is None:
                return None
            with reader:
                return c2pa.read(reader.json())
        except library.C2paError as error:
            raise CredentialsError(
                f"{path}: content credentials cannot be read ({error}) — does it play? encode it anew"
            ) from error


def _library() -> ModuleType:
    try:
        import c2pa as library  # noqa: PLC0415 (54 MB, an extra: most people do without)
    except ImportError as error:
        raise CredentialsError(
            "content credentials need c2pa-python — pip install 'stagedoor[c2pa]'"
        ) from error
    found: ModuleType = library
    return found
