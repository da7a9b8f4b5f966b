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
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from stagedoor.cli import schema_files, trial
from stagedoor.cli.invocation import CALLED, as_called
from stagedoor.cli.setup_files import ALONE, FRONTS, Plan, hook, snippet, unit
from stagedoor.cli.site_guess import guess
from stagedoor.cli.stand_in_certificate import write_stand_in
from stagedoor.config.address_values import split_listen
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError, did_you_mean
from stagedoor.rules.policy import STANCE
from stagedoor.web.redirect import CHALLENGES

_LOOPBACK, _EVERYWHERE = "127.0.0.1:8080", "0.0.0.0:8080"
_HTTPS, _HTTP = "443", "80"
"""At every address of the machine, those of IPv6, too."""
_HOOK = "certificate.sh"


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
    parser.add_argument(
        "--front", choices=FRONTS,
        help="what ends HTTPS: a web server in front of the guard, the guard itself, or nothing",
    )  # fmt: skip
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="where evidence and logs are kept"
    )
    parser.add_argument(
        "--observe", choices=("yes", "no"), help="yes: refuse nobody at first, only write down"
    )
    parser.add_argument("--listen", metavar="HOST:PORT", help="where the guard listens")
    parser.add_argument(
        "--tls-cert", type=Path, metavar="FILE",
        help="with --front guard: a certificate that is there already",
    )  # fmt: skip
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="and its key")
    parser.add_argument(
        "--redirect", metavar="HOST:PORT",
        help=f"with --front guard: where it sends visitors of http:// to https:// ({_HTTP}), or off",
    )  # fmt: skip
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
        print("\nThe whole way, tried once:", flush=True)
        for finding in trial.try_out(plan):
            print(f"  {finding}", flush=True)
            status |= finding.failed
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
        f"3. What ends HTTPS? A web server in front, the guard itself, or nothing? ({', '.join(FRONTS)})",
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
    listen = options.listen or {"none": _EVERYWHERE, "guard": _HTTPS}.get(front, _LOOPBACK)
    _checked("--listen", listen)
    plan = Plan(
        f"{parts.scheme}://{parts.netloc}", listen, front, domain, folder / "rules",
        state.expanduser().absolute(), observe == "yes", _this_program(),
    )  # fmt: skip
    if front == "guard":
        return _with_https(plan, options, folder)
    for option in ("tls_cert", "tls_key", "redirect"):
        if getattr(options, option) is not None:
            name = "--" + option.replace("_", "-")
            raise StagedoorError(
                f"{name}: {front} does not need it — say --front guard, or leave it"
            )
    return plan


def _with_https(plan: Plan, options: argparse.Namespace, folder: Path) -> Plan:
    """The guard ends TLS: with the files that are named, or with those that certbot will bring."""
    if not plan.domain:
        raise StagedoorError("a certificate is for a name — say --domain music.example.org")
    redirect = options.redirect or _HTTP
    if redirect == "off":
        redirect = ""
    else:
        _checked("--redirect", redirect)
    if options.tls_cert is None:
        if options.tls_key is not None:
            raise StagedoorError(
                "--tls-key: there is no certificate that it belongs to — add --tls-cert"
            )
        certificate, key = folder / "tls" / "fullchain.pem", folder / "tls" / "privkey.pem"
        webroot = folder / "acme" if redirect else None
    else:
        certificate = options.tls_cert.expanduser().absolute()
        key = options.tls_key and options.tls_key.expanduser().absolute()
        webroot = None
        for path in filter(None, (certificate, key)):
            if not path.is_file():
                raise StagedoorError(f"{path} is no file — name the one that certbot wrote")
    return replace(
        plan, certificate=certificate, key=key, redirect=redirect, webroot=webroot
    )  # fmt: skip


def _checked(option: str, listen: str) -> None:
    try:
        split_listen(listen)
    except ValueError as error:
        raise StagedoorError(f"{option} {listen}: {error}") from error


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
    if _brought(plan, folder) and plan.certificate is not None and plan.key is not None:
        write_stand_in(plan.domain, plan.certificate, plan.key)
        yield "tls/", "a certificate of our own, until certbot or lego brings a real one"
        _new(folder / _HOOK, hook(plan, user=getpass.getuser()))
        (folder / _HOOK).chmod(0o755)
        yield _HOOK, "what certbot or lego runs after each renewal"
        if plan.webroot is not None:
            (plan.webroot / CHALLENGES).mkdir(parents=True)
            yield "acme/", "where it shows that the site is yours"


def _brought(plan: Plan, folder: Path) -> bool:
    """Whether the certificate is one that is brought into our folder, and not there already."""
    return plan.certificate is not None and folder in plan.certificate.parents


def _new(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def edited(stance: str, plan: Plan, profile: str, artist: str, contact: str) -> str:
    """The shipped stance with the answers in it; every other line stays."""
    site = {"upstream": plan.upstream, "listen": plan.listen, "profile": profile}
    if plan.front not in ALONE:
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
    if plan.webroot is not None and _brought(plan, folder):
        lines += [
            f"  sudo certbot certonly --webroot -w {shlex.quote(str(plan.webroot))} -d {plan.domain} "
            f"--deploy-hook {shlex.quote(str(folder / _HOOK))}",
            "                       fetches the certificate, once the guard runs; it is renewed by itself",
        ]
    if plan.front not in ALONE:
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
