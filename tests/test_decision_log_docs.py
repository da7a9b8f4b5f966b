"""docs/decision-log.md: every field is described, and what it offers to fail2ban and Loki fits the log."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from e2e.programs import program
from making import GPTBOT, GPTBOT_CLIENT, ROOT, asks, event
from stagedoor.model.facts import Client, Verdict
from stagedoor.record.decision_log import line

DOCS = ROOT / "docs"
FILTER = DOCS / "fail2ban" / "filter.d" / "stagedoor.conf"
BAIT = '","address":"203.0.113.99","agent":"'
PROVEN = Client("Googlebot", "Google", "search", "verified")
REFUSED_HERE = [
    event(),
    event(verdict=Verdict("throttle", "sweeping", status=429)),
    event(request=replace(asks(GPTBOT + BAIT, "/music/" + BAIT), address="198.51.100.8")),
    event(request=replace(asks(GPTBOT + "\\" + BAIT, "/a\\" + BAIT + "\\"), address="2001:db8::7")),
    event(request=replace(asks("\xff\x00\n\x1b" * 100), address="198.51.100.9")),
]
NOT_REFUSED = [
    event(verdict=Verdict("log", "noted")),
    event(verdict=Verdict("log", "ai-training-off", would="block")),
    event(client=PROVEN),
    event(verdict=Verdict("log", "noted"), request=asks('"verdict":"block",' + BAIT, BAIT)),
]
ADDRESSES = ["198.51.100.7", "198.51.100.7", "198.51.100.8", "2001:db8::7", "198.51.100.9"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with refusals, hostile ones among them, and with what is none."""
    found = tmp_path / "decisions.jsonl"
    found.write_text("".join(line(one) + "\n" for one in [*REFUSED_HERE, *NOT_REFUSED]), "utf-8")
    return found


def test_every_field_is_told_in_its_order() -> None:
    text = (DOCS / "decision-log.md").read_text("utf-8")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(rows)) == [
        *json.loads(line(event())),
        "sent",  # of a response that was stopped while it ran
    ]


def test_the_real_fail2ban_finds_who_was_refused(log: Path) -> None:
    command = [program("fail2ban-regex"), "--out", "ip", str(log), str(FILTER)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stdout.split() == ADDRESSES


def test_the_real_fail2ban_reads_the_time(log: Path) -> None:
    done = subprocess.run(
        [program("fail2ban-regex"), "-v", str(log), str(FILTER)],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert re.search(rf"\[{len(REFUSED_HERE) + len(NOT_REFUSED)}\] ", done.stdout), done.stdout


def test_the_jail_names_the_filter_that_is_there() -> None:
    jail = (DOCS / "fail2ban" / "jail.d" / "stagedoor.conf").read_text("utf-8")
    assert f"filter = {FILTER.stem}" in jail
    assert "decisions.jsonl" in jail


def test_loki_is_told_of_fields_that_exist() -> None:
    config = yaml.safe_load((DOCS / "promtail.yml").read_text("utf-8"))
    stages = {k: v for s in config["scrape_configs"][0]["pipeline_stages"] for k, v in s.items()}
    fields = json.loads(line(event(client=GPTBOT_CLIENT)))
    assert set(stages["json"]["expressions"].values()) <= set(fields)
    assert set(stages["labels"]) <= set(stages["json"]["expressions"])
    assert not set(stages["labels"]) & {"path", "agent", "address", "id", "host"}
    assert stages["timestamp"]["source"] in stages["json"]["expressions"]
