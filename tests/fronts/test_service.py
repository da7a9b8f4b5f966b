"""The service behind every front: rules taken into force."""

from __future__ import annotations

from pathlib import Path

from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.service import Service
from stagedoor.load import rule_folder


def applied(service: Service, rules: Path | None) -> str:
    """The mode that is in force then."""
    service.apply(Settings(rules=rules, state=None, metrics=None, mode=None, trusted_proxies=None))
    return service.mode


def test_rules_that_were_read_before_the_start_are_not_read_again(tmp_path: Path) -> None:
    stance = tmp_path / "stance.yaml"
    stance.write_text("mode: observe\n", "utf-8")
    loaded = rule_folder.read(tmp_path)
    stance.write_text("mode: [a mistake\n", "utf-8")
    service = Service(lambda _: 0)
    service.loaded = loaded
    assert applied(service, tmp_path) == "observe"
    assert service.policy is loaded.policy


def test_rules_of_another_folder_are_read(tmp_path: Path) -> None:
    (tmp_path / "stance.yaml").write_text("mode: observe\n", "utf-8")
    service = Service(lambda _: 0)
    service.loaded = rule_folder.read(None)
    assert applied(service, tmp_path) == "observe"
    assert applied(service, None) == "enforce"
