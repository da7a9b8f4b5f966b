"""Prometheus' own judgement of the files it is given."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from tools.boards.alerts import ALERTS

from e2e.programs import Program, free_port, program
from making import ROOT

DASHBOARDS = ROOT / "dashboards"
CASES = Path(__file__).with_name("alerts_test.yml")


def promtool(*words: str) -> str:
    """What it says; fails where it objects."""
    done = subprocess.run(
        [program("promtool"), *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_configuration() -> None:
    assert "is valid" in promtool("check", "config", str(DASHBOARDS / "prometheus.yml"))


def test_the_rules() -> None:
    said = promtool("check", "rules", "--lint-fatal", str(DASHBOARDS / "alerts.yml"))
    assert f"{len(ALERTS)} rules found" in said


def test_the_alerts_come_when_they_should() -> None:
    assert "SUCCESS" in promtool("test", "rules", str(CASES))


def test_every_alert_has_a_case_for_quiet_and_one_for_loud() -> None:
    told: dict[str, set[bool]] = {}
    for group in yaml.safe_load(CASES.read_text())["tests"]:
        for case in group["alert_rule_test"]:
            told.setdefault(case["alertname"], set()).add(bool(case["exp_alerts"]))
    assert told == {alert.name: {True, False} for alert in ALERTS}


def test_a_case_that_is_wrong_is_found(tmp_path: Path) -> None:
    """The cases are held against the alerts, and not only read."""
    text = CASES.read_text().replace("../../dashboards", str(DASHBOARDS))
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(text.replace("values: 1x10 0x10\n", "values: 1x20\n"))
    with pytest.raises(AssertionError, match="FAILED"):
        promtool("test", "rules", str(wrong))


def compose() -> dict[str, dict[str, object]]:
    """The services."""
    return dict(yaml.safe_load((DASHBOARDS / "compose.yaml").read_text())["services"])


def test_images_have_a_version_and_nothing_is_open_to_the_public() -> None:
    services = compose()
    for service in services.values():
        assert re.fullmatch(r"[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", str(service["image"]))
        assert "ports" not in service
    assert "--web.listen-address=127.0.0.1:9090" in str(services["prometheus"]["command"])
    environment = services["grafana"]["environment"]
    assert isinstance(environment, dict)
    assert environment["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert str(environment["GF_SECURITY_ADMIN_PASSWORD"]).startswith("${GRAFANA_PASSWORD:?")


def test_what_grafana_is_given_is_where_it_looks() -> None:
    grafana = compose()["grafana"]
    assert isinstance(grafana["volumes"], list)
    mounts = dict(text.split(":")[1::-1] for text in grafana["volumes"])
    (provider,) = yaml.safe_load(
        (DASHBOARDS / "provisioning/dashboards/stagedoor.yml").read_text()
    )["providers"]
    boards = DASHBOARDS / mounts[provider["options"]["path"]]
    assert len(list(boards.glob("*.json"))) == 4
    assert (DASHBOARDS / mounts["/etc/grafana/provisioning"] / "datasources").is_dir()
    (source,) = yaml.safe_load(
        (DASHBOARDS / "provisioning/datasources/prometheus.yml").read_text()
    )["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://127.0.0.1:9090")
    environment = grafana["environment"]
    assert isinstance(environment, dict)
    home = Path(environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (DASHBOARDS / mounts[str(home.parent)] / home.name).is_file()


def test_prometheus_starts_with_these_words(tmp_path: Path) -> None:
    """Those of the compose file; only paths and port are others."""
    port, words = free_port(), compose()["prometheus"]["command"]
    assert isinstance(words, list)
    places = {
        "/etc/stagedoor": str(DASHBOARDS),
        "/prometheus": str(tmp_path / "data"),
        "127.0.0.1:9090": f"127.0.0.1:{port}",
    }
    command = []
    for word in words:
        name, _, value = word.partition("=")
        for old, new in places.items():
            if value == old or (old == "/etc/stagedoor" and value.startswith(old)):
                value = value.replace(old, new)
        command.append(f"{name}={value}")
    with Program(program("prometheus"), *command, log=tmp_path / "log") as started:
        started.listens(port)
        started.says("Server is ready to receive web requests")
