"""`stagedoor setup`: five questions, and everything that a guard needs to stay.

Each question has an option; where all are given, or nobody can be asked, nothing is asked. What is
written goes into one folder. At the end the whole way is tried: site, guard, a browser, a crawler.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from stagedoor.cli import schema_files, trial
from stagedoor.cli.invocation import CALLED, as_called
from stagedoor.cli.setup_files import FRONTS, Plan, snippet, unit
from stagedoor.cli.site_guess import guess
from stagedoor.config.address_values import split_listen
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError, did_you_mean
from stagedoor.rules.policy import STANCE

_LOOPBACK, _EVERYWHERE = "127.0.0.1:8080", "0.0.0.0:8080"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "folder", type=Path, metavar="DIR", nargs="?", default=Path("stagedoor-site"),
        help="where everything is written (stagedoor-site)",
    )  # fmt: skip
    parser.add_argument("--upstream", metavar="URL", help="where your site answers")
    parser.add_argument(
        "--domain", metavar="NAME", help="the name that visitors type; may be empty"
    )
    parser.add_argument("--front", choices=FRONTS, help="what ends HTTPS in front of the guard")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="where evidence and logs are kept"
    )
    parser.add_argument(
        "--observe", choices=("yes", "no"), help="yes: refuse nobody at first, only write down"
    )
    parser.add_argument("--listen", metavar="HOST:PORT", help="where the guard listens")
    parser.add_argument("--artist", default="", metavar="NAME", help="it stands on every refusal")
    parser.add_argument(
        "--contact", default="", metavar="LINK", help="mailto:… : where a refused person can ask"
    )
    parser.add_argument("--no-trial", action="store_true", help="write the files, and try nothing")


def run(options: argparse.Namespace) -> int:
    """Ask, write, try; 0 where the trial went well."""
    folder: Path = options.folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise StagedoorError(f"{folder} is not empty; nothing was changed — name another folder")
    plan = _plan(options, folder, _asker())
    profile = _profile(plan.upstream)
    try:
        written = list(_write(plan, folder, profile, options.artist, options.contact))
    except OSError as error:
        raise StagedoorError(
            f"{error.filename or folder} cannot be written: {os.strerror(error.errno or 0)} — choose "
            "another folder"
        ) from error
    print(f"\nWritten into {folder}:")
    for name, what in written:
        print(f"  {name:20} {what}")
    status = 0
    if not options.no_trial:
        print("\nThe whole way, tried once:")
        for finding in (findings := trial.try_out(plan)):
            print(f"  {finding}")
        status = int(any(finding.failed for finding in findings))
    print("\n" + as_called(_next_steps(plan, folder)))
    return status


Ask = Callable[[str, str, str], str]
"""Takes a question, what is taken where nothing is typed, and the option that answers it."""


def _asker() -> Ask:
    """Asks at the terminal; without one, takes what is proposed."""

    def propose(_question: str, proposal: str, _option: str) -> str:
        return proposal

    def ask(question: str, proposal: str, _option: str) -> str:
        try:
            typed = input(f"{question} [{proposal}] ").strip()
        except EOFError:
            typed = ""
        return typed or proposal

    return ask if sys.stdin.isatty() else propose


def _plan(options: argparse.Namespace, folder: Path, ask: Ask) -> Plan:
    upstream = options.upstream or ask(
        "1. Where does your site answer?", "http://localhost:8000", "--upstream"
    )
    parts = urlsplit(upstream if "://" in upstream else f"http://{upstream}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise StagedoorError(
            f'"{upstream}" is not the address of a site — write http://localhost:8000'
        )
    domain = options.domain
    if domain is None:
        domain = ask("2. Which name do visitors type? (- for none)", "-", "--domain")
    domain = "" if domain == "-" else domain.removeprefix("https://").strip("/")
    if domain and not re.fullmatch(r"[A-Za-z0-9.-]+", domain):
        raise StagedoorError(f'"{domain}" is not a name — write music.example.org')
    front = options.front or ask(
        f"3. What ends HTTPS in front of the guard? ({', '.join(FRONTS)})",
        "caddy" if domain else "none", "--front",
    )  # fmt: skip
    if front not in FRONTS:
        fix = did_you_mean(front, FRONTS) or f"one of {', '.join(FRONTS)}"
        raise StagedoorError(f'"{front}" is not known — {fix}')
    state = options.state or Path(
        ask("4. Where are evidence and logs kept?", str(folder / "state"), "--state")
    )
    observe = options.observe or ask(
        "5. Refuse nobody at first, and only write down? (yes, no)", "yes", "--observe"
    )
    if observe not in {"yes", "no"}:
        raise StagedoorError(f'"{observe}" is neither yes nor no')
    listen = options.listen or (_EVERYWHERE if front == "none" else _LOOPBACK)
    try:
        split_listen(listen)
    except ValueError as error:
        raise StagedoorError(f"--listen {listen}: {error}") from error
    return Plan(
        f"{parts.scheme}://{parts.netloc}", listen, front, domain, folder / "rules",
        state.expanduser().absolute(), observe == "yes", _this_program(),
    )  # fmt: skip


def _this_program() -> tuple[str, ...]:
    """How this program is started from anywhere: the checkout's ./run, or the installed command."""
    called = os.environ.get(CALLED)
    if called:
        return (str(Path(called).absolute()),)
    beside = Path(sys.executable).with_name("stagedoor")
    return (str(beside),) if beside.exists() else (sys.executable, "-m", "stagedoor")


def _profile(upstream: str) -> str:
    """What the site runs on; empty where that is not known, or the site does not answer yet."""
    try:
        return guess(upstream, rule_folder.load().profiles)
    except StagedoorError:
        return ""


def _write(
    plan: Plan, folder: Path, profile: str, artist: str, contact: str
) -> Iterator[tuple[str, str]]:
    """Write everything; yields what to show: the file, and what it is."""
    shipped = (rule_folder.SHIPPED_RULES / STANCE).read_text("utf-8")
    _new(plan.rules / STANCE, edited(shipped, plan, profile, artist, contact))
    yield f"rules/{STANCE}", "what you allow: the one file to edit"
    schemas = sorted((rule_folder.SHIPPED_RULES / "schema").glob("*.json"))
    schema_files.write(
        plan.rules / "schema", {path.name: path.read_text("utf-8") for path in schemas}
    )
    _new(folder / "stagedoor.service", unit(plan, user=getpass.getuser(), here=folder))
    yield "stagedoor.service", "starts the guard with the machine (systemd)"
    if front := snippet(plan):
        name, text = front
        _new(folder / name, text)
        yield name, f"for {plan.front}, in front of the guard"


def _new(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def edited(stance: str, plan: Plan, profile: str, artist: str, contact: str) -> str:
    """The shipped stance with the answers in it; every other line stays."""
    site = {"upstream": plan.upstream, "listen": plan.listen, "profile": profile}
    if plan.front != "none":
        site["trusted_proxies"] = '[127.0.0.1, "::1"]'
    stance = re.sub(r"(?m)^# site:", "site:", stance)
    for word, value in site.items():
        if value:
            stance = _set(stance, rf"#   {word}: (?:\[\]|\S+)", f"  {word}: {value}")
    if plan.domain:
        stance = _set(stance, r'  address: ""', f'  address: "https://{plan.domain}"')
    if artist:
        stance = _set(stance, r'  name: ""', f"  name: {json.dumps(artist, ensure_ascii=False)}")
    if contact:
        stance = _set(stance, r'  contact: ""', f"  contact: {json.dumps(contact)}")
    if plan.observe:
        stance = _set(stance, "mode: enforce", "mode: observe")
    return stance


def _set(stance: str, line: str, value: str) -> str:
    """One line of the stance with another beginning. AssertionError where it is not there."""
    changed, count = re.subn(rf"(?m)^{line}", lambda _: value, stance)
    assert count == 1, f"the shipped stance has {count} lines like {line}"
    return changed


def _next_steps(plan: Plan, folder: Path) -> str:
    lines = [
        "Next:",
        f"  {shlex.join(plan.serve)}",
        "                       starts the guard now; Ctrl-C ends it",
        f"  sudo cp {shlex.quote(str(folder / 'stagedoor.service'))} /etc/systemd/system/",
        "  sudo systemctl enable --now stagedoor",
        "                       starts it with the machine",
    ]
    if plan.front != "none":
        lines.append(f"  The snippet's first line says where it belongs: {snippet_name(plan)}")
    lines.append(
        f"  stagedoor doctor --rules {shlex.quote(str(plan.rules))} --state "
        f"{shlex.quote(str(plan.state))}"
    )
    lines.append("                       looks whether everything is as it should be, once it runs")
    if plan.observe:
        lines.append(
            "It refuses nobody yet (mode: observe). After some days look at the desk, "
            "http://127.0.0.1:9464/, and write mode: enforce."
        )
    return "\n".join(lines)


def snippet_name(plan: Plan) -> str:
    """The file for the web server in front; empty where there is none."""
    found = snippet(plan)
    return found[0] if found else ""
