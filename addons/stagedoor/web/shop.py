"""`POST /passes`: a shop asks for a pass for what it has sold (see `marks/shop_calls.py`).

It stands beside the metrics, asks for no password, and answers 404 as long as no secret was made with
`stagedoor pass secret`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from tornado.web import RequestHandler

from stagedoor.marks.marked_links import PARAMETER
from stagedoor.marks.shop_calls import Calls, order
from stagedoor.model.errors import StagedoorError
from stagedoor.verify.mark_keys import read_shop_secret
from stagedoor.verify.sold_passes import sell
from stagedoor.web.server import Routes


class Passes(RequestHandler):
    """One call."""

    def initialize(self, state: Callable[[], Path | None], calls: Calls) -> None:
        """What it is made with."""
        self._state, self._calls = state, calls

    def post(self) -> None:
        """Sell a pass: 201 with its mark; 401 where the call is not signed as it should be."""
        state = self._state()
        try:
            secret = read_shop_secret(state) if state is not None else b""
        except StagedoorError as error:
            self._say(500, {"error": str(error)})
            return
        if state is None or not secret:
            self._say(
                404, {"error": "no shop may ask here: `stagedoor pass secret` makes a secret"}
            )
            return
        said = {name: self.request.headers.get(f"Stagedoor-{name}", "") for name in _FIELDS}
        body = self.request.body
        fault = self._calls.fault(
            secret, said["Time"], said["Nonce"], said["Signature"], body, time.time()
        )
        if fault:
            self._say(401, {"error": fault})
            return
        try:
            wanted = order(orjson.loads(body))
            mark, sold = sell(state, *wanted, time.time())
        except (orjson.JSONDecodeError, ValueError) as error:
            self._say(400, {"error": str(error)})
        except (OSError, StagedoorError) as error:
            self._say(503, {"error": str(error)})
        else:
            self._say(201, {
                "mark": mark, "serial": sold.serial, "parameter": f"{PARAMETER}={mark}",
                "paths": sold.paths, "until": sold.until, "count": sold.count,
            })  # fmt: skip

    def _say(self, status: int, found: dict[str, Any]) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(orjson.dumps(found) + b"\n")


_FIELDS = ("Time", "Nonce", "Signature")


def shop_routes(state: Callable[[], Path | None], base: str = "") -> Routes:
    """For the server, before the desk's own; `base` is where the desk of the site is."""
    return ((base + r"/passes", Passes, {"state": state, "calls": Calls()}),)
