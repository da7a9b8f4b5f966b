"""What a site runs on: a few questions to it, and the profile whose signs stand in the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from stagedoor.cli.site_client import Asker, Wish
from stagedoor.model.errors import StagedoorError
from stagedoor.resources.site_profiles import ProfileFile, proposed

_WISH = Wish(200_000, seconds=5)
_MOST = 20
"""Addresses that are asked for."""


def guess(url: str, files: Mapping[str, ProfileFile]) -> str:
    """The name of the profile that fits the site at `url`; empty where none does.

    StagedoorError where the site does not answer.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise StagedoorError(f'"{url}" is not the address of a site — write http://localhost:8000')
    return asyncio.run(_guess(f"{parts.scheme}://{parts.netloc}", files))


async def _guess(site: str, files: Mapping[str, ProfileFile]) -> str:
    asker = Asker("Stagedoor (looks what its own site runs on)")
    wanted = dict.fromkeys(["/", *(sign.get for file in files.values() for sign in file.known_by)])
    answers: dict[str, tuple[Sequence[tuple[str, str]], str]] = {}
    for path in list(wanted)[:_MOST]:
        found = await asker.get(site + path, _WISH)
        if found.trouble:
            if not answers:
                raise StagedoorError(f"{site} {found.trouble} — is it running?")
            continue
        answers[path] = (found.fields, found.body.decode("utf-8", "replace"))
    return proposed(answers, files)
