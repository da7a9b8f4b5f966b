"""Starting and stopping: what is said, and that a mistake stops it with a line that helps."""

from __future__ import annotations

import re
import signal
import socket
import time
from pathlib import Path

import pytest

from . import guarding
from .clients import CHROMIUM, GPTBOT, connect, curl, read_head, request
from .conftest import StartGuard
from .guarding import SO_FAR, STARTED, Guard, fails
from .programs import PATIENCE, ROOT, Program, at_load, free_port, program, run
from .rawsite import RawSite, Visit
from .site import Site

REVERSE = "--mode=reverse:http://127.0.0.1:9@127.0.0.1:0"
NO_METRICS = ("--set", "guard_metrics=off")


def test_the_start_up_message(guard: Guard, origin: Site) -> None:
    said = re.search(STARTED, guard.output, re.MULTILINE)
    assert said
    assert said["site"] == origin.url
    assert said["metrics"] == guard.metrics
    counts = guard.counts()
    assert int(said["rules"]) == counts("rules_loaded")
    assert int(said["signatures"].replace(",", "")) == counts("signatures_loaded")
    assert len(guard.output[: said.end()].splitlines()) <= 10


def test_every_mistake_in_the_rules_is_a_line(rules: Path, tmp_path: Path) -> None:
    (rules / "stance.yaml").write_text("artist:\n  contact: me@band.example\nai:\n  trian: no\n")
    (rules / "50-own.yaml").write_text(
        "- id: Mine\n  title: Mine\n  when: {client.purpose: ai-trainig}\n  then: blok\n"
    )
    status, lines = fails(tmp_path, "--set", f"guard_rules={rules}", REVERSE)
    assert status == 1
    assert "Traceback" not in "\n".join(lines)
    placed = [line for line in lines if re.match(r"\S+\.yaml:\d+:\d+: ", line)]
    found = {re.sub(r"^.*/|:\d+: .*", "", line) for line in placed}
    assert found == {
        "stance.yaml:2",
        "stance.yaml:4",
        "50-own.yaml:1",
        "50-own.yaml:3",
        "50-own.yaml:4",
    }
    told = "\n".join(placed)
    assert "mailto:me@band.example" in told
    assert 'did you mean "train"?' in told
    assert 'did you mean "ai-training"?' in told
    assert 'did you mean "block"?' in told
    assert not [line for line in lines if "guards" in line]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"ai: {train: no\n", "stance.yaml:"),
        (b"ai: {train: no}\nai: {train: yes}\n", "stance.yaml:2:1"),
        (b"artist: {name: \xff\xfe}\n", "stance.yaml:1:"),
        (b"- a\n- b\n", "stance.yaml"),
    ],
    ids=["broken YAML", "twice the same", "not UTF-8", "a list"],
)
def test_a_file_that_is_no_stance(text: bytes, told: str, rules: Path, tmp_path: Path) -> None:
    (rules / "stance.yaml").write_bytes(text)
    status, lines = fails(tmp_path, "--set", f"guard_rules={rules}", REVERSE)
    assert status == 1
    assert [line for line in lines if told in line], lines
    assert "Traceback" not in "\n".join(lines)


@pytest.mark.parametrize(
    "wrong",
    [
        {
            "guard_metrics=nonsense": 'guard_metrics: "nonsense" is not a listening address',
            "guard_mode=observ": 'guard_mode: "observ" is not a mode — did you mean "observe"?',
            "guard_trusted_proxies=10.0.0.300": 'guard_trusted_proxies: "10.0.0.300" is not an address',
        },
        {
            "guard_rulez=x": 'there is no option "guard_rulez" — did you mean "guard_rules"?',
            "gaurd_mode=observe": 'there is no option "gaurd_mode" — did you mean "guard_mode"?',
        },
        {"guard_rules=/nowhere": "/nowhere: there is no such directory"},
        {"guard_state=/proc/nowhere": "the state directory /proc/nowhere cannot be written"},
    ],
    ids=["values", "names", "rules", "state"],
)
def test_wrong_options(wrong: dict[str, str], tmp_path: Path) -> None:
    """All of them at once, a line each."""
    words = [word for option in wrong for word in ("--set", option)]
    if not any(option.startswith("guard_metrics") for option in wrong):
        words += NO_METRICS
    status, lines = fails(tmp_path, REVERSE, *words)
    assert status == 1
    for told in wrong.values():
        assert len([line for line in lines if line.startswith(told)]) == 1, lines
    assert "Traceback" not in "\n".join(lines)


@pytest.mark.parametrize(
    "words",
    [["guard_metrics=off", "guard_metrics=127.0.0.1:0"], ["guard_metrics"]],
    ids=["twice", "without a value"],
)
def test_an_option_that_mitmproxy_cannot_read(words: list[str], tmp_path: Path) -> None:
    """mitmproxy drops the whole script then, without a word: a door that neither opens nor says why."""
    status, lines = fails(tmp_path, REVERSE, *(part for word in words for part in ("--set", word)))
    assert status == 1
    assert [line for line in lines if "guard_metrics" in line], lines


def test_a_port_for_metrics_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        status, lines = fails(tmp_path, REVERSE, "--set", f"guard_metrics={where}")
    assert status == 1
    assert [line for line in lines if line.startswith(f"metrics cannot be served at {where}")], (
        lines
    )
    assert not [line for line in lines if " guards " in line], "it said that it stands"


def test_a_port_for_visitors_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, lines = fails(tmp_path, REVERSE.replace(":0", f":{port}"), *NO_METRICS)
    assert status == 1
    assert [line for line in lines if f"127.0.0.1:{port}" in line and "in use" in line], lines
    assert not [line for line in lines if " guards " in line], "it said that it stands"


def test_bare_start_takes_the_site_from_the_stance(
    origin: Site, rules: Path, tmp_path: Path
) -> None:
    port = free_port()
    (rules / "stance.yaml").write_text(
        f"site: {{upstream: '{origin.url}', listen: '127.0.0.1:{port}'}}\n"
    )
    state = tmp_path / "state"
    bare = guarding.command("--set", f"guard_rules={rules}", "--set", "guard_metrics=127.0.0.1:0",
        "--set", f"guard_state={state}",
    )  # fmt: skip
    guard = guarding.reach(Program(*bare, log=tmp_path / "guard.log"), state)
    with guard.program:
        assert guard.url == f"http://127.0.0.1:{port}"
        assert curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT).status == 403
        assert curl(f"{guard.url}/music/tone.mp3", agent=CHROMIUM).body == origin.file(
            "/music/tone.mp3"
        )
        # Not even for a moment, and not on another port, a proxy to anywhere.
        assert "proxy listening at" not in guard.output.replace(f"127.0.0.1:{port}", "")
        assert guard.program.stop() == 0


def test_bare_start_without_a_site_says_what_to_write(rules: Path, tmp_path: Path) -> None:
    (rules / "stance.yaml").write_text("ai: {train: no}\n")
    status, lines = fails(tmp_path, "--set", f"guard_rules={rules}", *NO_METRICS)
    assert status == 1
    told = [line for line in lines if "nothing to guard yet" in line]
    assert len(told) == 1, lines
    assert "site: {upstream: http://localhost:8000}" in told[0]
    assert "rules/stance.yaml" in told[0]
    assert "Traceback" not in "\n".join(lines)


@pytest.mark.parametrize("mode", ["regular@0", "socks5@0", "upstream:http://127.0.0.1:9@0"])
def test_it_is_no_forward_proxy(mode: str, tmp_path: Path) -> None:
    status, lines = fails(tmp_path, REVERSE, f"--mode={mode}", *NO_METRICS)
    assert status == 1
    assert [line for line in lines if "it is no forward proxy" in line], lines


def test_the_options_are_explained() -> None:
    done = run(*guarding.command("--options"))
    assert done.returncode == 0, done.stderr
    for name in ("rules", "state", "metrics", "mode", "trusted_proxies"):
        found = re.search(rf"((?:^ *#.*\n)+)^ *guard_{name}: ", done.stdout, re.MULTILINE)
        assert found, f"guard_{name} is not listed with its help"
        assert len(found[1]) > 40
    assert "Traceback" not in done.stdout + done.stderr


def test_the_script_runs_from_anywhere(origin: Site, tmp_path: Path) -> None:
    """A relative path, from the checkout, as the README writes it."""
    command = [
        program("mitmdump"),
        "-s",
        "addons/guard.py",
        f"--mode=reverse:{origin.url}@127.0.0.1:0",
    ]
    own = ["--set", f"confdir={guarding.confdir()}", "--set", "guard_metrics=127.0.0.1:0"]
    guard = guarding.reach(Program(*command, *own, cwd=ROOT, log=tmp_path / "log"), tmp_path)
    with guard.program:
        assert curl(f"{guard.url}/index.html").body == origin.served("/index.html")
        assert guard.program.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_asked_with_a_stream_running(number: int, start_guard: StartGuard) -> None:
    def endless(visit: Visit) -> None:
        visit.answer("audio/mpeg")
        while True:
            visit.wire.sendall(bytes(1000))
            time.sleep(0.01)

    with RawSite(endless) as site:
        guard = start_guard(site.url)
        with connect(guard.url) as wire:
            wire.sendall(request("/live"))
            read_head(wire)
            assert curl(f"{guard.url}/a.mp3", agent=GPTBOT).status == 403
            began = time.monotonic()
            guard.program.process.send_signal(number)
            assert guard.program.process.wait(PATIENCE) == 0
            assert time.monotonic() - began < at_load(3)
    assert "the guard stops; responses still on their way are cut off: 1" in guard.program.output
    assert guard.decisions(count=1)[0]["client"] == "GPTBot"


def test_rules_can_be_laid_over_the_shipped_ones(
    origin: Site, rules: Path, start_guard: StartGuard
) -> None:
    """One own rule before the shipped, one shipped file switched off, the catalogue untouched."""
    (rules / "10-friends.yaml").write_text(
        "- {id: friends, title: Friends, when: {client.name: python-requests}, then: allow}\n"
    )
    (rules / "30-crawlers.yaml").write_text("")
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    url = f"{guard.url}/music/tone.mp3"
    assert curl(url, agent="python-requests/2.32.5").status == 200
    assert curl(url, agent="python-httpx/0.28.1").status == 403
    assert curl(url, agent="Audioscrape/1.0").status == 200
    assert curl(url, agent=GPTBOT).status == 403


def test_the_stance_decides(origin: Site, rules: Path, start_guard: StartGuard) -> None:
    (rules / "stance.yaml").write_text(
        "ai: {train: yes, search: no}\nothers: {libraries: yes}\naudio: {paths: ['/listen/**']}\n"
    )
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    assert curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT).status == 200
    assert curl(f"{guard.url}/music/tone.mp3", agent="python-requests/2.32.5").status == 200
    assert curl(f"{guard.url}/", agent="Mozilla/5.0 (compatible; Googlebot/2.1)").status == 403


def test_a_folder_named_in_the_stance_is_audio_before_the_site_is_asked(
    origin: Site, rules: Path, start_guard: StartGuard
) -> None:
    (rules / "stance.yaml").write_text("audio: {paths: ['/listen/**']}\n")
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    assert curl(f"{guard.url}/listen/tone?named", agent="python-requests/2.32.5").status == 403
    assert origin.never_heard("named", guard.url)


def test_no_new_line_is_said_about_people(guard: Guard) -> None:
    """A terminal with a line a visitor would be of no use; and it would be a log of people."""
    said = len(guard.said_so_far())
    for path in ("/", "/index.html", "/music/tone.mp3", "/nothing"):
        curl(f"{guard.url}{path}")
    new = guard.said_so_far()[said:].splitlines()
    assert [line for line in new if f": GET {SO_FAR}" not in line] == []
