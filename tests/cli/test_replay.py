"""`stagedoor replay`, as a person or a script calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from loglines import entry, line
from making import FIREFOX, GPTBOT, REQUESTS, ROOT
from stagedoor.cli import main

HOSTILE = GPTBOT + " \\x1b[31m\\x0a\\xc2\\x9b2J [red]"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_bytes(
        b"\n".join(
            [
                line(GPTBOT, "/music/a.flac", size=48_200_000_000),
                line(HOSTILE, "/music/b.mp3", size=5, second=3000),
                line(GPTBOT, "/robots.txt", size=50),
                line(REQUESTS, "/music/a.flac", size=1_000_000),
                line(FIREFOX, "/music/a.flac", size=7_000_000),
                line(FIREFOX, "/", size=3000),
                b'::1 - - [23/Nov/2026:11:15:27 +0000] "\\x16\\x03" 400 0 "-" "-"',
                b"\x1b]0;owned\x07 nonsense \xc2\x9b2J",
            ]
        )
        + b"\n"
    )
    return path


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """The output with its line breaks for narrow terminals taken out."""
    return " ".join(capsys.readouterr().out.split())


def asked(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, Any]:
    main(["replay", "--json", *map(str, words)])
    found: dict[str, Any] = orjson.loads(capsys.readouterr().out)
    return found


def test_sentences_first(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(log)]) == 0
    text = told(capsys)
    assert text.startswith(
        "Of 6 requests in 1 hour, 3 would have been refused, 3 of them for recordings. In answer to "
        "those, the site sent 48.2 GB. 1 crawler came 3 times and took 2 recordings, 48.2 GB."
    )
    assert "GPTBot ai-training 3 2 48.2 GB 2 48.2 GB" in text
    assert "browsers and apps people 2 1 7.0 MB – –" in text
    assert "ai-training-off block 2 2 48.2 GB" in text
    assert "Judged by what clients say they are" in text
    assert "1 connection without a request" in text
    assert "1 of 8 lines not understood:" in text


def test_nothing_reaches_the_terminal_that_it_would_obey(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "stance.yaml").write_text("ai: {train: yes}\n")
    assert main(["replay", str(log), "--diff", str(tmp_path / "old")]) == 0
    out = capsys.readouterr().out
    assert {c for c in out if not c.isprintable()} == {"\n"}
    assert "\\x1b]0;owned\\x07 nonsense \\x9b2J" in out
    assert "[red]" in out  # not taken for markup


def test_the_difference_between_two_sets_of_rules(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / "stance.yaml").write_text("ai: {train: yes}\n")
    found = asked(capsys, log, "--diff", old)
    (change,) = found["changes"]
    assert (change["name"], change["requests"]) == ("GPTBot", 2)
    assert change["old"]["action"] == "allow"
    assert change["new"] == {"action": "block", "rule": "ai-training-off", "status": 403}
    assert sorted(example["line"] for example in change["examples"]) == [1, 2]

    main(["replay", str(log), "--diff", str(old)])
    text = told(capsys)
    assert "Between the two sets of rules, 2 verdicts changed." in text
    assert "GPTBot: allow → block by ai-training-off, 2 requests (2 for recordings)" in text
    assert f"{log}:1: 203.0.113.9 - - [23/Nov/2026" in text

    assert asked(capsys, log, "--rules", old, "--diff", old)["changes"] == []


def test_the_rules_in_question_are_those_named(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stance.yaml").write_text("ai: {train: yes}\nmode: observe\n")
    assert asked(capsys, log, "--rules", tmp_path)["refused"]["requests"] == 1
    main(["replay", str(log), "--rules", str(tmp_path)])
    assert "for now the guard refuses nobody" in told(capsys)


def test_a_file_that_fails_does_not_stop_the_others(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing\x1b[31m.log"
    assert main(["replay", "--json", str(missing), str(log)]) == 1
    out, errors = capsys.readouterr()
    found = orjson.loads(out)
    assert found["came"]["requests"] == 6
    assert len(found["faults"]) == 1
    assert "missing\\x1b[31m.log: cannot be read: no such file" in errors
    assert "\x1b" not in errors


def test_days(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(
        b"\n".join(line(FIREFOX, "/").replace(b"23/Nov", b"%02d/Nov" % day) for day in range(1, 31))
    )
    assert asked(capsys, path)["came"]["requests"] == 30
    found = asked(capsys, path, "--since", "2026-11-10", "--until", "2026-11-20")
    assert (found["came"]["requests"], found["outside"]) == (11, 19)
    assert asked(capsys, path, "--until", "2026-11-10T12:00+02:00")["came"]["requests"] == 9
    main(["replay", str(path)])
    assert "Of 30 requests in 29 days, none would have been refused." in told(capsys)
    assert main(["replay", str(path), "--since", "yesterday"]) == 1
    assert '"yesterday" is no day — write it like 2026-10-31' in capsys.readouterr().err


def test_standard_input(log: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stagedoor", "replay", "--json", "-"],
        input=log.read_bytes() * 3,
        capture_output=True,
        check=True,
        cwd=ROOT / "addons",
    )
    found = orjson.loads(done.stdout)
    assert found["came"]["requests"] == 18
    assert found["unreadable"]["first"][0]["file"] == "standard input"
    assert done.stderr == b""


def test_a_har_file_with_all_headers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.har"
    lone = entry()  # Firefox sends all three of these headers, or none
    lone["request"]["headers"].append({"name": "Sec-Fetch-Mode", "value": "no-cors"})
    path.write_bytes(orjson.dumps({"log": {"entries": [lone, entry(response={})]}}))
    found = asked(capsys, path)
    assert found["clients"][0]["name"] == "Firefox"
    assert found["clients"][0]["files"] == 1
    assert found["verdicts"] == {"log": 1}
    assert found["rules"][0]["rule"] == "disguises-noted"
    assert found["unreadable"]["count"] == 1


def test_a_log_without_a_request_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says what was missing, in each file that has none."""
    path = tmp_path / "access.log"
    path.touch()
    assert main(["replay", str(path)]) == 1
    out, error = capsys.readouterr()
    assert out.startswith("No request was found.")
    assert "access.log: it is empty" in error
    path.write_bytes(b'{"level":"info","msg":"started"}\n' * 3)
    assert main(["replay", str(path)]) == 1
    error = capsys.readouterr().err
    assert "no request was found in its 3 lines: it has no status (a number such as 200)" in error
    good = tmp_path / "good.log"
    good.write_bytes(line(FIREFOX, "/"))
    assert main(["replay", str(good), str(path)]) == 1
    assert "Of 1 request" in capsys.readouterr().out


def test_a_log_of_a_proxy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All addresses are one: said. Where the visitor's stands beside it, trust finds it."""
    path = tmp_path / "access.log"
    path.write_bytes(
        b"\n".join(
            line(GPTBOT, "/", address="127.0.0.1") + b' "203.0.113.%d"' % number
            for number in range(3)
        )
    )
    main(["replay", str(path)])
    text = told(capsys)
    assert "All requests come from one address, 127.0.0.1: unless it was one visitor" in text
    assert "the log names a proxy" in text
    main(["replay", str(path), "--trusted-proxies", "127.0.0.1"])
    assert "one address" not in told(capsys)
    (tmp_path / "stance.yaml").write_text("site: {trusted_proxies: [127.0.0.1]}\n")
    main(["replay", str(path), "--rules", str(tmp_path)])
    assert "one address" not in told(capsys)
    assert main(["replay", str(path), "--trusted-proxies", "my-proxy"]) == 1
    assert "is not an address or network" in capsys.readouterr().err
    path.write_bytes(line(GPTBOT, "/", address="203.0.113.1, 10.0.0.1"))
    main(["replay", str(path)])
    assert "1 line with several addresses: the first was taken" in told(capsys)


def test_taking_one_recording_often_is_no_large_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"\n".join([line(GPTBOT, "/a.mp3", size=7_000_000_000)] * 4))
    main(["replay", str(path)])
    assert "took 1 recording 4 times, 28.0 GB in all." in told(capsys)


def test_a_log_that_does_not_say_who_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(line(FIREFOX, "/").partition(b' "-" "')[0])
    assert main(["replay", str(path)]) == 0
    assert "the log does not say who asked" in told(capsys)
