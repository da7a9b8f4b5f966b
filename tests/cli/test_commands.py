"""The command line, as a person or a script calls it."""

from __future__ import annotations

import argparse
import http.server
import io
import threading
from pathlib import Path

import orjson
import pytest

from making import FIREFOX, GPTBOT, REQUESTS
from stagedoor.cli import main, serve
from stagedoor.cli.command_table import parser
from stagedoor.cli.decide import decide
from stagedoor.cli.identify import identify
from stagedoor.cli.json_answers import write_answers
from stagedoor.config.stance import Site, Stance
from stagedoor.fronts.mitmproxy import startup
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError


def asked(command: str, *given: str) -> list[dict[str, str]]:
    out = io.BytesIO()
    answer = identify if command == "identify" else decide
    write_answers(answer, None, io.BytesIO("\n".join(given).encode()), out)
    return [orjson.loads(line) for line in out.getvalue().splitlines()]


def test_identify_says_who_and_which_rule() -> None:
    crawler, browser = asked("identify", GPTBOT, FIREFOX)
    assert crawler == {
        "ua": GPTBOT,
        "name": "GPTBot",
        "operator": "OpenAI",
        "purpose": "ai-training",
        "rule_hint": "ai-training-off",
        "purposes": ["ai-training"],
    }
    assert (browser["purpose"], browser["rule_hint"]) == ("browser", "")


def test_identify_answers_a_person_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identify", GPTBOT, FIREFOX, "Wget/1.21.3", "Zorbulon/1", ""]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "GPTBot (OpenAI), ai-training: gets no recordings (ai-training-off)",
        "Firefox (Mozilla), browser: gets recordings",
        "Wget (GNU project), downloader: gets recordings, noted (downloaders-noted)",
        "in no list: gets recordings, noted (unknown-noted)",
        "gives no name: gets no recordings (anonymous-off)",
    ]


def test_identify_reads_its_arguments_as_lines(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["identify", "--json", "Zörbot/1 (+https://zör.example)"]) == 0
    answer = orjson.loads(capsysbinary.readouterr().out)
    assert answer["ua"] == "Zörbot/1 (+https://zör.example)"
    assert answer["purpose"] == "robot"


def test_decide_answers_whole_requests() -> None:
    refused, page = asked(
        "decide",
        orjson.dumps({"ua": REQUESTS, "path": "/music/%61.mp3?x=1"}).decode(),
        orjson.dumps({"headers": {"User-Agent": REQUESTS}, "path": "/about"}).decode(),
    )
    assert (refused["verdict"], refused["rule"]) == ("block", "libraries-off")
    assert (refused["resource"], refused["client"]) == ("audio", "python-requests")
    assert (page["verdict"], page["why"]) == ("allow", "no rule held")


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "{}", '{"path": 7}', '{"path": "/", "headers": 1}']
)
def test_the_nth_answer_is_for_the_nth_line(line: str) -> None:
    wrong, right = asked("decide", line, '{"path": "/"}')
    assert wrong["error"]
    assert right["verdict"] == "allow"


def test_check_says_that_the_shipped_rules_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "cases and" in capsys.readouterr().out


def test_check_tells_every_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stance.yaml").write_text("ai: {trian: no}\nmode: maybe\n")
    assert main(["check", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert 'stance.yaml:1:6: unknown field "trian" — did you mean "train"?' in told
    assert told.endswith("2 mistakes.\n")


def test_check_fails_where_a_case_does_not_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "90-mine.yaml").write_text(
        "- id: mine\n  title: Mine\n  then: log\n"
        "  cases: [{ua: GPTBot/1.0, get: /a.mp3, expect: allow}]\n"
    )
    assert main(["check", str(tmp_path)]) == 1
    assert "- expected: allow\n    + decided:  block by rule ai-training-off" in (
        capsys.readouterr().err
    )


@pytest.mark.slow
def test_check_runs_the_cases_of_profiles_and_of_rules_for_terms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A profile of one's own, and a shipped rule that was edited."""
    (tmp_path / "platforms").mkdir()
    (tmp_path / "terms").mkdir()
    profile = tmp_path / "platforms" / "mine.yaml"
    lines = (
        "name: Mine", "hosts: [music.example]", "reviewed: 2026-11-29", "source: s",
        "audio: [/tracks/*]", "cases:", "  audio:", "    - https://music.example/songs/1",
    )  # fmt: skip
    profile.write_text("\n".join(lines))
    terms = (rule_folder.SHIPPED_RULES / "terms" / "english.yaml").read_text("utf-8")
    (tmp_path / "terms" / "english.yaml").write_text(
        terms.replace("You must not scrape the site.", "You must dance.")
    )
    assert main(["check", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert 'platforms/mine.yaml:8:7: mine: https://music.example/songs/1 is "other"' in said.err
    assert "terms/english.yaml:" in said.err
    assert "en-no-mining: does not find “You must dance.”" in said.err
    assert "cases of 9 platforms and of terms in 4 languages hold." in said.out
    profile.write_text("\n".join(lines).replace("/tracks/*", "/songs/*"))
    (tmp_path / "terms" / "english.yaml").unlink()
    assert main(["check", str(tmp_path)]) == 0


def test_check_reports_mistakes_of_rules_and_of_profiles_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "platforms").mkdir()
    (tmp_path / "stance.yaml").write_text("mode: maybe\n")
    (tmp_path / "platforms" / "soundcloud.yaml").write_text("name: SoundCloud\nhostz: [a]\n")
    assert main(["check", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "stance.yaml:1:7" in said
    assert 'platforms/soundcloud.yaml:2:1: unknown field "hostz" — did you mean "hosts"?' in said


def test_init_begins_a_folder_and_never_overwrites(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    assert main(["init", str(folder)]) == 0
    assert main(["check", str(folder)]) == 0
    (folder / "stance.yaml").write_text("mode: observe\n")
    assert main(["init", str(folder)]) == 1
    assert (folder / "stance.yaml").read_text() == "mode: observe\n"
    assert "is there already" in capsys.readouterr().err


class _Navidrome(http.server.BaseHTTPRequestHandler):
    """The two answers by which it is known; everything else is missing."""

    def do_GET(self) -> None:
        body = {
            "/rest/ping.view": b'<subsonic-response status="failed" type="navidrome"/>',
            "/app/": b"<title>Navidrome</title>",
        }.get(self.path, b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_init_asks_the_site_what_it_runs_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Navidrome) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert main(["init", str(tmp_path), "--site", url]) == 0
        server.shutdown()
    assert "looks like navidrome" in capsys.readouterr().out
    site = rule_folder.load(tmp_path).stance.site
    assert (site.upstream, site.profile, site.listen) == (url, "navidrome", "")
    assert main(["check", str(tmp_path)]) == 0
    assert main(["init", str(tmp_path / "other"), "--site", url]) == 1
    assert not (tmp_path / "other").exists()


def options(**given: object) -> argparse.Namespace:
    names = ("upstream", "listen", "rules", "state", "mode", "metrics", "trusted_proxies",
             "store", "upstream_ca", "upstream_insecure", "tls_cert", "tls_key")  # fmt: skip
    return argparse.Namespace(**{**dict.fromkeys(names), "others": [], **given})


def test_serve_turns_its_options_into_the_guards() -> None:
    given = options(upstream="http://localhost:8000", listen="[::1]:80", mode="observe")
    assert serve.settings_of(given) == ["guard_mode=observe"]
    site = serve.site_of(given, Stance())
    assert startup.reverse_spec(site) == "reverse:http://localhost:8000@::1:80"


def test_serve_passes_every_other_option_on() -> None:
    given = ["serve", "--upstream", "http://localhost:8000", "--set", "guard_resolvers=127.0.0.1"]
    words = serve.settings_of(parser().parse_args(given))
    assert words[-1] == "guard_resolvers=127.0.0.1"


def test_serve_takes_from_the_stance_what_is_not_said() -> None:
    stance = Stance(site=Site(upstream="http://localhost:8000", listen="9000"))
    found = serve.site_of(options(), stance)
    assert startup.reverse_spec(found) == "reverse:http://localhost:8000@9000"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "which site?"),
        ({"upstream": "localhost"}, "is not the address of a site"),
        ({"upstream": "http://localhost:8000", "listen": "x"}, "is not a listening address"),
    ],
)
def test_serve_says_what_is_missing(given: dict[str, str], told: str) -> None:
    with pytest.raises(StagedoorError, match=told):
        serve.site_of(options(**given), Stance())
