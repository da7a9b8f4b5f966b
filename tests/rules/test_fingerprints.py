"""The shipped rules/fingerprints.yaml, and `client.traits` in rules."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import yaml

from making import ROOT, asks, judgement, mistakes, rules
from stagedoor.load.rule_folder import load
from stagedoor.model.facts import Arrival

SHIPPED = ROOT / "rules" / "fingerprints.yaml"
SEEN = json.loads((ROOT / "tests" / "identify" / "seen.json").read_text("utf-8"))
RULE = """
    - id: handshake-of-another
      title: A browser whose handshake is another program's
      when:
        client.traits: [tls-not-a-browser, h2c-upgrade]
      then: block
      cases:
        - {ua: Firefox/140.0, get: /a.mp3, traits: tls-not-a-browser, expect: block}
        - {ua: Firefox/140.0, get: /a.mp3, traits: [no-accept-language], expect: allow}
        - {ua: Firefox/140.0, get: /a.mp3, expect: allow}
    """
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)


def test_every_program_that_was_seen_has_its_family() -> None:
    families = load().families
    for row in SEEN:
        if row["ja4"] and not row["client"].startswith(("curl_cffi", "primp")):
            family = families.of(row["ja4"])
            assert family is not None
            assert family.engine == {"Chromium": "chromium", "Firefox": "firefox"}.get(
                row["client"], ""
            )


def test_the_tool_would_write_the_file_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tools")
    from measure_ja4 import as_yaml, families  # type: ignore[import-not-found, unused-ignore]

    before: dict[str, Any] = yaml.safe_load(SHIPPED.read_text("utf-8"))
    assert as_yaml(families([], before, "2026-11-23")) == SHIPPED.read_text("utf-8")
    rows = [row for family in before["families"] for row in family["seen"]]
    assert all(date.fromisoformat(row["date"]) for row in rows)


def test_python_dressed_as_chrome_is_told_from_chrome() -> None:
    policy = load()
    request = asks(CHROME, "/music/a.mp3", accept="*/*")
    python = "t13d1812h1_85036bcba153_b26ce05bbdd6"
    chromium = "t13d1517h2_8daaf6152771_cb7bf5808d99"
    dressed, _, _ = judgement(
        policy, request, arrival=Arrival(python, plaintext=False, proxied=False)
    )
    assert "tls-not-a-browser" in dressed.traits
    real, _, _ = judgement(
        policy, request, arrival=Arrival(chromium, plaintext=False, proxied=False)
    )
    assert "tls-not-a-browser" not in real.traits


def test_rules_may_ask_for_traits() -> None:
    from stagedoor.engine.cases import run_cases

    assert run_cases(rules(RULE)) == (3, [])


def test_a_trait_that_is_none() -> None:
    told = "\n".join(mistakes({"10-a.yaml": RULE.replace("h2c-upgrade", "h2c-upgrad")}))
    assert '"h2c-upgrad" is not one of: tls-not-a-browser' in told
    assert 'did you mean "h2c-upgrade"' in told
    told = "\n".join(mistakes({"10-a.yaml": RULE.replace("[no-accept", "[no-accepted")}))
    assert 'there is no trait "no-accepted-language"' in told


def test_an_emptied_file_switches_families_off() -> None:
    assert rules(RULE).families.by_middle == {}
