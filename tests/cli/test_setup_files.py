"""The unit and the snippets that `stagedoor setup` writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stagedoor.cli.setup_files import FRONTS, Plan, snippet, unit

PLAN = Plan(
    upstream="http://127.0.0.1:8000", listen="127.0.0.1:8080", front="nginx", domain="music.example",
    rules=Path("/srv/anna/rules"), state=Path("/srv/anna/my state"), observe=True,
    command=("/opt/stagedoor/run",),
)  # fmt: skip


def test_the_unit_starts_the_guard_with_the_paths_of_the_plan() -> None:
    text = unit(PLAN, user="anna", here=Path("/srv/anna"))
    assert (
        'ExecStart=/opt/stagedoor/run serve --rules /srv/anna/rules --state "/srv/anna/my state"\n'
        in text
    )
    assert 'ReadWritePaths="/srv/anna/my state"\n' in text
    assert "User=anna\n" in text


@pytest.mark.parametrize(
    ("listen", "line"),
    [
        ("127.0.0.1:8080", "CapabilityBoundingSet=\n"),
        ("0.0.0.0:80", "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"),
        ("[::]:443", "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"),
    ],
)
def test_a_port_below_1024_needs_one_right_and_not_root(listen: str, line: str) -> None:
    assert line in unit(replace(PLAN, listen=listen), user="anna", here=Path("/srv/anna"))


def test_a_percent_sign_is_none_of_systemds() -> None:
    text = unit(replace(PLAN, rules=Path("/srv/100%")), user="anna", here=Path("/srv"))
    assert "--rules /srv/100%% " in text


@pytest.mark.parametrize("front", [front for front in FRONTS if front != "none"])
def test_a_snippet_names_the_site_and_the_guard(front: str) -> None:
    found = snippet(replace(PLAN, front=front))
    assert found is not None
    assert "music.example" in found[1]
    assert "127.0.0.1:8080" in found[1]
    assert found[1].startswith("# ")


def test_without_a_web_server_there_is_no_snippet() -> None:
    assert snippet(replace(PLAN, front="none")) is None
