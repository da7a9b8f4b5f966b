"""What a public door does not need is switched off, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from mitmproxy.addons import default_addons
from mitmproxy.options import Options
from mitmproxy.tools.dump import DumpMaster

from stagedoor.fronts.mitmproxy import lean
from stagedoor.fronts.mitmproxy.replacing import install

NEEDED = {"core", "proxyserver", "nextlayer", "tlsconfig", "scriptloader", "errorcheck"}
"""Without these there would be no proxy, no script and no exit status."""


@pytest.fixture
def dump() -> Iterator[DumpMaster]:
    """mitmdump's own master, as it is before a script is loaded."""
    loop = asyncio.new_event_loop()
    master = DumpMaster(Options(), loop=loop)
    yield master
    for name in ("errorcheck", "termlog"):
        if (addon := master.addons.get(name)) is not None:
            addon.logger.uninstall()
    master._legacy_log_events.uninstall()
    loop.close()


def names(master: DumpMaster) -> set[str]:
    """The addons that are in there."""
    return set(master.addons.lookup)


def test_the_table_names_only_addons_that_mitmdump_really_has(dump: DumpMaster) -> None:
    assert set(lean.UNUSED) - names(dump) == set()


def test_the_addons_in_the_table_are_mitmproxys_own(dump: DumpMaster) -> None:
    own = {type(addon) for addon in default_addons()}
    mentioned = [dump.addons.lookup[name] for name in lean.UNUSED if name in dump.addons.lookup]
    # Those three are mitmdump's alone.
    extra = {type(addon).__name__ for addon in mentioned if type(addon) not in own}
    assert extra == {"Dumper", "KeepServing", "ReadFileStdin"}


def test_the_table_names_only_options_that_there_are(dump: DumpMaster) -> None:
    asked = {option for options in lean.UNUSED.values() for option in options} | set(lean.OPTIONS)
    assert {option for option in asked if option not in dump.options} == set()


def test_the_options_of_a_public_door_are_accepted_by_mitmproxy(dump: DumpMaster) -> None:
    dump.options.update(**dict(lean.OPTIONS))
    assert dump.options.block_global is False
    assert dump.options.connection_strategy == "lazy"


def test_nothing_that_a_proxy_needs_is_switched_off() -> None:
    assert not NEEDED & set(lean.UNUSED)


def test_all_unused_addons_go_and_the_needed_ones_stay(dump: DumpMaster) -> None:
    before = names(dump)
    going = before & set(lean.UNUSED)
    assert dump.event_loop.run_until_complete(lean.remove(dump)) == len(going)
    assert names(dump) == before - going
    assert names(dump) >= NEEDED
    assert len(dump.addons.chain) == len(before - going)


def test_removing_twice_removes_nothing_more(dump: DumpMaster) -> None:
    dump.event_loop.run_until_complete(lean.remove(dump))
    assert dump.event_loop.run_until_complete(lean.remove(dump)) == 0


@pytest.mark.parametrize(
    ("addon", "option", "value"),
    [
        ("anticache", "anticache", True),
        ("blocklist", "block_list", [":~u x:404"]),
        ("clientplayback", "client_replay", ["flows"]),
        ("keepserving", "rfile", "flows"),
        ("maplocal", "map_local", ["|a|b"]),
        ("modifyheaders", "modify_headers", ["/~q/a/b"]),
        ("proxyauth", "proxyauth", "any"),
        ("save", "save_stream_file", "flows"),
        ("savehar", "hardump", "flows.har"),
        ("stickycookie", "stickycookie", ".*"),
        ("updatealtsvc", "keep_alt_svc_header", True),
        ("upstreamauth", "upstream_auth", "a:b"),
    ],
)
def test_an_addon_whose_option_is_set_stays(
    dump: DumpMaster, addon: str, option: str, value: object
) -> None:
    present = dict(dump.addons.lookup)
    assert present[addon] in lean.unused(dump.options, present)
    # Set without telling the addons, who would open files: only what is set counts here.
    dump.options._options[option].set(value)
    assert present[addon] not in lean.unused(dump.options, present)


def test_an_addon_that_is_not_there_is_not_missed(dump: DumpMaster) -> None:
    assert lean.unused(dump.options, {}) == []
    some = {"cut": object(), "somebodys": object()}
    assert lean.unused(dump.options, some) == [some["cut"]]


def test_options_are_what_they_were_and_nobody_can_change_them_from_outside() -> None:
    known = Options()
    expected = {name: getattr(known, name) for name in known.keys()}  # noqa: SIM118 (no mapping)
    undo = install(lean.replacements())
    try:
        assert {name: getattr(known, name) for name in expected} == expected
        known.update(listen_port=81, ignore_hosts=["a"], showhost=True)
        assert (known.listen_port, known.showhost) == (81, True)
        known.ignore_hosts.append("b")
        assert known.ignore_hosts == ["a"]
        known.reset()
        assert known.listen_port == expected["listen_port"]
    finally:
        undo()
