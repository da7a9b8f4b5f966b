"""The `guard_…` options, read once and all mistakes reported at once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from stagedoor.config.stance import Site, Stance
from stagedoor.fronts.mitmproxy.options import (
    DEFAULT_METRICS,
    OPTIONS,
    PREFIX,
    Settings,
    misspelt,
    modes_written,
    parse,
)


def options(**changed: str) -> SimpleNamespace:
    """The options as mitmproxy hands them out."""
    return SimpleNamespace(**{name: default for name, default, _ in OPTIONS} | changed)


def settings(**changed: str) -> Settings:
    """Those options, understood."""
    return parse(options(**changed))


def mistakes(**changed: str) -> list[str]:
    """The lines with which they are refused."""
    with pytest.raises(ValueError) as told:
        parse(options(**changed))
    return str(told.value).splitlines()


def test_every_option_has_our_prefix_and_is_explained() -> None:
    assert [
        name for name, _, text in OPTIONS if not name.startswith(PREFIX) or not text.endswith(".")
    ] == []


def test_the_options_are_those_that_are_promised() -> None:
    assert {name for name, _, _ in OPTIONS} == {
        "guard_rules", "guard_state", "guard_metrics", "guard_mode", "guard_trusted_proxies",
        "guard_resolvers", "guard_ja4_header", "guard_clients", "guard_store",
        "guard_desk_password", "guard_connections", "guard_connections_per_household",
        "guard_upstream_ca", "guard_upstream_insecure", "guard_head_seconds", "guard_idle_seconds",
        "guard_tls_cert", "guard_tls_key", "guard_firewall",
    }  # fmt: skip


def test_bounds_of_connections_are_numbers() -> None:
    found = settings(
        guard_connections="500",
        guard_connections_per_household=" 20 ",
        guard_head_seconds="5",
        guard_idle_seconds="30",
    )
    assert (found.connections, found.per_household) == (500, 20)
    assert (found.head_seconds, found.idle_seconds) == (5, 30)
    wrong = mistakes(guard_connections="many", guard_head_seconds="0", guard_idle_seconds="-1")
    assert len(wrong) == 3
    assert wrong[0] == (
        'guard_connections: "many" is not a number from 16 to 1000000 — write 10000'
    )


def test_the_firewall_is_touched_only_where_it_is_named() -> None:
    assert [settings(guard_firewall=word).firewall for word in ("", "off", "nft", " NFT ")] == [
        *(False, False, True, True)
    ]
    assert mistakes(guard_firewall="iptables") == [
        'guard_firewall: "iptables" is no firewall that is known — write nft, or nothing'
    ]


def test_with_nothing_said_nothing_is_written_and_metrics_stay_on_loopback() -> None:
    assert settings() == Settings(None, None, ("127.0.0.1", 9464), None, None)


def test_everything_said_is_understood() -> None:
    found = settings(
        guard_rules="/r",
        guard_state="/s",
        guard_metrics="[::1]:1",
        guard_mode="observe",
        guard_trusted_proxies="127.0.0.1, 10.0.0.0/8",
        guard_resolvers="192.0.2.53, [::1]:53",
    )
    assert (found.rules, found.state, found.metrics, found.mode) == (
        Path("/r"),
        Path("/s"),
        ("::1", 1),
        "observe",
    )
    assert found.resolvers == ("192.0.2.53", "[::1]:53")
    assert [str(network) for network in found.trusted_proxies or ()] == [
        "127.0.0.1/32",
        "10.0.0.0/8",
    ]


def test_metrics_may_be_off_or_a_port_alone() -> None:
    assert settings(guard_metrics="off").metrics is None
    assert settings(guard_metrics="9000").metrics == (
        "127.0.0.1",
        9000,
    )  # never to everybody by accident
    assert settings(guard_metrics="0.0.0.0:9000").metrics == ("0.0.0.0", 9000)


def test_a_home_directory_is_found() -> None:
    assert settings(guard_rules="~/rules").rules == Path.home() / "rules"


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("guard_metrics", "here", f'guard_metrics: "here" is not a listening address — write {DEFAULT_METRICS}, or off'),
        ("guard_metrics", "", f'guard_metrics: "" is not a listening address — write {DEFAULT_METRICS}, or off'),
        ("guard_metrics", "on", f'guard_metrics: "on" is not a listening address — write {DEFAULT_METRICS}, or off'),
        ("guard_mode", "observ", 'guard_mode: "observ" is not a mode — did you mean "observe"?'),
        ("guard_mode", "x", 'guard_mode: "x" is not a mode — write enforce or observe'),
        ("guard_trusted_proxies", "proxy", 'guard_trusted_proxies: "proxy" is not an address or network — write 127.0.0.1 or 10.0.0.0/8, or a name: cloudflare, fastly, cloudfront, akamai, bunny, google, imperva, sucuri'),
        ("guard_trusted_proxies", "cloudflair", 'guard_trusted_proxies: "cloudflair" is not an address or network — did you mean "cloudflare"?'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_option_and_a_fix(name: str, value: str, line: str) -> None:
    assert mistakes(**{name: value}) == [line]


def test_all_mistakes_are_told_at_once() -> None:
    assert len(mistakes(guard_metrics="x", guard_mode="x", guard_trusted_proxies="x")) == 3


def test_an_option_wins_over_the_stance() -> None:
    stance = Stance(mode="observe", site=Site(trusted_proxies=("10.0.0.1",)))
    assert settings().mode_for(stance) == "observe"
    assert settings(guard_mode="enforce").mode_for(stance) == "enforce"
    assert [str(n) for n in settings().trusted_for(stance)] == ["10.0.0.1/32"]
    assert [str(n) for n in settings(guard_trusted_proxies="127.0.0.1").trusted_for(stance)] == [
        "127.0.0.1/32"
    ]


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("guard_rule", 'did you mean "guard_rules"?'),
        ("guard_modus", 'did you mean "guard_mode"?'),
        ("gaurd_rules", 'did you mean "guard_rules"?'),
        ("Guard_Rules", 'did you mean "guard_rules"?'),
        ("guard_xyzxyzxyzxyz", "known: guard_rules, guard_state"),
    ],
)
def test_an_option_that_looks_like_ours_is_told(name: str, fix: str) -> None:
    (line,) = misspelt([name])
    assert line.startswith(f'there is no option "{name}" — {fix}')


def test_other_peoples_options_are_none_of_our_business() -> None:
    assert misspelt(["flow_detail", "my_addon_setting", "confdir"]) == []


@pytest.mark.parametrize("clients", ["", "0", "-1", "many", "1e5", "99999999999"])
def test_how_many_visitors_are_remembered_is_a_number(clients: str) -> None:
    with pytest.raises(
        ValueError, match=r'guard_clients: ".*" is not a number from 1 to .* — write'
    ):
        settings(guard_clients=clients)
    assert settings(guard_clients=" 100 ").clients == 100


def test_a_mode_may_be_for_one_of_several_sites() -> None:
    found = settings(guard_mode="observe, anna=enforce")
    assert (found.mode, found.modes) == ("observe", {"anna": "enforce"})
    assert settings(guard_mode="anna=observe").mode is None
    assert found.of_site("anna", 2).mode == "enforce"
    assert found.of_site("berta", 2).mode == "observe"
    assert modes_written(found.mode, found.modes) == "observe,anna=enforce"
    assert modes_written(None, {}) == ""
    assert "not a mode" in mistakes(guard_mode="anna=obsrve")[0]
    assert "not a mode" in mistakes(guard_mode="No Name=observe")[0]
