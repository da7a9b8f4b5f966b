"""A real Prometheus scrapes real guards under real traffic; every panel and alert asks it something."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from markupsafe import escape
from tools import board_pictures

from making import ROOT

from . import guarding
from .clients import CHROMIUM, FIREFOX, GOOGLEBOT, GPTBOT, curl
from .guarding import Guard
from .programs import PATIENCE, Program, eventually, free_port, program
from .site import Site
from .test_identity import GOOGLES, LIARS, TRUSTED, name_server

DASHBOARDS = ROOT / "dashboards"
BOARDS = sorted(DASHBOARDS.glob("stagedoor-*.json"))
RULES = DASHBOARDS / "alerts.yml"
PICTURES = os.environ.get("STAGEDOOR_PICTURES", "")
"""A folder where the pictures are to stay."""
YTDLP = "yt-dlp/2025.09.26"
STANDING = {
    "$job": ".*",
    "$instance": ".*",
    "$site": ".*",
    "$__rate_interval": "4s",
    "$__range": "1h",
    "$__interval": "1s",
}
"""What Grafana would put in for its variables."""
RARE = {
    ("stagedoor-operations", "Key directories"): "only while a signer's directory is fetched",
    ("stagedoor-operations", "Connections closed early"): "only while somebody holds connections",
    ("stagedoor-overview", "Licensed requests"): "only where the artist has granted a licence",
    (
        "stagedoor-compliance",
        "Marks handed out",
    ): "only where the stance hands out passes or marked links",
    ("stagedoor-compliance", "Links that came back"): "only where a marked link was handed on",
    ("stagedoor-compliance", "Challenges"): "only where a rule challenges",
    ("stagedoor-operations", "Last seal"): "the first seal is set after a day",
}
RARE |= {
    ("stagedoor-operations", title): "only where several guards share a store"
    for title in ("Guards that share it", "Time for an answer", "Decided alone")
}
RARE |= {
    ("stagedoor-operations", title): "only with --firewall nft"
    for title in ("Turned away by the kernel", "Packets turned away")
}
RARE |= {
    ("stagedoor-overview", title): "of the watch, which runs beside a browser"
    for title in (
        "Training, answers, search",
        "Texts last read",
        "News",
        "Silent changes",
        "Pages looked at",
    )
}
"""Panels that are empty on a good day, or before a guard alone."""


@dataclass(frozen=True)
class Prometheus:
    """A running one."""

    url: str

    def ask(self, path: str, **words: str) -> Any:
        """The data of its HTTP API; fails with its own words."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{self.url}/api/v1/{path}", params=words, timeout=PATIENCE).json()
        assert answer["status"] == "success", (words, answer)
        return answer["data"]

    def now(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query."""
        found = self.ask("query", query=expression)
        assert found["resultType"] == "vector", expression
        return list(found["result"])

    def lately(self, expression: str) -> list[dict[str, Any]]:
        """The series of a range query over the last 15 seconds."""
        end = time.time()
        span = {"start": f"{end - 15:.3f}", "end": f"{end:.3f}", "step": "1"}
        found = self.ask("query_range", query=expression, **span)
        assert found["resultType"] == "matrix", expression
        return list(found["result"])


SWEEP = ("-H", "Accept-Language:", "-H", "X-Forwarded-For: 198.51.100.44")
ENDINGS = ("mp3", "flac", "ogg", "m4a", "wav")


def knock(guard: Guard) -> None:
    """One evening in a second."""
    for agent, path, *words in (
        (FIREFOX, "/"),
        (FIREFOX, "/music/tone.mp3"),
        (FIREFOX, "/feed.xml"),
        (FIREFOX, "/index.html", "-H", "Referer: https://chatgpt.com/"),
        (GPTBOT, "/robots.txt"),
        (GPTBOT, "/music/tone.mp3"),
        (GPTBOT, "/index.html"),
        (YTDLP, "/music/tone.ogg"),
        (GOOGLEBOT, "/index.html", "-H", f"X-Forwarded-For: {GOOGLES}"),
        (GOOGLEBOT, "/music/tone.mp3", "-H", f"X-Forwarded-For: {LIARS}"),
        ("Nobody-Knows/1.0", "/nothing.mp3"),
        ("Timpibot/0.9 (+http://www.timpi.io)", "/index.html"),
        # A program in a browser's name takes one recording after the other.
        *((CHROMIUM, f"/music/tone.{ending}", *SWEEP) for ending in ENDINGS),
    ):
        curl(f"{guard.url}{path}", *words, agent=agent)


@pytest.fixture(scope="module")
def guards(origin: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Guard, Guard]]:
    """One that refuses, one that only watches."""
    folder = tmp_path_factory.mktemp("watched")
    one, two = folder / "one", folder / "two"
    one.mkdir()
    two.mkdir()
    with (
        name_server() as resolver,
        guarding.running(
            one, origin.url, *TRUSTED, "--set", f"guard_resolvers={resolver}"
        ) as strict,
        guarding.running(two, origin.url, "--set", "guard_mode=observe") as watching,
    ):
        yield strict, watching


@pytest.fixture(scope="module")
def prometheus(
    guards: tuple[Guard, Guard], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """It has scraped both through a few seconds of traffic."""
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    targets = [guard.metrics.split("/")[2] for guard in guards]
    config = {
        "global": {"scrape_interval": "500ms", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "stagedoor", "static_configs": [{"targets": targets}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = (
        program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
    )
    found = Prometheus(f"http://127.0.0.1:{port}")
    with Program(*command, log=folder / "log") as started:
        started.says("Server is ready to receive web requests")
        eventually(
            lambda: len(found.now('up{job="stagedoor"} == 1')) == 2, "both guards to be scraped"
        )
        until = time.monotonic() + 6
        while time.monotonic() < until:
            for guard in guards:
                knock(guard)
        eventually(
            lambda: found.lately('rate(stagedoor_blocks_total{crawler="GPTBot"}[4s]) > 0'),
            "a refusal to be seen twice",
        )
        yield found


def panels() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every query of every panel: its board, the panel, the query."""
    for path in BOARDS:
        board = json.loads(path.read_text("utf-8"))
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                yield board["uid"], panel, target


QUERIES = [
    pytest.param(uid, panel, target, id=f"{uid}-{panel['title']}-{target['refId']}")
    for uid, panel, target in panels()
]


@pytest.mark.parametrize(("uid", "panel", "target"), QUERIES)
def test_every_panel_has_data_of_the_right_shape(
    prometheus: Prometheus, uid: str, panel: dict[str, Any], target: dict[str, Any]
) -> None:
    expression = target["expr"]
    for variable, value in STANDING.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression
    found = prometheus.now(expression) if target.get("instant") else prometheus.lately(expression)
    if (uid, panel["title"]) in RARE:
        return
    assert found, expression
    if panel["type"] == "stat":
        assert len(found) == 1
        assert found[0]["metric"] == {}
    values = [float(s["value"][1]) if "value" in s else float(s["values"][-1][1]) for s in found]
    assert any(value == value for value in values), "nothing but NaN"
    legend = target.get("legendFormat", "")
    for sample in found:
        for label in ("purpose", "verdict", "crawler", "operator", "rule", "le", "instance"):
            assert f"{{{{{label}}}}}" not in legend or label in sample["metric"], (legend, sample)
    if panel["type"] == "table":
        columns = set(panel["transformations"][1]["options"]["renameByName"])
        kept = {name for name in columns if not name.startswith("Value")}
        assert all(kept <= set(sample["metric"]) for sample in found), (kept, found[0])


def test_panels_that_may_be_empty_exist() -> None:
    assert set(RARE) <= {(uid, panel["title"]) for uid, panel, _ in panels()}


def test_every_board_can_be_drawn_with_these_numbers(
    prometheus: Prometheus, tmp_path: Path
) -> None:
    """`python -m tools.board_pictures`: each panel is there, with what Prometheus answered."""
    pages = board_pictures.write(prometheus.url, Path(PICTURES) if PICTURES else tmp_path)
    assert [page.stem for page in pages] == [board.stem for board in BOARDS]
    for page, board in zip(pages, BOARDS, strict=True):
        text = page.read_text("utf-8")
        panels = [p for p in json.loads(board.read_text("utf-8"))["panels"] if p["type"] != "row"]
        assert text.count("<section") == len(panels)
        assert all(str(escape(panel["title"])) in text for panel in panels)
    assert "GPTBot" in pages[-1].read_text("utf-8")


def test_figures_agree_with_the_guards(prometheus: Prometheus, guards: tuple[Guard, Guard]) -> None:
    """Two guards are added up, and a name that came once within the time shown is counted."""
    curl(f"{guards[0].url}/music/tone.mp3", agent="CCBot/2.0 (https://commoncrawl.org/faq/)")
    told = next(
        target["expr"] for _, panel, target in panels() if panel["title"] == "Refused most, by name"
    )
    for variable, value in STANDING.items():
        told = told.replace(variable, value)

    def agreed() -> bool:
        counted = guards[0].counts(), guards[1].counts()
        seen = {s["metric"]["crawler"]: float(s["value"][1]) for s in prometheus.now(told)}
        mine = {
            name: sum(counts("blocks_total", crawler=name) for counts in counted)
            for name in ("GPTBot", "CCBot")
        }
        return mine == {name: seen.get(name) for name in mine}

    eventually(agreed, "Prometheus to count what the guards count")


def test_every_alert_can_be_asked_and_none_cries_without_need(prometheus: Prometheus) -> None:
    (group,) = eventually(
        lambda: [
            g
            for g in prometheus.ask("rules")["groups"]
            if all(rule["health"] == "ok" for rule in g["rules"])
        ],
        "the rules to be evaluated",
    )
    written = [rule["alert"] for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]]
    assert [rule["name"] for rule in group["rules"]] == written
    crying = {rule["name"] for rule in group["rules"] if rule["state"] == "firing"}
    # The one that may: this evening's GPTBot asks a hundred times in ten minutes.
    assert crying <= {"StagedoorViolationStorm", "StagedoorSweep"}, group
    for rule in group["rules"]:
        prometheus.now(rule["query"])


def test_a_refusal_leads_to_its_reason(prometheus: Prometheus) -> None:
    """By the exemplar: the id that `stagedoor explain` takes."""
    end = time.time()
    found = prometheus.ask(
        "query_exemplars",
        query='stagedoor_blocks_total{crawler="GPTBot"}',
        start=f"{end - 600:.0f}",
        end=f"{end + 1:.0f}",
    )
    ids = [one["labels"]["request_id"] for series in found for one in series["exemplars"]]
    assert ids
    assert all(len(name) >= 6 for name in ids)


def test_the_scrape_is_as_prometheus_likes_it(guards: tuple[Guard, Guard]) -> None:
    with requests.Session() as session:
        session.trust_env = False
        text = session.get(guards[0].metrics, timeout=PATIENCE).text
    done = subprocess.run(
        [program("promtool"), "check", "metrics"],
        input=text, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_guard_that_is_gone_is_seen(prometheus: Prometheus) -> None:
    """The question of StagedoorAbsent, also about a job that nobody scrapes."""
    rules = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    (absent,) = [rule["expr"] for rule in rules if rule["alert"] == "StagedoorAbsent"]
    assert prometheus.now(absent) == []
    assert prometheus.now(absent.replace('job="stagedoor"', 'job="elsewhere"'))
