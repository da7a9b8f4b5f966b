"""The elements of a page's head that the standards read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a page holds: metas (name, content), licences' URLs as written, RSL texts."""

    metas: tuple[tuple[str, str], ...] = ()
    licences: tuple[str, ...] = ()
    inline: tuple[bytes, ...] = ()
