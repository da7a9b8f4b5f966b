"""What visitors do while the guard starts does not end it; what is wrong with the start does."""

from __future__ import annotations

import asyncio
import logging

import pytest
from mitmproxy.addons.errorcheck import ErrorCheck
from mitmproxy.test import taddons

from stagedoor.fronts.mitmproxy.crashes import spare_the_start


@pytest.mark.parametrize(
    ("logger", "traceback", "ends"),
    [
        ("mitmproxy.proxy.server", True, False),
        ("mitmproxy.proxy.server", False, False),
        ("asyncio", True, False),
        ("asyncio", False, False),
        ("mitmproxy.proxy.mode_servers", True, False),
        ("stagedoor.door", True, False),
        ("stagedoor.door", False, True),
        ("mitmproxy.addonmanager", True, True),
        ("mitmproxy.addons.proxyserver", False, True),
    ],
)
def test_only_a_fault_of_the_start_ends_it(logger: str, traceback: bool, ends: bool) -> None:
    async def start() -> None:
        check = ErrorCheck()
        with taddons.context(check) as context:
            spare_the_start(context.master)
            error = ValueError("x")
            logging.getLogger(logger).error("wrong", exc_info=error if traceback else None)
            try:
                await check.shutdown_if_errored()
            finally:
                check.finish()

    if ends:
        with pytest.raises(SystemExit):
            asyncio.run(start())
    else:
        asyncio.run(start())
