"""`bench beside` in its smallest form: real programs side by side, a peer, and what is missing by name."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rich.console import Console
from tools.bench import beside, cli
from tools.bench.beside_chart import rates, svg
from tools.bench.beside_programs import EXPORTED, SERVE2, SITE

from .programs import program

SMALLEST = beside.Plan(rounds=1, seconds=0.2, streams=3, stream_seconds=0.2)
CADDY = "caddy reverse-proxy --from :{port} --to {upstream}"


@pytest.fixture(scope="module")
def found() -> beside.Beside:
    program("nginx"), program("caddy")
    peers = {"caddy": CADDY, "gone": "no-such-program {listen}", "wrong": "true {nowhere}"}
    return beside.measure(SMALLEST, peers, lambda _: None, ["exported maps", "2 workers"])


def test_everything_is_measured_and_what_is_not_is_named(found: beside.Beside) -> None:
    assert set(found.gaps) == {"gone", "wrong"}
    assert "no program no-such-program" in found.gaps["gone"]
    assert "{listen}" in found.gaps["wrong"]
    sides = [SITE, EXPORTED, SERVE2, "caddy"]
    assert list(found.samples) == sides
    for side in sides:
        for load in ("listeners", "refused", "audio"):
            assert found.value(side, load, "rate"), (side, load)
            assert len(found.samples[side][load]["cpu"]) == 1
        assert (found.value(side, "memory", "idle") or 0) > 1e6
        assert side == SITE or found.value(side, "memory", "streams") is not None
        assert set(found.statuses[side]["audio"]) == {"206"}
        assert set(found.statuses[side]["listeners"]) <= {"200", "206"}
    # Those who refuse do, the others send what was asked for.
    refused = {side: set(found.statuses[side]["refused"]) for side in sides}
    assert refused.pop(SITE) == refused.pop("caddy") == {"200"}
    assert set(map(frozenset, refused.values())) == {frozenset({"403"})}


def test_the_table_the_json_and_the_chart_say_the_same(
    found: beside.Beside, tmp_path: Path
) -> None:
    console = Console(file=io.StringIO(), width=110)
    found.print(console)
    assert isinstance(console.file, io.StringIO)
    table = " ".join(console.file.getvalue().split())
    assert "not measured: gone:" in table
    assert f"refused: {EXPORTED} : caddy = " in table
    found.write(tmp_path / "bench.json")
    written = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert written["not_measured"] == found.gaps
    assert len(written["load"]) == len(written["load_after"]) == 3
    assert written["sides"] == found.samples
    rate = rates(written)[EXPORTED]["refused"]
    assert rate == pytest.approx(1 / written["sides"][EXPORTED]["refused"]["cpu"][0])
    picture = ET.fromstring(svg(written))
    bars = [one for one in picture.iter() if one.get("class") in {"listener", "crawler"}]
    assert len(bars) >= 2 + len(rates(written))


@pytest.mark.parametrize("given", ["anubis", "=anubis", "anubis="])
def test_a_peer_has_a_name_and_a_command(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["beside", "--peer", given])
    assert "has no name and command" in capsys.readouterr().err
