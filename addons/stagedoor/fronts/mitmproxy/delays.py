"""Requests that are answered later: each holds a connection open, so only so many wait at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import replace

from stagedoor.fronts.mitmproxy.passage import Passage
from stagedoor.model.actions import THROTTLE, named
from stagedoor.rules.written_action import RETRY_AFTER

MOST_WAITING = 200
"""At the same time."""


class Delays:
    """One guard's."""

    def __init__(self) -> None:
        self.waiting = 0

    def wait(self, passage: Passage) -> Awaitable[None] | None:
        """What a delayed request has to wait for. Where too many do so already, it is throttled."""
        verdict = passage.verdict
        if not verdict.delayed or passage.waited:
            return None
        if self.waiting >= MOST_WAITING:
            later = named(THROTTLE)
            passage.verdict = replace(
                verdict, action=later.word, status=later.status, seconds=RETRY_AFTER
            )
            return None
        passage.waited = True
        return self._delayed(passage)

    async def _delayed(self, passage: Passage) -> None:
        self.waiting += 1
        try:
            await asyncio.sleep(passage.verdict.seconds)
        finally:
            self.waiting -= 1
            passage.passed_on = time.perf_counter()
