"""Logins: whether the site checks who asks, and who guesses passwords.

Credentials are believed only where the site refuses the very same request without them
(`fronts/checked_paths.py`): only then the guard lets the request go on. Whether they are right the
site's answer to the request itself shows.
"""

from __future__ import annotations

from typing import Literal

from mitmproxy import http

from stagedoor.fronts.checked_paths import NAMED, CheckedPaths
from stagedoor.fronts.mitmproxy.upstream_client import Upstream
from stagedoor.identify.site_credentials import is_subsonic, not_let_in, said_yes, says_nothing
from stagedoor.model.client_keys import client_key
from stagedoor.model.facts import Request, Resource
from stagedoor.resources import response_kinds
from stagedoor.signals.file_forms import unpacked

Outcome = Literal["accepted", "refused", "recording"]
"""The site has let the client in; it has not; it has not, and a recording came all the same."""


class Logins(CheckedPaths):
    """Those of one site."""

    async def are_checked(self, flow: http.HTTPFlow) -> bool:
        """Whether the site refuses the request in `flow`, as it goes to the site, without a login."""
        request = flow.request
        fields = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.headers.fields
            if name.decode("latin-1").lower() in NAMED
        ]
        upstream = Upstream(request.scheme, request.host, request.port)
        return await self.refuse_strangers(upstream, request.path, request.headers, fields)

    def outcome(self, response: http.Response, request: Request, start: bytes | None) -> Outcome:
        """What the site's answer says of the login; `start` are its first bytes, if any were held.

        A wrong one is counted against its household.
        """
        head = response_kinds.read(response.headers.fields)
        said = unpacked(start, head.coding) if start is not None else None
        calls = is_subsonic(request.target)
        kind = response.headers.get("content-type", "")
        good = 200 <= response.status_code < 300
        if calls and good and request.method != "HEAD":
            good = said is not None and said_yes(said, kind)
        if good:
            return "accepted"
        if response.status_code == 401 or (
            calls and said is not None and (not_let_in(said) or says_nothing(said, kind))
        ):
            self.wrong(client_key(request.address))
        shown = response_kinds.from_head(Resource("other", request.path), head)
        if start:
            shown = response_kinds.from_body(shown, head, start)
        return "recording" if shown.guarded else "refused"
