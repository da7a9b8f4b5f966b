"""Start, change, stop: what is opened and reported, and what a mistake does."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from mitmproxy.exceptions import OptionsError
from mitmproxy.proxy.mode_specs import ProxyMode, ReverseMode

from flows import OFF, SMALL_RULES, OpenGuard, flow, lay, lay_shipped, mitmproxy_with
from making import FIREFOX, GPTBOT
from stagedoor.config.stance import Site
from stagedoor.fronts.mitmproxy.addon import Guard
from stagedoor.fronts.mitmproxy.startup import reverse_spec


def test_mistakes_at_the_start_are_a_line_each_and_a_count(
    opened: OpenGuard, caplog: pytest.LogCaptureFixture
) -> None:
    fixture = opened({"stance.yaml": "modus: observe\nai: {trian: no}"})
    told = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) == 3
    assert told[0].endswith('stance.yaml:1:1: unknown field "modus" — did you mean "mode"?')
    assert told[2] == "2 mistakes; nothing was started."
    assert "Traceback" not in caplog.text
    found = fixture.enter(flow("/about", FIREFOX))
    assert found.response is not None
    assert found.response.status_code == 503


def test_wrong_options_at_the_start_are_told(
    opened: OpenGuard, caplog: pytest.LogCaptureFixture
) -> None:
    opened(guard_mode="observ", guard_metrics="x")
    assert [r.message.partition(":")[0] for r in caplog.records if r.levelname == "ERROR"] == [
        "guard_metrics",
        "guard_mode",
    ]


def test_a_forward_proxy_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lay_shipped(tmp_path, SMALL_RULES, monkeypatch)
    guard = Guard()
    with mitmproxy_with(guard, mode="upstream:http://localhost:1") as context:
        context.configure(guard, **OFF)
    assert "it is no forward proxy" in caplog.text


def test_a_start_without_a_site_says_what_to_write_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shipped = lay_shipped(tmp_path, SMALL_RULES, monkeypatch)
    guard = Guard()
    with mitmproxy_with(guard, mode="regular") as context:
        context.configure(guard, **OFF)
    (line,) = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert f'write "site: {{upstream: http://localhost:8000}}" into {shipped}/stance.yaml' in line


def test_a_broken_change_leaves_the_old_rules_in_force(opened: OpenGuard, tmp_path: Path) -> None:
    fixture = opened()
    fixture.run()
    try:
        bad = lay(tmp_path / "bad", {"stance.yaml": "modus: x"})
        with pytest.raises(OptionsError, match='unknown field "modus"'):
            fixture.set(guard_rules=str(bad))
        assert fixture.context.options.guard_rules == ""
        found = fixture.enter(flow("/a.mp3", GPTBOT))
        assert found.response is not None
        assert found.response.status_code == 403
    finally:
        fixture.guard.done()


def test_a_change_that_is_right_is_in_force_at_once(opened: OpenGuard, tmp_path: Path) -> None:
    fixture = opened()
    fixture.run()
    try:
        fixture.set(guard_rules=str(lay(tmp_path / "kind", {"stance.yaml": "ai: {train: yes}"})))
        assert fixture.enter(flow("/a.mp3", GPTBOT)).response is None
        fixture.set(guard_rules="", guard_mode="observe")
        assert fixture.enter(flow("/a.mp3", GPTBOT)).response is None
        fixture.set(guard_mode="")
        assert fixture.enter(flow("/a.mp3", GPTBOT)).response is not None
    finally:
        fixture.guard.done()


def test_a_wrong_option_changes_nothing_at_all(opened: OpenGuard, tmp_path: Path) -> None:
    fixture = opened()
    fixture.run()
    try:
        kind = lay(
            tmp_path / "kind",
            {"stance.yaml": "ai: {train: yes}\nsite: {trusted_proxies: [nonsense]}"},
        )
        with pytest.raises(OptionsError):
            fixture.set(guard_rules=str(kind))
        assert fixture.enter(flow("/a.mp3", GPTBOT)).response is not None
    finally:
        fixture.guard.done()


def test_what_running_opens_done_closes(
    opened: OpenGuard, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "stagedoor")
    fixture = opened(guard_metrics="127.0.0.1:0", guard_state=str(tmp_path / "state"))
    fixture.run()
    (line,) = [line for line in caplog.messages if "  metrics  http://" in line]
    address = line.rpartition("metrics  ")[2]
    fixture.enter(flow("/a.mp3", GPTBOT))
    with urllib.request.urlopen(address, timeout=5) as answer:
        assert (
            b'stagedoor_blocks_total{crawler="GPTBot",rule="ai-training-off"} 1.0' in answer.read()
        )
    fixture.guard.done()
    assert (tmp_path / "state" / "decisions.jsonl").read_text().count("\n") == 1
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address, timeout=5)
    fixture.guard.done()  # mitmproxy may call it again


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_does_not_keep_the_guard_from_stopping(
    opened: OpenGuard, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "decisions.jsonl").symlink_to("/dev/full")
    fixture = opened(guard_state=str(tmp_path / "state"))
    fixture.run()
    fixture.enter(flow("/a.mp3", GPTBOT))
    fixture.guard.done()
    assert fixture.value("errors_total", step="decision-log", outcome="unrecorded") == 1


def test_the_start_says_what_is_guarded_with_what(
    opened: OpenGuard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "stagedoor")
    fixture = opened()
    fixture.run()
    fixture.guard.done()
    text = "\n".join(caplog.messages)
    assert "guards http://localhost:8000" in text
    assert "2 loaded, 2 in force" in text
    assert "6 crawlers and clients by 6 signatures" in text
    assert "metrics  off" in text
    assert fixture.value("rules_loaded") == 2
    assert fixture.value("signatures_loaded") == 6


def test_an_artist_without_a_contact_is_told_so_at_the_start(
    opened: OpenGuard, caplog: pytest.LogCaptureFixture
) -> None:
    fixture = opened({"stance.yaml": "artist: {name: x}"})
    fixture.run()
    fixture.guard.done()
    assert [
        r for r in caplog.records if r.levelname == "WARNING" and "contact is empty" in r.message
    ]


def test_a_misspelt_option_stops_the_start(
    opened: OpenGuard, caplog: pytest.LogCaptureFixture
) -> None:
    fixture = opened()
    fixture.context.options.set("guard_rulez=x", defer=True)
    fixture.run()
    fixture.guard.done()
    assert [r.message for r in caplog.records if r.levelname == "ERROR"] == [
        'there is no option "guard_rulez" — did you mean "guard_rules"?'
    ]


def test_a_state_directory_that_cannot_be_had_stops_the_start_in_one_line(
    opened: OpenGuard, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    fixture = opened(guard_state=str(tmp_path / "file" / "state"))
    fixture.run()
    fixture.guard.done()
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "guard_state=DIR" in record.message
    assert record.exc_info is None


@pytest.mark.parametrize(
    ("upstream", "listen", "site", "host", "port"),
    [
        ("http://localhost:8000", "", ("localhost", 8000), None, 8080),
        ("http://localhost:8000", "8081", ("localhost", 8000), "", 8081),
        ("http://localhost:8000", "0.0.0.0:80", ("localhost", 8000), "0.0.0.0", 80),
        ("https://music.example", "[::1]:8443", ("music.example", 443), "::1", 8443),
        ("http://[::1]:8000", "[::]:80", ("::1", 8000), "::", 80),
    ],
)
def test_mitmproxy_understands_what_the_stance_says(
    upstream: str, listen: str, site: tuple[str, int], host: str | None, port: int
) -> None:
    found = ProxyMode.parse(reverse_spec(Site(upstream=upstream, listen=listen)))
    assert isinstance(found, ReverseMode)
    assert found.address == site
    if host is not None:
        assert (found.listen_host(), found.listen_port()) == (host, port)
