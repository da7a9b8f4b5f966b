"""Which site a request of mitmproxy's is for, and where it goes; with real programs in tests/e2e/test_sites.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from mitmproxy import connection, http

import severalsites
from flows import OFF, SMALL_RULES, GuardFixture, flow, lay_shipped, mitmproxy_with
from making import FIREFOX, GPTBOT
from stagedoor.fronts.host_table import HostTable
from stagedoor.fronts.mitmproxy.addon import Guard
from stagedoor.fronts.mitmproxy.guarded_sites import SITE, GuardedSites
from stagedoor.load import rule_folder
from stagedoor.model.errors import ConfigError
from stagedoor.model.events import Spent


@pytest.fixture
def several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GuardFixture]:
    """A guard in front of anna, who trusts a proxy, and berta, who trusts none."""
    lay_shipped(tmp_path, SMALL_RULES, monkeypatch)
    anna = severalsites.ANNA.replace('8001"', '8001", trusted_proxies: [192.0.2.1]')
    rules = severalsites.write(tmp_path / "rules", anna=anna)
    guard = Guard()
    with mitmproxy_with(guard) as context:
        found = GuardFixture(guard, context)
        found.set(guard_rules=str(rules), **OFF)
        yield found


def sites(several: GuardFixture) -> GuardedSites:
    assert several.guard.sites is not None
    return several.guard.sites


def entered(several: GuardFixture, host: str, agent: str = FIREFOX, **more: str) -> http.HTTPFlow:
    fields = {name.replace("_", "-"): value for name, value in more.items() if name != "peer"}
    return several.enter(
        flow(
            "/music/a.mp3",
            agent,
            headers={"Host": host, **fields},
            peer=more.get("peer", "198.51.100.7"),
        )
    )


def went_to(found: http.HTTPFlow) -> tuple[str, str, int]:
    data = found.request.data
    return data.scheme.decode(), data.host, data.port


def test_a_request_goes_to_the_address_of_its_site(several: GuardFixture) -> None:
    anna = entered(several, "Anna.Example:443")
    assert went_to(anna) == ("https", "127.0.0.1", 8001)
    assert anna.metadata[SITE] is sites(several).each["anna"]
    assert went_to(entered(several, "www.berta.example")) == ("http", "127.0.0.1", 8002)
    assert anna.request.headers["host"] == "anna.example:443"


@pytest.mark.parametrize("host", ["nobody.example", "127.0.0.1", "b\xc3\xbccher.example"])
def test_a_name_that_is_no_sites_is_421(several: GuardFixture, host: str) -> None:
    found = entered(several, host)
    assert found.response is not None
    assert found.response.status_code == 421
    assert several.value("malformed_total", side="client", fault="unknown-host") == 1
    # Its end is nobody's matter, and no site hears of it.
    several.guard.response(found)
    several.guard.error(found)
    assert SITE not in found.metadata


def test_the_authority_of_http2_counts_and_another_host_is_refused(several: GuardFixture) -> None:
    def framed(authority: str, host: str = "") -> http.HTTPFlow:
        found = flow("/x", FIREFOX)
        found.request.data.http_version = b"HTTP/2.0"
        found.request.data.authority = authority.encode()
        found.request.headers.pop("host")
        if host:
            found.request.headers["host"] = host
        return several.enter(found)

    assert went_to(framed("berta.example")) == ("http", "127.0.0.1", 8002)
    assert went_to(framed("BERTA.example:80", "berta.example")) == ("http", "127.0.0.1", 8002)
    other = framed("berta.example", "anna.example")
    assert other.response is not None
    assert other.response.status_code == 400
    nobodys = framed("nobody.example")
    assert nobodys.response is not None
    assert nobodys.response.status_code == 421


def test_a_proxys_word_counts_for_the_site_that_trusts_it(several: GuardFixture) -> None:
    named = {"X_Forwarded_Host": "anna.example"}
    assert went_to(entered(several, "inner", peer="192.0.2.1", **named))[2] == 8001
    for peer, said in (("198.51.100.7", "anna.example"), ("192.0.2.1", "berta.example")):
        found = entered(several, "inner", peer=peer, X_Forwarded_Host=said)
        assert found.response is not None
        assert found.response.status_code == 421
    known = entered(several, "berta.example", peer="192.0.2.1", **named)
    assert went_to(known)[2] == 8002


def test_a_default_is_meant_where_nobody_else_is(several: GuardFixture) -> None:
    table = sites(several).table
    table.default = sites(several).each["berta"]
    assert went_to(entered(several, "nobody.example"))[2] == 8002


def test_who_is_refused_early_is_refused_by_its_own_site(several: GuardFixture) -> None:
    refuse = sites(several).refuse_early
    asked = {"agent": GPTBOT, "headers": {"Host": "anna.example"}}
    answer = refuse(flow("/music/a.mp3", **asked))  # type: ignore[arg-type]
    assert answer is not None
    assert b"Anna" in (answer.content or b"")
    for host in ("berta.example", "nobody.example", "b d"):
        found = flow("/music/a.mp3", GPTBOT, headers={"Host": host})
        assert refuse(found) is None


def test_a_site_that_is_down_is_reported_for_itself(several: GuardFixture) -> None:
    down = connection.Server(address=("127.0.0.1", 8002))
    down.error = "refused"
    sites(several).unreachable(down)
    each = sites(several).services.each

    def errors(name: str) -> float:
        registry = each[name].suite.metrics.registry
        return registry.get_sample_value("stagedoor_upstream_errors_total") or 0

    assert (errors("anna"), errors("berta")) == (0, 1)


def test_what_another_worker_reports_is_counted_at_its_site(several: GuardFixture) -> None:
    guard = several.guard
    assert set(guard.suites()) == {"", "anna", "berta"}
    for site in ("anna", "", "gone"):
        guard.emit(site, Spent(0.001))

    def spent(site: str) -> float:
        registry = guard.suites()[site].metrics.registry
        return registry.get_sample_value("stagedoor_added_seconds_count") or 0

    assert (spent("anna"), spent("berta"), spent("")) == (1, 0, 2)


def test_the_short_way_is_for_sites_of_plain_http(several: GuardFixture) -> None:
    def asked(host: str) -> http.Request:
        return flow("/x", FIREFOX, headers={"Host": host}).request

    plain = sites(several).speaks_plain
    assert plain(asked("berta.example"))
    assert not plain(asked("anna.example"))
    assert not plain(asked("nobody.example"))


def test_other_addresses_are_followed_at_once(several: GuardFixture) -> None:
    changes: list[int] = []
    found = sites(several)
    found.changed = lambda: changes.append(1)
    found.fill()
    assert not changes
    service = found.services.each["berta"]
    policy = service.policy
    assert policy is not None
    site = policy.stance.site.model_copy(update={"upstream": "http://127.0.0.1:9999"})
    service.take(replace(policy, stance=policy.stance.model_copy(update={"site": site})))
    assert changes == [1]
    assert went_to(entered(several, "berta.example"))[2] == 9999


def test_the_mode_of_one_site_is_an_option(several: GuardFixture) -> None:
    several.set(guard_mode="berta=observe")
    each = sites(several).services.each
    assert (each["anna"].mode, each["berta"].mode) == ("enforce", "observe")
    several.set(guard_mode="")
    assert each["berta"].mode == "enforce"


def test_the_start_names_each_site(several: GuardFixture) -> None:
    lines = sites(several).lines()
    assert lines[0] == "anna: anna.example (Anna) at https://127.0.0.1:8001"
    assert lines[1].startswith("berta: berta.example, www.berta.example (Berta)")
    assert sites(several).first() is not None
    assert sites(several).addresses() == ["https://127.0.0.1:8001", "http://127.0.0.1:8002"]


def test_a_site_without_an_address_does_not_lead_to_that_of_another(
    several: GuardFixture, tmp_path: Path
) -> None:
    """mitmproxy has been given one of the sites' addresses, because it needs some."""
    found = sites(several)
    assert found._elsewhere is not None  # the tests' mode is no site's address
    found._elsewhere = None
    bare = severalsites.SHARED.replace('upstream: "http://127.0.0.1:8002", ', "")
    severalsites.write(tmp_path / "rules", bare)
    berta = found.services.each["berta"]
    with pytest.raises(ConfigError, match="has no upstream"):
        berta._build(rule_folder.sources(tmp_path / "rules", "berta"))


def test_a_start_without_an_address_of_a_site_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lay_shipped(tmp_path, SMALL_RULES, monkeypatch)
    bare = severalsites.SHARED.replace('upstream: "http://127.0.0.1:8002", ', "")
    rules = severalsites.write(tmp_path / "rules", bare)
    guard = Guard()
    # The address is anna's own.
    with mitmproxy_with(guard, "reverse:https://127.0.0.1:8001") as context:
        GuardFixture(guard, context).set(guard_rules=str(rules), **OFF)
    assert "rules/stance.yaml:4:5: the site has no upstream" in caplog.text.replace(
        str(tmp_path), ""
    )


def test_a_failure_to_find_the_site_is_503_and_reaches_nobody(
    several: GuardFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_authority: str) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(HostTable, "of", staticmethod(broken))
    found = entered(several, "anna.example")
    assert found.response is not None
    assert found.response.status_code == 503
    assert several.value("errors_total", step="request", outcome="closed") == 1
    asked = flow("/music/a.mp3", GPTBOT, headers={"Host": "anna.example"})
    assert sites(several).refuse_early(asked) is None


def test_proxies_of_one_site_are_no_household(several: GuardFixture) -> None:
    assert several.guard.visitors.believed("192.0.2.1")
    assert not several.guard.visitors.believed("198.51.100.7")
