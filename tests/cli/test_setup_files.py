"""The unit and the snippets that `stagedoor setup` writes."""

from __future__ import annotations

import getpass
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from stagedoor.cli.setup_files import ALONE, FRONTS, Plan, hook, snippet, unit

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


@pytest.mark.parametrize("front", [front for front in FRONTS if front not in ALONE])
def test_a_snippet_names_the_site_and_the_guard(front: str) -> None:
    found = snippet(replace(PLAN, front=front))
    assert found is not None
    assert "music.example" in found[1]
    assert "127.0.0.1:8080" in found[1]
    assert found[1].startswith("# ")


@pytest.mark.parametrize("front", sorted(ALONE))
def test_without_a_web_server_there_is_no_snippet(front: str) -> None:
    assert snippet(replace(PLAN, front=front)) is None


ITSELF = replace(
    PLAN, front="guard", listen="0.0.0.0:443", redirect="0.0.0.0:80",
    certificate=Path("/srv/anna/my tls/fullchain.pem"), key=Path("/srv/anna/my tls/privkey.pem"),
    webroot=Path("/srv/anna/acme"),
)  # fmt: skip


def test_a_guard_that_ends_https_is_started_with_its_certificate() -> None:
    text = unit(ITSELF, user="anna", here=Path("/srv/anna"))
    assert (
        '--tls-cert "/srv/anna/my tls/fullchain.pem" --tls-key "/srv/anna/my tls/privkey.pem"'
        in text
    )
    assert "--redirect 0.0.0.0:80 --webroot /srv/anna/acme\n" in text
    alone = replace(ITSELF, redirect="", key=None)
    assert alone.serve[-2:] == ("--tls-cert", "/srv/anna/my tls/fullchain.pem")


@pytest.mark.parametrize(
    ("listen", "redirect", "line"),
    [
        ("0.0.0.0:8443", "0.0.0.0:80", "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"),
        ("0.0.0.0:443", "0.0.0.0:8080", "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"),
        ("0.0.0.0:8443", "0.0.0.0:8080", "CapabilityBoundingSet=\n"),
    ],
)
def test_either_low_port_needs_the_right(listen: str, redirect: str, line: str) -> None:
    plan = replace(ITSELF, listen=listen, redirect=redirect)
    assert line in unit(plan, user="anna", here=Path("/srv/anna"))


RENEWALS = {
    "certbot": ({"RENEWED_LINEAGE": "live"}, ()),
    "lego": (
        {"LEGO_CERT_PATH": "live/fullchain.pem", "LEGO_CERT_KEY_PATH": "live/privkey.pem"},
        (),
    ),
    "by hand": ({}, ("live/fullchain.pem", "live/privkey.pem")),
}
"""What the hook is given: its environment, and its arguments."""


@pytest.mark.parametrize("by", RENEWALS)
def test_the_hook_brings_a_renewed_certificate(tmp_path: Path, by: str) -> None:
    environment, arguments = RENEWALS[by]
    for folder in ("live", "my tls"):
        (tmp_path / folder).mkdir()
        for name in ("fullchain.pem", "privkey.pem"):
            (tmp_path / folder / name).write_text(f"{folder} {name}")
    into = tmp_path / "my tls"
    plan = replace(ITSELF, certificate=into / "fullchain.pem", key=into / "privkey.pem")
    script = tmp_path / "certificate.sh"
    script.write_text(hook(plan, user=getpass.getuser()))
    done = subprocess.run(
        ["sh", str(script), *arguments], cwd=tmp_path, check=False, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert plan.certificate is not None
    assert plan.certificate.read_text() == "live fullchain.pem"
    assert (into / "privkey.pem").read_text() == "live privkey.pem"
    assert (into / "privkey.pem").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in into.iterdir()) == ["fullchain.pem", "privkey.pem"]
