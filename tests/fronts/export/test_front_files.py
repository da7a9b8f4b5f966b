"""The exported files: read by the fronts' own checks in tests/e2e, and here by what they are written in."""

from __future__ import annotations

import argparse
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from stagedoor.cli import export
from stagedoor.cli.command_table import parser
from stagedoor.config.stance import OnError
from stagedoor.fronts.export.caddy_files import caddy_files
from stagedoor.fronts.export.envoy_files import envoy_files
from stagedoor.fronts.export.front_settings import FrontSettings, front_settings
from stagedoor.fronts.export.haproxy_files import haproxy_files
from stagedoor.fronts.export.nginx_files import nginx_files
from stagedoor.fronts.export.traefik_files import traefik_files
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError
from stagedoor.rules.policy import Policy


@pytest.fixture(scope="module")
def policy() -> Policy:
    return rule_folder.load()


@pytest.fixture(scope="module")
def settings(policy: Policy) -> FrontSettings:
    return front_settings(
        policy,
        "enforce",
        listen=("127.0.0.1", 8080),
        counter=("127.0.0.1", 9470),
        site="https://music.internal:8443",
        root=None,
        folder=Path("/etc/stage door"),
        cached=True,
    )


def test_envoy_as_its_schema_has_it(settings: FrontSettings) -> None:
    text = envoy_files(settings)["envoy.yaml"]
    found: Any = yaml.safe_load(text)
    listener = found["static_resources"]["listeners"][0]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    names = [one["name"] for one in manager["http_filters"]]
    asking = "envoy.filters.http.ext_authz"
    assert names == [f"{asking}.pages", f"{asking}.recordings", "envoy.filters.http.router"]
    assert manager["use_remote_address"] is True
    for number, lets_in in ((0, True), (1, False)):
        asks = manager["http_filters"][number]["typed_config"]
        assert asks["failure_mode_allow"] is lets_in
        assert asks["http_service"]["path_prefix"] == "/authorize"
    routes = manager["route_config"]["virtual_hosts"][0]["routes"]
    assert routes[-1]["route"]["cluster"] == "site"
    files = [one for one in routes if one.get("route", {}).get("cluster") == "stagedoor"]
    assert {one["match"]["path"] for one in files} == set(settings.files)
    refused = next(one for one in routes if "direct_response" in one)
    assert refused["direct_response"]["status"] == 403
    assert len(refused["match"]["headers"]) == 7
    off = [one for one in routes if "typed_per_filter_config" in one]
    assert len(off) == len(files) + 3
    asked = [list(one["typed_per_filter_config"]) for one in routes[-2:]]
    assert asked == [[f"{asking}.pages"], [f"{asking}.recordings"]]
    assert re.fullmatch(routes[-2]["match"]["safe_regex"]["regex"], "/music/One.MP3")
    assert re.fullmatch(routes[-2]["match"]["safe_regex"]["regex"], "/one.mp3/more")
    assert not re.fullmatch(routes[-2]["match"]["safe_regex"]["regex"], "/one.mp3.html")
    clusters = {one["name"]: one for one in found["static_resources"]["clusters"]}
    assert "transport_socket" in clusters["site"]
    assert "transport_socket" not in clusters["stagedoor"]
    log = manager["access_log"][0]["typed_config"]
    assert log["path"] == "/etc/stage door/access.log"
    assert log["log_format"]["json_format"]["client"] == "%REQ(X-STAGEDOOR-CLIENT)%"


def test_traefik_as_its_schema_has_it(settings: FrontSettings) -> None:
    files = traefik_files(settings)
    static, dynamic = (yaml.safe_load(files[name]) for name in ("traefik.yaml", "stagedoor.yaml"))
    assert static["providers"]["file"]["filename"] == "/etc/stage door/stagedoor.yaml"
    assert static["accessLog"]["format"] == "json"
    http = dynamic["http"]
    asks = http["middlewares"]["stagedoor-asks"]["forwardAuth"]
    assert asks["address"] == "http://127.0.0.1:9470/authorize"
    assert asks["trustForwardHeader"] is False
    for router in http["routers"].values():
        assert router["service"] in http["services"]
        assert set(router["middlewares"]) <= set(http["middlewares"])
    order = sorted(http["routers"], key=lambda name: -http["routers"][name]["priority"])
    assert order == ["stagedoor-files", "stagedoor-refused", "site"]


@pytest.mark.parametrize("pages", ["open", "closed"])
@pytest.mark.parametrize("audio", ["open", "closed"])
def test_on_error_is_the_stances(settings: FrontSettings, pages: Any, audio: Any) -> None:
    found = replace(settings, on_error=OnError(pages=pages, audio=audio))
    nginx = nginx_files(found)["stagedoor-http.conf"]
    assert f"default {int(pages == 'closed')};" in nginx
    both = (pages, audio)
    assert (r"mp3" in nginx.partition("$stagedoor_closed")[2]) == (both == ("open", "closed"))
    caddy = caddy_files(found)["Caddyfile"]
    assert ("handle_errors" in caddy) == (pages == "open")
    assert ("*.mp3" in caddy) == (audio == "closed" and pages != "closed")
    haproxy = haproxy_files(found)["haproxy.cfg"]
    assert ("deny_status 503 if stagedoor_failed\n" in haproxy) == (pages == "closed")
    envoy = yaml.safe_load(envoy_files(found)["envoy.yaml"])
    manager = envoy["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]
    *asking, _ = manager["typed_config"]["http_filters"]
    lets_in = [one["typed_config"]["failure_mode_allow"] for one in asking]
    assert lets_in == ([True, False] if both == ("open", "closed") else [audio == "open"])


def test_without_refusals_nothing_is_refused_by_a_front(policy: Policy) -> None:
    observing = front_settings(
        policy,
        "observe",
        listen=("0.0.0.0", 80),
        counter=("::1", 9470),
        site="http://127.0.0.1:8000",
        root=None,
        folder=Path("/x"),
        cached=False,
    )
    nginx = nginx_files(observing)
    assert 'map "" $stagedoor_refused' in nginx["stagedoor-http.conf"]
    assert "server [::1]:9470;" in nginx["stagedoor-http.conf"]
    assert "proxy_cache" not in "".join(nginx.values())
    assert "@stagedoor_refused" not in caddy_files(observing)["Caddyfile"]
    assert set(haproxy_files(observing)) == {"haproxy.cfg", "stagedoor.lua"}
    assert "stagedoor-refused" not in traefik_files(observing)["stagedoor.yaml"]
    assert "direct_response" not in envoy_files(observing)["envoy.yaml"]


def test_nginx_over_a_socket_and_with_a_file_for_its_log(policy: Policy) -> None:
    found = front_settings(
        policy,
        "enforce",
        listen=("0.0.0.0", 80),
        counter=("", 0),
        site="http://127.0.0.1:8000",
        root=None,
        folder=Path("/x"),
        cached=True,
        counter_path="/run/stagedoor/counter.sock",
    )
    nginx = nginx_files(found)
    assert "server unix:/run/stagedoor/counter.sock;" in nginx["stagedoor-http.conf"]
    server = nginx["stagedoor-server.conf"]
    # Where `stagedoor authorize --listen unix:…` reads lines, unless it is said.
    assert "syslog:server=unix:/run/stagedoor/counter.log.sock,tag" in server
    filed = nginx_files(replace(found, log_file=Path("/run/my log")))["stagedoor-server.conf"]
    assert 'access_log "/run/my log" stagedoor buffer=64k flush=250ms;' in filed


def options(**more: Any) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    export.arguments(parser)
    found = parser.parse_args(["nginx", "DIR"])
    for name, value in more.items():
        setattr(found, name, value)
    return found


def test_the_command_writes_and_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site").mkdir()
    made = options(folder=tmp_path / "out", root=tmp_path / "site")
    assert export.run(made) == 0
    said = capsys.readouterr().out
    assert "nginx -t -c" in said
    assert "stagedoor authorize --listen 127.0.0.1:9470 --upstream http://127.0.0.1:9471" in said
    assert "--rules" not in said
    assert f"root {tmp_path}/site;" in (tmp_path / "out" / "nginx.conf").read_text()
    log = tmp_path / "spool.log"
    made = options(folder=tmp_path / "out", root=tmp_path / "site", log=log, counter="unix:/c.sock")
    assert export.run(made) == 0
    said = capsys.readouterr().out
    assert "stagedoor authorize --listen unix:/c.sock" in said
    assert f"--log spool:{log}" in said


def test_the_counter_is_started_with_the_same_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the folder is named from the root: nginx looks for others beside its own files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my rules").mkdir()
    made = options(folder=Path("out"), rules=Path("my rules"), upstream="http://127.0.0.1:8000")
    assert export.run(made) == 0
    said = capsys.readouterr().out
    assert f"nginx -t -c {tmp_path}/out/nginx.conf" in said
    [line] = [each for each in said.splitlines() if each.startswith("Then run:")]
    words = shlex.split(line.removeprefix("Then run:"))
    assert words[-4:] == ["--rules", "my rules", "--state", "DIR"]
    parser().parse_args(words[1:])


@pytest.mark.parametrize(
    "wrong",
    [
        {"listen": "nowhere:x"},
        {"counter": "x:y"},
        {"upstream": ""},
        {"upstream": "ftp://x"},
        {"root": Path("/no/such/folder")},
        {"root": Path("/"), "front": "envoy"},
        {"log": Path("/x"), "front": "caddy"},
        {"counter": "unix:/x", "front": "haproxy"},
    ],
)
def test_the_command_says_what_is_wrong(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(StagedoorError):
        export.run(options(folder=tmp_path, **wrong))
    assert not list(tmp_path.iterdir())


def test_caddy_answers_to_every_name(settings: FrontSettings) -> None:
    text = caddy_files(settings)["Caddyfile"]
    assert "\nhttp://:8080 {\n\tbind 127.0.0.1\n" in text
    for host in ("", "0.0.0.0", "::"):
        everywhere = caddy_files(replace(settings, listen=(host, 80)))["Caddyfile"]
        assert "\nhttp://:80 {\n\t#" in everywhere


@pytest.mark.parametrize(
    ("site", "kept"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://music.internal", "music.internal"),
        ("http://music.internal/below", ""),
        ("https://music.internal:8443", ""),
    ],
)
def test_nginx_keeps_connections_to_the_site(settings: FrontSettings, site: str, kept: str) -> None:
    text = nginx_files(replace(settings, site=site))["nginx.conf"]
    assert (f"server {kept};" in text) == bool(kept)
    assert f"proxy_pass {'http://stagedoor_site' if kept else site};" in text
    rooted = replace(settings, site="http://127.0.0.1:8000", root=Path("/srv/site"))
    assert "stagedoor_site" not in nginx_files(rooted)["nginx.conf"]
