"""The committed boards: built from the code as it is, and whole."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from tools.boards.alerts import ALERTS
from tools.boards.query import ANY, BOARD
from tools.build_dashboards import BOARDS, built, with_table

from making import ROOT
from stagedoor.platforms.watch_metrics import WATCH_METRICS
from stagedoor.record.metric_table import METRICS, STANDARD

FILES = sorted((ROOT / "dashboards").glob("stagedoor-*.json"))
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
UNITS = {"short", "s", "bytes", "Bps", "reqps", "percentunit"}


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def board(request: pytest.FixtureRequest) -> dict[str, Any]:
    """One committed board."""
    return dict(json.loads(request.param.read_text("utf-8")))


def shown(board: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Its panels, without the headings."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def expressions(board: Mapping[str, Any]) -> Iterator[str]:
    """Everything it asks."""
    for panel in shown(board):
        yield from (target["expr"] for target in panel["targets"])


def test_what_is_committed_is_what_is_built() -> None:
    for path, text in built():
        assert path.read_text("utf-8") == text, f"run python -m tools.build_dashboards ({path})"


def test_every_board_is_there_once() -> None:
    assert [path.stem for path in FILES] == sorted(board.uid for board in BOARDS)
    assert {board.uid for board in BOARDS} == {
        "stagedoor-overview", "stagedoor-listening", "stagedoor-compliance",
        "stagedoor-operations",
    }  # fmt: skip  # part of people's bookmarks


def test_grafanas_published_types_hold_all_of_it(board: dict[str, Any]) -> None:
    """Read into the types that Grafana's schema generates, and written again, nothing is lost."""
    register_default_plugins()
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
    assert again == board
    assert board["schemaVersion"] >= 39
    assert re.fullmatch(r"[a-z-]{5,40}", board["uid"])


def test_panels_are_numbered_and_none_lies_on_another(board: dict[str, Any]) -> None:
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers)
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        x, y, w, h = (place.get(side, 0) for side in "xywh")
        assert w > 0, panel["title"]
        assert h > 0, panel["title"]
        assert x + w <= 24, panel["title"]
        cells = set(itertools.product(range(x, x + w), range(y, y + h)))
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_panel_says_what_it_shows(board: dict[str, Any]) -> None:
    titles = [panel["title"] for panel in shown(board)]
    assert len(set(titles)) == len(titles)
    for panel in shown(board):
        assert len(panel["description"]) > 8, panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"] in UNITS, panel["title"]
        assert defaults["thresholds"]["steps"], panel["title"]
        assert defaults["thresholds"]["steps"][0].get("value") is None, panel["title"]


def test_the_data_source_is_chosen_once_and_used_everywhere(board: dict[str, Any]) -> None:
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    assert list(variables) == ["datasource", "job", "instance", "site"]
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    asked = [variables["job"], variables["instance"], variables["site"]]
    for panel in shown(board):
        asked += [panel, *panel["targets"]]
    assert all(one["datasource"] == SOURCE for one in asked)
    for expression in expressions(board):
        assert 'job=~"$job",instance=~"$instance"' in expression


def test_the_choice_of_a_site_is_in_what_is_counted_by_site_and_nowhere_else() -> None:
    """A guard of one site has no such label: an absent one matches `.*`."""
    chosen = 'job=~"$job",instance=~"$instance"'
    by_site = BOARD.pick("stagedoor_requests_total")
    assert by_site == f'stagedoor_requests_total{{{chosen},site=~"$site"}}'
    assert BOARD.pick("stagedoor_added_seconds_bucket").endswith(',site=~"$site"}')
    for whole in (
        "up",
        "stagedoor_connections",
        "stagedoor_malformed_total",
        "stagedoor_build_info",
    ):
        assert BOARD.pick(whole) == f"{whole}{{{chosen}}}"


def test_boards_lead_to_each_other(board: dict[str, Any]) -> None:
    (link,) = board["links"]
    assert (link["type"], link["tags"], link["keepTime"], link["includeVars"]) == (
        "dashboards", ["stagedoor"], True, True,
    )  # fmt: skip
    assert "stagedoor" in board["tags"]


NAME = re.compile(r"\b(?:stagedoor|process|python)_\w+")


def test_nothing_is_asked_that_does_not_exist(board: dict[str, Any]) -> None:
    rows = (*METRICS.values(), *WATCH_METRICS.values())
    known = {name for row in rows for name in row.series} | set(STANDARD)
    asked = {name for expression in expressions(board) for name in NAME.findall(expression)}
    assert asked
    assert asked <= known


def test_every_metric_is_shown_somewhere() -> None:
    told = "".join(path.read_text("utf-8") for path in FILES)
    missing = [
        row.name
        for row in (*METRICS.values(), *WATCH_METRICS.values())
        if not any(f"{name}{{" in told for name in row.series)
    ]
    assert missing == []


def test_an_expression_cannot_name_what_does_not_exist() -> None:
    with pytest.raises(KeyError, match="stagedoor_request_total"):
        BOARD.rate("stagedoor_request_total")
    with pytest.raises(ValueError, match="stagedoor_requests_total has no label crawler"):
        ANY.total("stagedoor_requests_total", ("crawler",))
    with pytest.raises(ValueError, match="stagedoor_requests_total has no label agent"):
        ANY.pick("stagedoor_requests_total", agent="x")
    with pytest.raises(KeyError):
        ANY.pick("stagedoor_decision_seconds")  # a histogram has no series of that name


def test_expressions_are_put_together_as_written() -> None:
    assert ANY.pick("up", job="a", instance="!b") == 'up{job="a",instance!="b"}'
    assert (
        ANY.rate("stagedoor_requests_total", ("purpose",), "5m", verdict="~a|b")
        == 'sum by (purpose) (rate(stagedoor_requests_total{verdict=~"a|b"}[5m]))'
    )


def test_a_readme_without_markers_is_no_place_for_the_table() -> None:
    with pytest.raises(ValueError, match="markers"):
        with_table("# Nothing here")


def test_every_alert_is_in_the_runbook() -> None:
    headings = re.findall(r"^## (\w+)$", (ROOT / "dashboards/runbook.md").read_text(), re.MULTILINE)
    assert headings == [alert.name for alert in ALERTS]
    for alert in ALERTS:
        assert alert.rule()["annotations"]["runbook"] == f"runbook.md#{alert.name.lower()}"
