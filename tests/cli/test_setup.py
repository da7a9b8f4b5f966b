"""`stagedoor setup`: what it asks, refuses and writes. The whole way is in tests/e2e/test_setup.py."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
import yaml

from stagedoor.cli import main, setup
from stagedoor.cli.setup_files import FRONTS
from stagedoor.cli.stand_in_certificate import write_stand_in
from stagedoor.fronts.mitmproxy.tls_files import ServedCertificate
from stagedoor.load import rule_folder

NOWHERE = "http://127.0.0.1:9"
MINE = ("--domain", "music.example")


def set_up(folder: Path, *options: str) -> int:
    return main(["setup", str(folder), "--no-trial", *options])


def test_without_a_terminal_nothing_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert set_up(tmp_path / "my", "--upstream", NOWHERE) == 0
    policy = rule_folder.load(tmp_path / "my" / "rules")
    assert policy.stance.site.upstream == NOWHERE
    assert policy.stance.site.listen == "0.0.0.0:8080"
    assert policy.stance.mode == "observe"
    assert sorted(path.name for path in (tmp_path / "my").iterdir()) == [
        "rules",
        "stagedoor.service",
    ]
    assert "mode: observe" in capsys.readouterr().out


class Terminal(io.StringIO):
    """Answers, typed one after the other."""

    def isatty(self) -> bool:
        return True


def test_five_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sys.stdin", Terminal(f"{NOWHERE}\nmusic.example\n\n{tmp_path / 's'}\nno\n")
    )
    assert set_up(tmp_path / "my") == 0
    stance = rule_folder.load(tmp_path / "my" / "rules").stance
    assert stance.publish.address == "https://music.example"
    assert stance.mode == "enforce"
    assert stance.site.listen == "127.0.0.1:8080"
    assert [str(each) for each in stance.site.trusted_proxies] == ["127.0.0.1", "::1"]
    assert (tmp_path / "my" / "Caddyfile").exists()
    assert str(tmp_path / "s") in (tmp_path / "my" / "stagedoor.service").read_text()


@pytest.mark.parametrize("front", FRONTS)
def test_every_answer_is_in_the_stance_and_the_rest_stays(tmp_path: Path, front: str) -> None:
    options = ["--upstream", NOWHERE, "--domain", "music.example", "--observe", "no"]
    options += ["--artist", 'Anna "A" #1', "--contact", "mailto:a@example.org", "--front", front]
    assert set_up(tmp_path / "my", *options) == 0
    text = (tmp_path / "my" / "rules" / "stance.yaml").read_text("utf-8")
    assert yaml.safe_load(text)["artist"] == {
        "name": 'Anna "A" #1', "contact": "mailto:a@example.org",
    }  # fmt: skip
    shipped = (rule_folder.SHIPPED_RULES / "stance.yaml").read_text("utf-8")
    kept = set(text.splitlines()) & set(shipped.splitlines())
    assert len(kept) >= len(set(shipped.splitlines())) - 9


def test_a_folder_with_something_in_it_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("x")
    assert set_up(tmp_path, "--upstream", NOWHERE) == 1
    assert "not empty" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "x"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--upstream", "ftp://x"], "not the address of a site"),
        (["--upstream", NOWHERE, "--domain", "a b"], "is not a name"),
        (["--upstream", NOWHERE, "--listen", "nowhere"], "--listen nowhere"),
        (["--front", "guard"], "a certificate is for a name"),
        (["--front", "guard", *MINE, "--redirect", "nowhere"], "--redirect nowhere"),
        (["--front", "guard", *MINE, "--tls-key", "key.pem"], "--tls-key: there is no certificate"),
        (["--front", "guard", *MINE, "--tls-cert", "/none.pem"], "/none.pem is no file"),
        (
            ["--front", "caddy", *MINE, "--tls-cert", "/none.pem"],
            "--tls-cert: caddy does not need it",
        ),
        (["--front", "none", "--redirect", "off"], "--redirect: none does not need it"),
    ],
)
def test_a_wrong_answer_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert set_up(tmp_path / "my", *options) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "my").exists()


def test_a_wrong_word_at_the_terminal_gets_a_proposal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(f"{NOWHERE}\nmusic.example\ncady\n"))
    assert set_up(tmp_path / "my") == 1
    assert 'did you mean "caddy"' in capsys.readouterr().err


def test_a_shipped_stance_without_a_line_is_noticed() -> None:
    with pytest.raises(AssertionError, match="0 lines"):
        setup._set("mode: enforce", "mood: good", "mood: bad")


def test_the_guard_itself_ends_https(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A certificate to start with is there, and what brings the real one."""
    made = tmp_path / "my"
    assert set_up(made, "--upstream", NOWHERE, "--front", "guard", *MINE) == 0
    stance = rule_folder.load(made / "rules").stance
    assert stance.site.listen == "443"
    assert stance.site.trusted_proxies == ()
    served = ServedCertificate(made / "tls" / "fullchain.pem", made / "tls" / "privkey.pem")
    served.load()
    assert (made / "tls" / "privkey.pem").stat().st_mode & 0o777 == 0o600
    assert (made / "acme" / ".well-known" / "acme-challenge").is_dir()
    said = capsys.readouterr().out
    [line] = [each for each in said.splitlines() if "certbot certonly" in each]
    assert f"--webroot -w {made}/acme -d music.example --deploy-hook {made}/certificate.sh" in line
    assert os.access(made / "certificate.sh", os.X_OK)


def test_files_that_are_there_are_taken_and_nothing_is_made(tmp_path: Path) -> None:
    write_stand_in("music.example", tmp_path / "chain.pem", tmp_path / "key.pem")
    files = ("--tls-cert", str(tmp_path / "chain.pem"), "--tls-key", str(tmp_path / "key.pem"))
    made = tmp_path / "my"
    assert (
        set_up(made, "--upstream", NOWHERE, "--front", "guard", *MINE, *files, "--redirect", "off")
        == 0
    )
    assert sorted(path.name for path in made.iterdir()) == ["rules", "stagedoor.service"]
    text = (made / "stagedoor.service").read_text()
    assert f"--tls-cert {tmp_path}/chain.pem --tls-key {tmp_path}/key.pem\n" in text


def test_a_stand_in_takes_no_files_place(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("mine")
    with pytest.raises(FileExistsError):
        write_stand_in("music.example", tmp_path / "chain.pem", tmp_path / "key.pem")
    assert (tmp_path / "key.pem").read_text() == "mine"
