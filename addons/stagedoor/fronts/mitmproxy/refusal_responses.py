"""The response to a request that is refused, as mitmproxy sends it."""

from __future__ import annotations

from mitmproxy import http

from stagedoor.fronts.mitmproxy.answers_given import as_response
from stagedoor.fronts.mitmproxy.flow_request import is_secure
from stagedoor.fronts.mitmproxy.passage import Passage
from stagedoor.fronts.mitmproxy.signal_responses import SignalResponses
from stagedoor.fronts.refusals import refuse
from stagedoor.fronts.service import Service
from stagedoor.identify.botauth import TAG
from stagedoor.model.actions import CHALLENGING


def refusal(
    flow: http.HTTPFlow, passage: Passage, service: Service, signals: SignalResponses
) -> http.Response:
    """What a refused client gets: a page with the reason, a challenge, or the announcement."""
    verdict, request = passage.verdict, passage.request
    if verdict.action in CHALLENGING:
        response = as_response(
            service.challenges.page(
                passage, request.target, bits=verdict.bits, wait=verdict.seconds,
                name=passage.name(),
            )
        )  # fmt: skip
        signals.refusing(response)
        return response
    response = as_response(
        refuse(
            passage.request,
            passage.client,
            passage.resource,
            passage.verdict,
            passage.policy.stance.artist,
            passage.name(),
            passage.policy.offers.offers,
            may_sign=_may_sign(passage),
            come_by=_page_of_passes(flow, passage, service),
            announced=passage.policy.stance.announcement == "yes",
        )
    )
    signals.refusing(response)
    passage.answered_with = response.status_code
    return response


def _page_of_passes(flow: http.HTTPFlow, passage: Passage, service: Service) -> str:
    """The address of the page where a client is sent that was refused for want of a pass."""
    if passage.request.passed != "missing":
        return ""
    if passage.verdict.rule not in passage.policy.rules_about_passes:
        return ""
    stance = passage.policy.stance
    scheme = "https" if is_secure(flow, passage.request, service.trusted) else "http"
    site = stance.publish.address or f"{scheme}://{passage.request.header('host')}"
    return site.rstrip("/") + stance.passes.page


def _may_sign(passage: Passage) -> bool:
    """Whether a signature could still prove who this is: it is known to sign, or it tried to."""
    client, tried = passage.client, passage.request.header("signature-input")
    return client.proof != "verified" and (passage.policy.signs(client) or TAG in tried)
