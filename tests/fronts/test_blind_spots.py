"""What the stance asks for and a guard cannot see."""

from __future__ import annotations

import pytest

from making import policy
from stagedoor.config.stance import Stance
from stagedoor.fronts.blind_spots import DOCS, at_start, in_check, of_request
from stagedoor.load.rule_folder import ROOT


def stance(text: str) -> Stance:
    return policy({"stance.yaml": text}).stance


STRICT = stance("others: {disguises: no}")


@pytest.mark.parametrize("text", ["", "others: {disguises: log}", "others: {disguises: yes}"])
def test_where_nothing_rests_on_the_handshake_nothing_is_said(text: str) -> None:
    mild = stance(text)
    assert at_start(mild, proxied=True, header="", certificate=False) == ""
    assert of_request(mild, proxied=True, header="", ja4="") == ""
    assert in_check(mild) == ""


def test_at_the_start() -> None:
    def said(*, proxied: bool, header: str = "", certificate: bool = False) -> str:
        return at_start(STRICT, proxied=proxied, header=header, certificate=certificate)

    assert "your proxy ends TLS" in said(proxied=True, certificate=True)
    assert "--set guard_ja4_header=X-JA4" in said(proxied=True)
    assert "without TLS" in said(proxied=False)
    assert said(proxied=False, certificate=True) == ""
    assert said(proxied=True, header="X-JA4") == ""


def test_a_request_shows_what_options_do_not() -> None:
    assert of_request(STRICT, proxied=False, header="", ja4="t13d") == ""
    assert "without TLS" in of_request(STRICT, proxied=False, header="", ja4="")
    missing = of_request(STRICT, proxied=True, header="X-JA4", ja4="")
    assert "the header X-JA4 does not come" in missing
    assert "your proxy ends TLS" in of_request(STRICT, proxied=True, header="", ja4="")


def test_check_reads_the_stance() -> None:
    assert "only where the guard itself ends TLS" in in_check(STRICT)
    proxied = "others: {disguises: no}\nsite: {trusted_proxies: [127.0.0.1]}"
    assert "your proxy ends TLS" in in_check(stance(proxied))
    told = "others: {disguises: no}\nsite: {trusted_proxies: [127.0.0.1], ja4_header: X-JA4}"
    assert in_check(stance(told)) == ""


def test_the_page_it_names_is_there() -> None:
    text = (ROOT / DOCS).read_text()
    for name in ("Caddy", "nginx", "HAProxy"):
        assert f"### {name}" in text
