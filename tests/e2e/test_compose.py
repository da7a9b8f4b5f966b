"""deploy/compose: its files go together, nothing but the guard's port is open to others, and the real
programs that its images hold start with its words, its files and its alerts.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from making import ROOT
from stagedoor.cli.command_table import parser

from .programs import Program, eventually, free_port, program
from .site import Site

FOLDER = ROOT / "deploy" / "compose"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def mounts(service: str) -> Iterator[tuple[Path, str]]:
    """What lies on this disk, and where the container sees it."""
    for volume in SERVICES[service]["volumes"]:
        source, target = volume.split(":")[:2]
        if source.startswith("."):
            yield (FOLDER / source).resolve(), target


def test_only_the_guards_port_is_published_beyond_loopback() -> None:
    open_ports = [
        (name, port)
        for name, service in SERVICES.items()
        for port in service.get("ports", ())
        if not port.startswith("127.0.0.1:")
    ]
    assert open_ports == [("guard", "${PORT:-8080}:8080")]
    assert "ports" not in SERVICES["site"]
    assert SERVICES["site"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert {name for name, each in SERVICES.items() if "inside" in each["networks"]} == {
        "guard",
        "site",
    }


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert "privileged" not in service
    assert "network_mode" not in service
    assert re.fullmatch(r"[a-z.]+/(?:[a-z-]+/)?[a-z-]+:v?\d+\.\d+[\w.-]*", service["image"])
    for source, _ in mounts(name):
        assert source.exists(), source
    written = [volume for volume in service["volumes"] if not volume.endswith(":ro")]
    assert {volume.split(":")[0] for volume in written} <= set(COMPOSE["volumes"])


def test_what_grafana_is_given_is_where_it_looks() -> None:
    seen = {target: source for source, target in mounts("grafana")}
    provisioning = "/etc/grafana/provisioning"
    [provider] = yaml.safe_load((seen[f"{provisioning}/dashboards"] / "stagedoor.yml").read_text())[
        "providers"
    ]
    boards = seen[provider["options"]["path"]]
    assert len(list(boards.glob("stagedoor-*.json"))) == 4
    home = Path(SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (seen[str(home.parent)] / home.name).is_file()
    sources = yaml.safe_load((seen[f"{provisioning}/datasources"] / "prometheus.yml").read_text())
    for source in sources["datasources"]:
        host, port = source["url"].removeprefix("http://").split(":")
        assert host in SERVICES
        assert any(each.endswith(f":{port}") for each in SERVICES[host]["ports"])


def test_passwords_are_asked_for_and_have_no_default() -> None:
    text = (FOLDER / "compose.yaml").read_text()
    names = set(re.findall(r"\$\{(\w+):\?", text))
    assert names == {"DESK_PASSWORD", "GRAFANA_PASSWORD"}
    example = (FOLDER / ".env.example").read_text()
    assert all(f"\n{name}=\n" in example for name in names)


def test_the_image_is_built_from_files_that_are_let_in() -> None:
    """.dockerignore leaves out everything that the Containerfile does not copy."""
    let_in = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    copied = re.findall(
        r"^COPY (?!--)(.*) \S+$", (ROOT / "deploy/Containerfile").read_text(), re.MULTILINE
    )
    assert {word for words in copied for word in words.split()} == let_in


def test_alertmanager_takes_its_file() -> None:
    done = subprocess.run(
        [program("amtool"), "check-config", str(FOLDER / "alertmanager.yml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 inhibit rules" in done.stdout


def words(service: str, places: Mapping[str, str]) -> Sequence[str]:
    """The command of a service, with the places of this machine."""
    found = []
    for word in SERVICES[service]["command"]:
        for old, new in places.items():
            word = word.replace(old, new)  # noqa: PLW2901
        found.append(word)
    return found


def test_an_alert_reaches_alertmanager_when_the_guard_is_gone(origin: Site, tmp_path: Path) -> None:
    """The very files, with places of this machine and seconds in the place of minutes."""
    door, desk, prometheus, alertmanager = (free_port() for _ in range(4))
    guard_words = words(
        "guard",
        {
            "/etc/stagedoor": str(FOLDER / "rules"), "/var/lib/stagedoor": str(tmp_path / "state"),
            "http://site:8080": origin.url, "0.0.0.0:8080": f"127.0.0.1:{door}",
            "0.0.0.0:9464": f"127.0.0.1:{desk}", "${DESK_PASSWORD:?choose one in .env}": "s3cret",
        },
    )  # fmt: skip
    parser().parse_args(guard_words)
    shorter = {"scrape_interval: 15s": "scrape_interval: 1s", "evaluation_interval: 1m": "evaluation_interval: 1s",
               "guard:9464": f"127.0.0.1:{desk}", "alertmanager:9093": f"127.0.0.1:{alertmanager}",
               "group_wait: 30s": "group_wait: 1s", "for: 2m": "for: 5s"}  # fmt: skip
    for source in (
        FOLDER / "prometheus.yml",
        FOLDER / "alertmanager.yml",
        ROOT / "dashboards/alerts.yml",
    ):
        text = source.read_text("utf-8")
        for old, new in shorter.items():
            text = text.replace(old, new)
        (tmp_path / source.name).write_text(text, "utf-8")
    with ExitStack() as stack:
        guard = stack.enter_context(
            Program(sys.executable, "-m", "stagedoor", *guard_words, log=tmp_path / "guard.log")
        )
        guard.listens(door)
        guard.listens(desk)
        alerting = stack.enter_context(
            Program(
                program("prometheus-alertmanager"),
                *words(
                    "alertmanager",
                    {
                        "/etc/alertmanager": str(tmp_path),
                        "=/alertmanager": f"={tmp_path}/alerts",
                        "0.0.0.0:9093": f"127.0.0.1:{alertmanager}",
                    },
                ),
                log=tmp_path / "alertmanager.log",
            )
        )
        alerting.listens(alertmanager)
        watching = stack.enter_context(Program(
            program("prometheus"),
            *words("prometheus", {
                "/etc/prometheus": str(tmp_path), "=/prometheus": f"={tmp_path}/data",
                "0.0.0.0:9090": f"127.0.0.1:{prometheus}",
            }),
            log=tmp_path / "prometheus.log",
        ))  # fmt: skip
        watching.says("Server is ready to receive web requests")

        def fetched(url: str) -> Any:
            with requests.Session() as session:
                session.trust_env = False
                return session.get(url, timeout=30).json()

        def up() -> bool:
            found = fetched(f"http://127.0.0.1:{prometheus}/api/v1/query?query=up")
            return any(each["value"][1] == "1" for each in found["data"]["result"])

        eventually(up, "Prometheus to reach the guard")
        # While Prometheus has not reached the guard for the first time, it is absent, too.
        eventually(
            lambda: (
                not absent_alerts(fetched(f"http://127.0.0.1:{alertmanager}/api/v2/alerts")) or None
            ),
            "no alert while the guard is there",
        )
        guard.process.send_signal(signal.SIGKILL)
        [alert] = eventually(
            lambda: absent_alerts(fetched(f"http://127.0.0.1:{alertmanager}/api/v2/alerts")),
            "the alert to reach Alertmanager",
        )
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["summary"] == "The guard is gone"
    assert [receiver["name"] for receiver in alert["receivers"]] == ["page"]


def absent_alerts(alerts: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return [each for each in alerts if each["labels"]["alertname"] == "StagedoorAbsent"]
