"""The desk of several sites: one page of all, and everything else below the site's own address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from prometheus_client import CollectorRegistry, make_wsgi_app
from test_today_page import Reader

from making import TRAINING_OFF, event, policy
from stagedoor.cli import main
from stagedoor.config.stance import Stance
from stagedoor.model.facts import Mode
from stagedoor.record.daily import Day
from stagedoor.web.desk.answers import Desk
from stagedoor.web.desk.places import base_of, inside, place
from stagedoor.web.desk.routes import routes_of_sites
from stagedoor.web.desk.view import Outlook
from stagedoor.web.gate import Gate
from stagedoor.web.server import Serving
from stagedoor.web.shop import shop_routes

PAGES = ("/", "/?days=7", "/rules", "/mode")


class Desks:
    """The desks of anna, <b>berta</b> and one that has not begun."""

    def __init__(self) -> None:
        self.switched: list[tuple[str, Mode]] = []
        gate = Gate("127.0.0.1")
        self.token = gate.token
        found = {name: self._desk(name, gate) for name in ("anna", "berta")}
        found["new"] = Desk(Day(), lambda: None, lambda _mode, _by: None, gate, base_of("new"))
        exposition = make_wsgi_app(CollectorRegistry())
        shops = shop_routes(lambda: None, base_of("anna"))
        served = (*shops, *routes_of_sites(found, gate))
        self.server = Serving("127.0.0.1", 0, exposition, served)
        self.at = f"127.0.0.1:{self.server.port}"

    def _desk(self, name: str, gate: Gate) -> Desk:
        stance = Stance.model_validate({"artist": {"name": f"<b>{name}</b>"}})
        rules = replace(policy({"20-ai.yaml": TRAINING_OFF}), stance=stance)
        mode: Mode = "observe" if name == "berta" else "enforce"
        trouble = ("a mistake",) if name == "berta" else ()
        outlook = Outlook(rules, mode, Path(f"/s/sites/{name}"), "1.2", trouble)
        day = Day()
        day.record(replace(event(at=day.since), id=name.upper()))
        switch = lambda to, _by: self.switched.append((name, to))  # noqa: E731
        return Desk(day, lambda: outlook, switch, gate, base_of(name))

    def get(self, path: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"http://{self.at}{path}", timeout=30)

    def post(self, path: str, **form: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            given = {"token": self.token, **form}
            url = f"http://{self.at}{path}"
            return session.post(url, data=given, timeout=30, allow_redirects=False)


@pytest.fixture(scope="module")
def desks() -> Iterator[Desks]:
    found = Desks()
    yield found
    found.server.close()


def test_the_first_page_has_the_figures_of_each_and_leads_to_its_desk(desks: Desks) -> None:
    page = desks.get("/")
    assert page.status_code == 200
    links = Reader(page.text).links
    assert {"/sites/anna/", "/sites/berta/"} <= links
    assert "/rules" not in links
    assert "&lt;b&gt;anna&lt;/b&gt;" in page.text
    assert "<b>anna" not in page.text
    assert page.text.count('class="figures"') == 2
    assert page.text.count('class="banner"') == 1  # berta is observed
    assert page.text.count('class="bad"') == 1
    assert "/sites/berta/mode" in links


@pytest.mark.parametrize("path", [*PAGES, "/refusals/ANNA", "/refusals/NONE"])
def test_every_link_of_a_sites_pages_stays_with_the_site(desks: Desks, path: str) -> None:
    page = desks.get(f"/sites/anna{path}")
    assert page.status_code == (404 if path.endswith("NONE") else 200)
    links = {link for link in Reader(page.text).links if link.startswith("/")}
    shared = {"/", "/desk.css", "/desk.js", "/favicon.svg"}
    assert links - shared
    assert all(link.startswith("/sites/anna/") for link in links - shared), links


def test_a_site_says_nothing_of_another(desks: Desks) -> None:
    for path in PAGES:
        assert "berta" not in desks.get(f"/sites/anna{path}").text
    assert desks.get("/sites/anna/refusals/BERTA").status_code == 404
    assert desks.get("/sites/berta/refusals/BERTA").status_code == 200


def test_the_mode_is_switched_for_the_site_of_the_page(desks: Desks) -> None:
    desks.switched.clear()
    answer = desks.post("/sites/anna/mode", mode="observe")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sites/anna/#mode-h")
    assert desks.switched == [("anna", "observe")]
    assert desks.post("/sites/anna/mode", mode="observe", token="x").status_code == 403


@pytest.mark.parametrize(
    "path", ["/rules", "/mode", "/events", "/sites/carla/", "/sites/", "/passes"]
)
def test_what_is_of_one_site_is_not_at_the_top(desks: Desks, path: str) -> None:
    assert desks.get(path).status_code == 404


def test_a_shop_calls_at_its_site(desks: Desks) -> None:
    assert desks.post("/sites/anna/passes").status_code == 404
    assert "pass secret" in desks.post("/sites/anna/passes").text


def test_a_site_that_has_not_begun_is_left_out(desks: Desks) -> None:
    assert "new" not in Reader(desks.get("/").text).links
    assert desks.get("/sites/new/").status_code == 503
    assert set(desks.get("/status.json").json()["sites"]) == {"anna", "berta"}


def test_status_shows_all_sites_or_one(desks: Desks, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--at", desks.at]) == 1  # berta's rules on disk have mistakes
    out = capsys.readouterr().out
    assert "anna" in out
    assert "berta" in out
    assert "a mistake" in out
    assert main(["status", "--at", desks.at, "--site", "anna"]) == 0
    assert "a mistake" not in capsys.readouterr().out
    assert main(["status", "--at", desks.at, "--site", "carla"]) == 1
    assert 'no site "carla"' in capsys.readouterr().err


def test_events_are_of_the_site_and_so_are_their_links(desks: Desks) -> None:
    with requests.Session() as session:
        session.trust_env = False
        url = f"http://{desks.at}/sites/anna/events"
        with session.get(url, timeout=30, stream=True) as answer:
            line = next(answer.iter_lines())
    assert b"/sites/anna/refusals/ANNA" in line
    assert b"/sites/anna/mode" in line


def test_places_are_those_of_the_desk_that_is_drawn() -> None:
    assert place("/rules") == "/rules"
    with inside(base_of("anna")):
        assert place("/rules") == "/sites/anna/rules"
    assert place("/") == "/"
