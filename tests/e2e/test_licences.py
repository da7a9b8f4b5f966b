"""A licence at the door: granted, used, revoked, and all of it in the ledger."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from .clients import FIREFOX, GPTBOT, curl
from .conftest import StartGuard
from .guarding import Guard
from .programs import eventually, run
from .site import Site

RULE = (
    "- id: training-needs-a-licence\n  title: Training needs a licence\n"
    "  when: {client.purpose: ai-training, resource: audio}\n  then: license\n"
)
OFFERS = "offers:\n  - {what: Training, price: 100 € a year, write: 'mailto:us@music.example'}\n"
SONG = "/music/tone.mp3"


def licence(guard: Guard, *words: str) -> str:
    done = run(sys.executable, "-m", "stagedoor", "licence", *words, "--state", str(guard.state))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_grant_crawl_revoke_and_the_ledgers_account(
    start_guard: StartGuard, origin: Site, rules: Path, tmp_path: Path
) -> None:
    (rules / "06-mine.yaml").write_text(RULE, "utf-8")
    (rules / "licence.yaml").write_text(OFFERS, "utf-8")
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")

    def ask(*headers: str, path: str = SONG, agent: str = GPTBOT) -> tuple[int, str, str]:
        answer = curl(f"{guard.url}{path}", *(w for h in headers for w in ("-H", h)), agent=agent)
        text = answer.body.decode("utf-8", "replace")
        return answer.status, answer.headers.get("WWW-Authenticate") or "", text

    status, challenge, text = ask()
    assert status == 402
    assert challenge.startswith('License error="invalid_request", error_description="')
    assert "On offer: Training, 100 € a year. Please write to mailto:us@music.example" in text
    assert ask("Authorization: License sdl_nobody")[:1] == (401,)
    assert 'error="invalid_token"' in ask("Authorization: License sdl_nobody")[1]
    assert ask(agent=FIREFOX)[0] == 200

    said = licence(guard, "grant", "Label X", "--uses", "train", "--paths", "/music/**")
    token = re.search(r"^ {4}(sdl_\S+)$", said, re.MULTILINE)
    name = re.search(r"Licence (\w+) to", said)
    assert token is not None
    assert name is not None
    shown = f"Authorization: License {token[1]}"
    eventually(lambda: ask(shown)[0] == 200, "the licence to be known")
    assert {one["authorization"] for one in origin.hears("tone.mp3")} == {""}
    before = guard.counts()("violations_total")
    assert [ask(shown)[0] for _ in range(3)] == [200] * 3
    assert guard.counts()("licensed_requests_total", licence=name[1]) >= 4
    assert guard.counts()("violations_total") == before
    assert ask(shown, path="/loose.mp3")[0] == 403

    licence(guard, "revoke", name[1])
    eventually(lambda: ask(shown)[0] == 401, "the licence to be gone")
    assert guard.program.stop() == 0
    assert token[1] not in "".join(
        path.read_text("utf-8", "replace") for path in guard.state.iterdir() if path.is_file()
    )
    out = tmp_path / "report"
    done = run(
        sys.executable, "-m", "stagedoor", "evidence", "export", "--state", str(guard.state),
        "--crawler", "GPTBot", "--since", time.strftime("%Y-%m-%d"), str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = (out / "entries.jsonl").read_text("utf-8").splitlines()
    bodies = [json.loads(line)["entry"] for line in lines]
    takings = [body for body in bodies if body["kind"] == "taking"]
    assert [body["path"] for body in takings if body.get("licence") == name[1]][:1] == [SONG]
    assert not any(body["against"] for body in takings)
    texts = [path.read_text("utf-8") for path in (out / "texts").iterdir()]
    granted = next(text for text in texts if text.startswith(f"Licence {name[1]} to Label X"))
    assert "Paths: /music/**" in granted
