"""The arrows between the rooms, read from the imports. The map is in `stagedoor/__init__.py`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from making import ROOT

ADDONS = ROOT / "addons"
PACKAGE = ADDONS / "stagedoor"

LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"model"}),
    frozenset({"config", "signals"}),
    frozenset({"identify", "resources", "evidence", "marks"}),
    frozenset({"rules"}),
    frozenset({"publish"}),
    frozenset({"engine", "audit"}),
    frozenset({"import_"}),
    frozenset({"fetch"}),
    frozenset({"store", "verify", "load"}),
    frozenset({"record"}),
    frozenset({"web"}),
    frozenset({"fronts", "platforms"}),
    frozenset({"cli", "demo"}),
    frozenset({"__main__"}),
)
"""From left to right; an import goes to the left, or stays on its level and makes no circle."""
LEVEL = {room: number for number, level in enumerate(LEVELS) for room in level}

PURE = frozenset().union(*LEVELS[: LEVEL["fetch"]])
USES_FOLDERS = frozenset({"load", "fronts", "cli"})
"""load.rule_folder reads files: an edge, for those alone who start the program."""
PROXY = ("mitmproxy", "mitmproxy_rs")
MAY_IMPORT_MITMPROXY = ("fronts.mitmproxy", "cli.serve")
FRONT = "only mitmproxy's front imports mitmproxy"

OUTSIDE_WORLD = (
    *PROXY,
    *("tornado", "h11", "anyio", "watchfiles", "dns"),
    *("socket", "socketserver", "ssl", "select", "selectors", "asyncio", "signal"),
    *("pathlib", "os", "io", "shutil", "tempfile", "glob", "fileinput", "sqlite3", "sys"),
    *("time", "random", "secrets", "threading", "multiprocessing", "concurrent", "subprocess"),
    *("urllib.request", "http.client", "importlib", "logging"),
)
IN_MEMORY = frozenset({"io.BytesIO", "io.StringIO", "io.SEEK_SET", "io.SEEK_CUR", "io.SEEK_END"})
"""What a pure room may have of those: files that lie in memory."""
CALLS_OUTSIDE = frozenset({"open", "exec", "eval", "__import__", "input", "print"})
CLOCK_CALLS = frozenset({"now", "utcnow", "today"})


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: `from a import b` is `a.b`, which may be a module or a thing in `a`."""

    name: str
    line: int


def imports(module: str, tree: ast.AST, *, package: bool = False) -> Iterator[Import]:
    """Every import anywhere in a module, also inside functions and behind TYPE_CHECKING."""
    here = module if package else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = here.split(".")[: len(here.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            yield from (Import(f"{base}.{alias.name}", node.lineno) for alias in node.names)


def within(name: str, parent: str) -> bool:
    """Whether `name` is `parent` or something in it."""
    return name == parent or name.startswith(parent + ".")


def room(name: str) -> str:
    """`stagedoor.rules.rule.Rule` → `rules`; empty for anything that is not ours."""
    first, _, rest = name.partition(".")
    return rest.partition(".")[0] if first == "stagedoor" else ""


def violations(modules: Mapping[str, str]) -> list[str]:
    """What is wrong with `modules` (name → source; a package's name ends with `.__init__`)."""
    found: list[str] = []
    graph: dict[str, set[str]] = {}
    names = {name.removesuffix(".__init__") for name in modules}
    for written, source in modules.items():
        name = written.removesuffix(".__init__")
        tree = ast.parse(source)
        graph[name] = set()
        mine = room(name)
        if mine and mine not in LEVEL:
            found.append(f"{name}: this room is not on the map")
            continue
        for imported in imports(name, tree, package=written != name):
            where = f"{name}:{imported.line}"
            target = next(
                (n for n in (imported.name, imported.name.rpartition(".")[0]) if n in names), ""
            )
            if target and target != name:
                graph[name].add(target)
            found.extend(f"{where}: {fault}" for fault in _import_faults(name, imported.name))
        if mine in PURE:
            found.extend(f"{name}:{line}: {call} reaches outside" for call, line in _calls(tree))
    found += [f"{name}: imports itself by a detour" for name in sorted(_circles(graph))]
    rooms = _circles(between_rooms(graph))
    found += [f"{name}: this room imports itself by a detour over others" for name in sorted(rooms)]
    return found + shared_names(modules)


def _import_faults(name: str, imported: str) -> Iterator[str]:
    mine, theirs = room(name), room(imported)
    if not mine and within(imported, "stagedoor"):
        yield f"the map imports nothing, not even {imported}"
    if mine and theirs and theirs in LEVEL:
        if LEVEL[theirs] > LEVEL[mine]:
            yield f"{mine} must not know {theirs}"
        if within(imported, "stagedoor.load.rule_folder") and mine not in USES_FOLDERS:
            yield f"{mine} must not read rule folders"
    if mine in PURE:
        for module in OUTSIDE_WORLD:
            if within(imported, module) and imported not in IN_MEMORY:
                yield f"{mine} is pure and must not import {module}"
    elif any(within(imported, proxy) for proxy in PROXY) and not any(
        within(name, f"stagedoor.{place}") for place in MAY_IMPORT_MITMPROXY
    ):
        yield FRONT


def _calls(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in CALLS_OUTSIDE:
            yield f"{node.func.id}()", node.lineno
        if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS:
            yield f"{node.func.attr}()", node.lineno


def _circles(graph: Mapping[str, set[str]]) -> set[str]:
    """Modules from which a way of imports leads back to themselves."""
    found = set()
    for start in graph:
        seen: set[str] = set()
        ahead = list(graph[start])
        while ahead:
            name = ahead.pop()
            if name not in seen:
                seen.add(name)
                ahead.extend(graph.get(name, ()))
        if start in seen:
            found.add(start)
    return found


def between_rooms(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Which room imports which others, from which module imports which."""
    found: dict[str, set[str]] = {}
    for name, targets in graph.items():
        if mine := room(name):
            theirs = {room(target) for target in targets} - {mine, ""}
            found.setdefault(mine, set()).update(theirs)
    return found


def shared_names(names: Iterable[str]) -> list[str]:
    """Modules whose last name another room uses, too, as `rules.lines` and `signals.lines` would."""
    places: dict[str, list[str]] = {}
    for name in names:
        if name.count(".") > 1 and not name.endswith(".__init__"):  # files, not folders
            places.setdefault(name.rpartition(".")[2], []).append(name)
    return [
        f"{', '.join(sorted(found))}: one name in several rooms"
        for _, found in sorted(places.items())
        if len({room(name) for name in found}) > 1
    ]


def entry_faults(source: str) -> list[str]:
    """What an entry script holds besides a docstring, imports of ours and `addons = [Name()]`."""
    body = ast.parse(source).body
    found = [] if ast.get_docstring(ast.parse(source)) else ["no docstring"]
    for node in body[1:] if not found else body:
        match node:
            case ast.ImportFrom(module=str(module)) if within(module, "stagedoor"):
                pass
            case ast.Assign(
                targets=[ast.Name(id="addons")],
                value=ast.List(elts=[ast.Call(func=ast.Name(), args=[], keywords=[])]),
            ):
                pass
            case _:
                found.append(f"line {node.lineno}: an entry script has no logic")
    return found


def package() -> dict[str, str]:
    """Every module of the package, by name."""
    return {
        ".".join(path.relative_to(ADDONS).with_suffix("").parts): path.read_text("utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
        if "share" not in path.relative_to(PACKAGE).parts
    }


def test_arrows_go_one_way_and_the_core_is_pure() -> None:
    modules = package()
    assert len(modules) > 25
    assert violations(modules) == []


def test_the_map_names_every_room() -> None:
    rooms = {
        path.stem
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    rooms -= {"__init__", "__main__", "__pycache__"}
    map_text = (PACKAGE / "__init__.py").read_text("utf-8")
    named = set(re.findall(r"^    (\w+)/ ", map_text, re.MULTILINE))
    assert named == rooms
    assert rooms <= set(LEVEL)


def test_the_map_draws_the_arrows_that_are_checked() -> None:
    map_text = (PACKAGE / "__init__.py").read_text("utf-8")
    drawn = re.search(r"^    model ← .*(?:\n +← .*)*", map_text, re.MULTILINE)
    assert drawn is not None
    levels = [frozenset(re.findall(r"\w+", level)) for level in drawn[0].split("←")]
    there = [level & named_rooms() for level in LEVELS]
    assert levels == [level for level in there if level]


def named_rooms() -> frozenset[str]:
    """The folders of the package."""
    return frozenset(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def test_addons_holds_entry_scripts_and_the_package_only() -> None:
    # Any other .py there would shadow a module of the standard library for the whole proxy.
    found = {path.name for path in ADDONS.iterdir() if path.name != "__pycache__"}
    scripts = {name for name in found if name.endswith(".py")}
    assert found - scripts == {"stagedoor"}
    assert "guard.py" in scripts
    assert scripts <= {"guard.py", "watch.py"}


def test_entry_scripts_have_no_logic() -> None:
    for path in sorted(ADDONS.glob("*.py")):
        assert entry_faults(path.read_text("utf-8")) == [], path.name


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("stagedoor.model.facts", "from stagedoor.model.errors import Problem", ""),
        ("stagedoor.model.facts", "from stagedoor.config.yamltext import parse", "model must not know config"),
        ("stagedoor.config.stance", "from stagedoor.rules.policy import Policy", "must not know rules"),
        ("stagedoor.rules.policy", "from stagedoor import config, fronts", "must not know fronts"),
        ("stagedoor.rules.policy", "import stagedoor.fronts.mitmproxy.addon", "must not know fronts"),
        ("stagedoor.rules.policy", "from ..record import Sink", "must not know record"),
        ("stagedoor.rules.policy", "from . import model", ""),
        ("stagedoor.rules.policy", "from stagedoor.engine import order", "rules must not know engine"),
        ("stagedoor.engine.order", "from stagedoor.store.memory import Memory", "engine must not know store"),
        ("stagedoor.store.memory", "from stagedoor.engine.order import Effects", ""),
        ("stagedoor.verify.prover", "from stagedoor.fetch.client import fetch", ""),
        ("stagedoor.fetch.client", "from stagedoor.verify.prover import Prover", "must not know verify"),
        ("stagedoor.record.metrics", "from stagedoor.web.server import Serving", "record must not know web"),
        ("stagedoor.web.server", "from stagedoor.record.metrics import Metrics", ""),
        ("stagedoor.web.server", "from stagedoor.fronts.refusals import Answer", "must not know fronts"),
        ("stagedoor.platforms.profiles", "from stagedoor.web.server import Serving", ""),
        ("stagedoor.rules.policy", "from stagedoor.load import rule_folder", "rules must not know load"),
        ("stagedoor.record.metrics", "from stagedoor.load.rule_folder import load", "must not read rule folders"),
        ("stagedoor.record.metrics", "from stagedoor.load.credentials import read", ""),
        ("stagedoor.fronts.mitmproxy.addon", "from stagedoor.load.rule_folder import load", ""),
        ("stagedoor.cli.check", "from stagedoor.load import rule_folder", ""),
        ("stagedoor.resources.paths", "import os.path", "must not import os"),
        ("stagedoor.resources.paths", "from urllib.parse import unquote", ""),
        ("stagedoor.resources.paths", "from urllib import request", "must not import urllib.request"),
        ("stagedoor.resources.paths", "from http import client", "must not import http.client"),
        ("stagedoor.resources.paths", "import ostensibly", ""),
        ("stagedoor.resources.paths", "from io import BytesIO", ""),
        ("stagedoor.resources.paths", "from io import FileIO", "must not import io"),
        ("stagedoor.resources.paths", "import io", "must not import io"),
        ("stagedoor.audit.result", "import h11", "must not import h11"),
        ("stagedoor.fetch.client", "import h11", ""),
        ("stagedoor.identify.matcher", "def f():\n    import time", "must not import time"),
        ("stagedoor.identify.matcher", "if TYPE_CHECKING:\n    from mitmproxy import http", "must not import mitmproxy"),
        ("stagedoor.identify.matcher", "import mitmproxy_rs", "must not import mitmproxy_rs"),
        ("stagedoor.config.schema", "data = open('x').read()", "open() reaches outside"),
        ("stagedoor.config.schema", "__import__('socket')", "__import__() reaches outside"),
        ("stagedoor.model.facts", "at = datetime.now(UTC)", "now() reaches outside"),
        ("stagedoor.model.facts", "day = date.today()", "today() reaches outside"),
        ("stagedoor.model.facts", "day = date.fromisoformat('2026-11-23')", ""),
        ("stagedoor.record.metrics", "from mitmproxy import http", FRONT),
        ("stagedoor.fetch.client", "from mitmproxy_rs.dns import DnsResolver", FRONT),
        ("stagedoor.fronts.addresses", "from mitmproxy import http", FRONT),
        ("stagedoor.load.rule_folder", "import mitmproxy.http", FRONT),
        ("stagedoor.cli.check", "import mitmproxy", FRONT),
        ("stagedoor.cli.serve", "import mitmproxy", ""),
        ("stagedoor.fronts.mitmproxy.flow_request", "from mitmproxy import http", ""),
        ("stagedoor.fronts.mitmproxy.inquiry", "from mitmproxy_rs.dns import DnsResolver", ""),
        ("stagedoor.__init__", "from stagedoor import model", "the map imports nothing"),
        ("stagedoor.attic", "", "not on the map"),
        ("stagedoor.door.addon", "", "not on the map"),
    ],
)  # fmt: skip
def test_the_checker_sees_a_wrong_import(module: str, source: str, fault: str) -> None:
    found = violations({module: source})
    assert bool(found) == bool(fault), found
    assert fault in "".join(found)


def test_the_checker_sees_a_circle_of_modules() -> None:
    modules = {
        "stagedoor.rules.plan": "from stagedoor.rules import policy",
        "stagedoor.rules.policy": "from stagedoor.rules.plan import Plan",
    }
    assert violations(modules) == [
        f"stagedoor.rules.{name}: imports itself by a detour" for name in ("plan", "policy")
    ]
    del modules["stagedoor.rules.policy"]
    assert violations(modules) == []


def test_the_checker_sees_a_circle_of_rooms() -> None:
    # No module imports itself, and all is on one level: it is the rooms that go round.
    modules = {
        "stagedoor.store.memory": "from stagedoor.verify.nonces import Replays",
        "stagedoor.verify.nonces": "",
        "stagedoor.verify.prover": "from stagedoor.load.watcher import Watcher",
        "stagedoor.load.watcher": "from stagedoor.store import turn",
        "stagedoor.store.turn": "",
    }
    assert violations(modules) == [
        f"{name}: this room imports itself by a detour over others"
        for name in ("load", "store", "verify")
    ]
    modules["stagedoor.load.watcher"] = ""
    assert violations(modules) == []


def test_the_checker_sees_a_file_name_in_two_rooms() -> None:
    modules = {
        "stagedoor.rules.lines": "",
        "stagedoor.signals.robots.lines": "",
        "stagedoor.signals.robots.__init__": "",
        "stagedoor.signals.html.__init__": "",
        "stagedoor.signals.html.head": "",
        "stagedoor.signals.head": "",
        "stagedoor.audit.__init__": "",
        "stagedoor.cli.audit": "",
        "stagedoor.cli.replay": "",
        "stagedoor.fronts.replay.__init__": "",
    }
    assert violations(modules) == [
        "stagedoor.rules.lines, stagedoor.signals.robots.lines: one name in several rooms"
    ]


@pytest.mark.parametrize(
    ("source", "right"),
    [
        (
            '"""Doc."""\nfrom stagedoor.fronts.mitmproxy.addon import Guard\naddons = [Guard()]',
            True,
        ),
        ("from stagedoor.fronts.mitmproxy.addon import Guard\naddons = [Guard()]", False),
        ('"""Doc."""\nimport os\naddons = []', False),
        (
            '"""Doc."""\nfrom stagedoor.fronts.mitmproxy.addon import Guard\naddons = [Guard(debug=True)]',
            False,
        ),
        ('"""Doc."""\nif True:\n    addons = []', False),
        ('"""Doc."""\ndef load(loader):\n    pass', False),
    ],
)
def test_the_checker_sees_logic_in_an_entry_script(source: str, right: bool) -> None:
    assert (entry_faults(source) == []) is right
