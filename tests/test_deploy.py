"""What lies in deploy/: its commands, stances and configurations are ones that the programs take."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from making import ROOT
from stagedoor.cli.command_table import COMMANDS, parser
from stagedoor.config.store_address import store_address
from stagedoor.load import rule_folder
from storeservers import StoreServer, server_program

DEPLOY = ROOT / "deploy"


def resources() -> Iterator[dict[str, Any]]:
    """Everything of the Kubernetes example."""
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text("utf-8"))


def named(kind: str, name: str) -> dict[str, Any]:
    [found] = [r for r in resources() if (r["kind"], r["metadata"]["name"]) == (kind, name)]
    return found


def containers() -> Iterator[dict[str, Any]]:
    for one in resources():
        yield from one.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ())


def commands() -> Iterator[list[str]]:
    """What is to be started, as words behind `stagedoor`."""
    units = DEPLOY / "systemd"
    for path in (*units.glob("*.service"), units / "stagedoor-firewall.conf"):
        text = path.read_text("utf-8").replace("\\\n", " ")
        [line] = re.findall(r"^ExecStart=\S+/stagedoor (.*)$", text, re.MULTILINE)
        yield shlex.split(line)
    yield named("StatefulSet", "stagedoor")["spec"]["template"]["spec"]["containers"][0]["args"]
    [line] = re.findall(r"^CMD \[(.*)\]$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    yield [word.strip(' "') for word in line.split(",")]


def test_every_command_is_one_that_the_program_takes() -> None:
    found = list(commands())
    assert {words[0] for words in found} == {"serve", "authorize"}
    known = {row[0] for row in COMMANDS}
    for words in found:
        if words[0] in known:
            parser().parse_args(words)


def test_the_stance_is_understood_and_names_the_store(tmp_path: Path) -> None:
    for name, text in named("ConfigMap", "stagedoor-rules")["data"].items():
        (tmp_path / name).write_text(text)
    site = rule_folder.load(tmp_path).stance.site
    store = store_address(site.store)
    service = named("Service", store.host)
    assert store.port in {port["port"] for port in service["spec"]["ports"]}


def test_names_lead_somewhere() -> None:
    pods = [r["spec"]["template"] for r in resources() if "template" in r.get("spec", {})]
    labels = [pod["metadata"]["labels"] for pod in pods]
    for one in resources():
        spec = one.get("spec", {})
        chosen = spec.get("selector") if one["kind"] == "Service" else None
        chosen = chosen or (spec.get("podSelector") or spec.get("selector") or {}).get(
            "matchLabels"
        )
        if chosen:
            assert any(chosen.items() <= each.items() for each in labels), one["metadata"]["name"]
    backend = named("Ingress", "stagedoor")["spec"]["rules"][0]["http"]["paths"][0]["backend"]
    ports = named("Service", backend["service"]["name"])["spec"]["ports"]
    assert backend["service"]["port"]["name"] in {port["name"] for port in ports}
    secrets = {r["metadata"]["name"] for r in resources() if r["kind"] == "Secret"}
    assert "stagedoor-store" in secrets


def test_nothing_runs_as_root_or_may_become_it() -> None:
    found = list(containers())
    assert len(found) == 2
    for one in found:
        context = one["securityContext"]
        assert context["readOnlyRootFilesystem"]
        assert not context["allowPrivilegeEscalation"]
        assert context["capabilities"] == {"drop": ["ALL"]}
    text = (DEPLOY / "Containerfile").read_text()
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE)
    for path in (DEPLOY / "systemd").glob("*.service"):
        unit = configparser.RawConfigParser(strict=False, interpolation=None)
        unit.optionxform = str  # type: ignore[assignment, method-assign]
        unit.read_string(path.read_text("utf-8").replace("\\\n", " "))
        assert unit["Service"]["DynamicUser"] == "yes"
        assert unit["Service"]["CapabilityBoundingSet"] == ""


def test_the_firewall_gets_one_capability_and_nothing_else() -> None:
    text = (DEPLOY / "systemd" / "stagedoor-firewall.conf").read_text("utf-8")
    said = [line for line in text.splitlines() if line and not line.startswith(("#", "["))]
    assert said[0] == "ExecStart="
    assert said[1].endswith(" --firewall nft")
    assert said[2:] == [
        "CapabilityBoundingSet=CAP_NET_ADMIN",
        "AmbientCapabilities=CAP_NET_ADMIN",
        "PrivateUsers=no",
    ]


def test_what_the_image_copies_is_there() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    for words in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE):
        assert all((ROOT / word).exists() for word in words.split())


def test_valkey_takes_its_configuration(tmp_path: Path) -> None:
    """The command of the example, with a port of the test's own, and the real server."""
    [container] = named("Deployment", "stagedoor-valkey")["spec"]["template"]["spec"]["containers"]
    [script] = container["args"]
    with StoreServer("valkey") as other:
        port = other.port
    run = script.replace("valkey-server -", f"{server_program('valkey')} - --port {port} "
                                            "--bind 127.0.0.1")  # fmt: skip
    started = subprocess.Popen(
        [*container["command"], f"exec 2>&1; {run}"],
        env={"PASSWORD": "s3cret", "PATH": "/usr/bin:/bin"}, cwd=tmp_path,
        stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    server = StoreServer.__new__(StoreServer)
    server.port = port
    try:
        end = time.monotonic() + 30
        while "NOAUTH" not in server.says("PING"):
            assert time.monotonic() < end
            assert started.poll() is None
            time.sleep(0.02)
    finally:
        os.killpg(started.pid, signal.SIGKILL)  # a session of its own
        started.wait(10)
