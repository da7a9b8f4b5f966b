"""A list of links that is handed on: one machine is handed a feed, another fetches from its list a month
later, and a manifest is published. The command and the report name the first.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from pathlib import Path

import pytest

from flows import GuardFixture, OpenGuard, answered, flow
from ledgers import examined
from making import FIREFOX, GPTBOT
from stagedoor.cli import main
from stagedoor.record.ledger.verifier import verify

MAY, DAY = 1_809_338_400.0, 86_400
"""2027-05-03, 10:00 UTC."""
FEED = b"<rss><channel>" + b"".join(
    b'<item><guid>%d</guid><enclosure url="https://music.example/music/%d.mp3"/></item>' % (n, n)
    for n in range(30)
)


class Clock:
    """The clock of everything, moved by hand."""

    def __init__(self) -> None:
        self.at = MAY

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(time, "time", found)
    return found


def started(opened: OpenGuard, state: Path) -> GuardFixture:
    stance = "artist: {name: Us}\ncanaries: yes\nai: {train: yes}"
    fixture = opened({"stance.yaml": stance, "90-free.yaml": "[]"}, guard_state=str(state))
    fixture.guard.service.open()
    return fixture


def get(fixture: GuardFixture, target: str, agent: str, peer: str, media: str, body: bytes) -> str:
    found = fixture.enter(flow(target, agent, peer=peer))
    response = answered(found, media)
    fixture.guard.responseheaders(found)
    stream = response.stream
    assert callable(stream)
    out = b"".join(
        piece if isinstance(piece, bytes) else b"".join(piece)
        for piece in (stream(body), stream(b""))
    )
    fixture.guard.response(found)
    assert "sd=" not in found.request.path
    return out.decode()


def test_who_handed_the_list_on_is_named(
    opened: OpenGuard, tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    first = started(opened, state)
    sent = get(first, "/feed.xml", GPTBOT, "198.51.100.7", "application/rss+xml", FEED)
    links = re.findall(r'url="([^"]+)"', sent)
    assert len(links) == 30
    assert len(set(re.findall("sd=([a-z2-7]{20})", sent))) == 1
    # The same feed as a person reads it has none.
    assert "sd=" not in get(first, "/feed.xml", FIREFOX, "192.0.2.5", "application/rss+xml", FEED)
    first.guard.service.close()

    clock.at = MAY + 67 * DAY  # 9 July; the guard was started anew in between
    second = started(opened, state)
    target = links[3].removeprefix("https://music.example")
    get(second, target, "yt-dlp/2027.07.01", "203.0.113.9", "audio/mpeg", b"ID3" + b"x" * 5000)
    # And a person who was sent the link: nothing is kept but the network.
    get(second, target, FIREFOX, "192.0.2.5", "audio/mpeg", b"ID3" + b"x" * 5000)
    uses = second.guard.service.suite.day.look().uses
    assert [use.decided.client.name for use in uses] == ["Firefox", "unknown"]
    assert second.value("marked_link_uses_total", handed_to="GPTBot", proof="unverified", purpose="browser") == 1  # fmt: skip
    second.guard.service.close()

    clock.at += DAY
    manifest = tmp_path / "manifest.jsonl.gz"
    rows = [json.dumps({"audio": link, "caption": "x"}) for link in links]
    manifest.write_bytes(gzip.compress("\n".join(rows).encode()))
    assert main(["canary", "find", str(manifest), "--state", str(state), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["times"]) == ("canary", 30)
    assert (found["handed"]["client"], found["handed"]["path"]) == ("GPTBot", "/feed.xml")
    assert found["handed"]["at"] == int(MAY * 1000)
    assert found["handed"]["network"] == "198.51.100.0/24"
    assert [use["client"] for use in found["uses"]] == ["unknown", "Firefox"]

    assert examined(state).broken is None
    out = tmp_path / "out"
    assert main(["evidence", "export", "--state", str(state), "--crawler", "GPTBot", "--since", "2027-05-01", str(out)]) == 0  # fmt: skip
    assert verify(out)[0].startswith("OK")
    report = (out / "report.html").read_text()
    assert "handed to a client that calls itself GPTBot on 2027-05-03 10:00:00" in report
    entries = (out / "entries.jsonl").read_text()
    assert "192.0.2.0/24" in entries
    assert "192.0.2.5" not in entries
    assert "Gecko/20100101 Firefox" not in entries
