"""Warnings about what stands in front of this guard: once each, in the log."""

from __future__ import annotations

import logging

from mitmproxy import http

from stagedoor.config.stance import Stance
from stagedoor.fronts.blind_spots import of_request
from stagedoor.fronts.mitmproxy.passage import Passage
from stagedoor.fronts.proxy_signs import Warnings
from stagedoor.fronts.service import Service

_log = logging.getLogger("stagedoor.door")


class ProxyWarnings:
    """One guard's."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._proxies = Warnings()
        self._unseen_told = False

    def look(self, flow: http.HTTPFlow, passage: Passage) -> None:
        """What stands in front and is not trusted, or hides the visitors: a line about each."""
        service, arrival = self._service, passage.arrival
        settings, peer = service.settings, flow.client_conn.peername
        if settings is None or peer is None or arrival is None:
            return
        if not arrival.ja4 and not self._unseen_told:
            self._tell_unseen(passage.policy.stance, proxied=arrival.proxied)
        text = self._proxies.look(
            peer[0],
            passage.request,
            service.trusted,
            service.edges,
            arrival.between,
            in_stance=settings.trusted_proxies is None,
        )
        if text:
            _log.warning("%s", text)

    def _tell_unseen(self, stance: Stance, *, proxied: bool) -> None:
        """Once: a request without a handshake, where the stance rests on one."""
        service = self._service
        text = of_request(stance, proxied=proxied, header=service.ja4_header, ja4="")
        if text:
            self._unseen_told = True
            if not service.unseen:  # else it was said at the start
                service.unseen = text
                _log.warning("%s", text)
