"""The two addresses of the desk that do something: switch the mode, make an export."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from markupsafe import Markup
from tornado.web import HTTPError

from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import MODES
from stagedoor.web.desk.answers import PATIENCE, Handler
from stagedoor.web.desk.archive import export
from stagedoor.web.desk.elements import page, sent
from stagedoor.web.desk.evidence_panel import EXPORTED, command
from stagedoor.web.desk.mode_panel import ask_page
from stagedoor.web.desk.places import place
from stagedoor.web.desk.texts import language, say

_PORTION = 64 << 10


class SwitchMode(Handler):
    def get(self) -> None:
        """Ask before nobody is refused any more."""
        outlook = self.outlook()
        self.html(ask_page(outlook, self.desk.gate.token))

    async def post(self) -> None:
        self.must_be_ours()
        mode = self.get_body_argument("mode", "")
        wanted = next((known for known in MODES if known == mode), None)
        if wanted is None:
            raise HTTPError(400, say("desk.failed"))
        try:
            await self.aside(self.desk.switch, wanted, str(self.request.remote_ip))
        except StagedoorError as error:
            raise HTTPError(503, "%s", error) from error
        self.redirect(place("/#mode-h"), status=303)


class Export(Handler):
    async def post(self) -> None:
        self.must_be_ours()
        state, crawler = self.outlook().state, self.get_body_argument("crawler", "")
        if state is None or not crawler.isprintable() or not 0 < len(crawler) <= 255:
            raise HTTPError(400, say("desk.failed"))
        if not self.desk.exporting.acquire(blocking=False):
            raise HTTPError(503, say("desk.busy"))
        try:
            with tempfile.TemporaryDirectory(prefix="stagedoor-") as folder:
                await self._send(await self.aside(
                    export, state, crawler, EXPORTED, language(), Path(folder)
                ))  # fmt: skip
        except StagedoorError as error:
            self.set_status(409)
            told = Markup("<h1>{}</h1><p>{}</p><pre>{}</pre>").format(
                say("desk.failed"), sent(str(error), 2000), command(state)
            )
            self.html(page(say("title"), told))
        finally:
            self.desk.exporting.release()

    async def _send(self, packed: Path) -> None:
        self.set_header("Content-Type", "application/zip")
        self.set_header("Content-Disposition", f'attachment; filename="{packed.name}"')
        with packed.open("rb") as file:
            self.set_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            while portion := file.read(_PORTION):
                self.write(portion)
                await asyncio.wait_for(self.flush(), PATIENCE)
