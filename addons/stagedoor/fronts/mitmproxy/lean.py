"""Switches off what a public server must not offer, or does not need.

mitmproxy is a workbench: of its thirty-odd default addons most serve somebody who inspects
traffic. Every event of every request goes through the whole list, which costs about half of its time.
An addon stays where one of the options that switch it on was set.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Mapping
from typing import Any

from mitmproxy import exceptions, optmanager

from stagedoor.fronts.mitmproxy.replacing import Replacement, original

UNUSED: Mapping[str, tuple[str, ...]] = {
    "anticache": ("anticache",),
    "anticomp": ("anticomp",),
    # Its one job here would be block_global: to hang up on every visitor from the Internet.
    "block": ("block_private",),
    "blocklist": ("block_list",),
    "browser": (),
    "clientplayback": ("client_replay",),
    "commandhistory": (),
    "comment": (),
    "cut": (),
    # The guard takes h2c upgrades out itself, before the request goes on.
    "disableh2c": (),
    "dnsresolver": (),
    "dumper": ("dumper_filter",),
    "export": (),
    "keepserving": ("client_replay", "server_replay", "rfile"),
    "maplocal": ("map_local",),
    "mapremote": ("map_remote",),
    "modifybody": ("modify_body",),
    "modifyheaders": ("modify_headers",),
    # mitm.it hands out certificates: nothing for a public site.
    "onboarding": (),
    "proxyauth": ("proxyauth",),
    "readfilestdin": ("rfile",),
    "save": ("save_stream_file",),
    "savehar": ("hardump",),
    "serverplayback": ("server_replay", "server_replay_kill_extra"),
    "stickyauth": ("stickyauth",),
    "stickycookie": ("stickycookie",),
    "stripdnshttpsrecords": (),
    # The guard takes Alt-Svc out itself: it would lead visitors past the guard.
    "updatealtsvc": ("keep_alt_svc_header",),
    "upstreamauth": ("upstream_auth",),
}
"""Default addon → the options that make it needed."""

OPTIONS: Mapping[str, object] = {
    # A refused request never reaches the site; an eager connection would.
    "connection_strategy": "lazy",
    # Every visitor of a public site has a public address.
    "block_global": False,
    # Nothing but HTTP and WebSockets passes this proxy undecided.
    "rawtcp": False,
    # The Host is rewritten by the guard, which needs the one that was sent.
    "keep_host_header": True,
}

_NOISY = ("mitmproxy.proxy.server", "mitmproxy.proxy.mode_servers")
"""Loggers with several lines a connection: on a public server, thousands a minute."""


_PLAIN = frozenset({str, int, bool, float, type(None)})
"""Types of values that nobody can change: they need not be copied for those who ask."""


def replacements() -> tuple[Replacement, ...]:
    """Options without copies: mitmproxy asks for seven of them in each request."""
    return (Replacement(optmanager._Option, "current", _current()),)  # noqa: SLF001


def _current() -> Any:
    def current(self: Any) -> Any:
        value = self._default if self.value is optmanager.unset else self.value
        return value if type(value) in _PLAIN else original(current)(self)

    return current


def quiet() -> None:
    """Leave lines about single connections out of the log."""
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


def unused(options: Any, present: Mapping[str, object]) -> list[object]:
    """The addons of `present` (name → addon) that nobody has asked for."""
    return [
        present[name]
        for name, wanted_by in UNUSED.items()
        if name in present and not any(_is_set(options, option) for option in wanted_by)
    ]


def _is_set(options: Any, name: str) -> bool:
    return name in options and options.has_changed(name)


def lift(master: Any, guard: object) -> bool:
    """Take `guard` out of the script it came from and make it an addon of its own.

    Events then pass three objects less each, and the script is no longer watched: mitmproxy
    unloads a script whose edit is broken, and goes on listening without it. False where the guard
    did not come from a script, or not alone.
    """
    loader = master.addons.get("scriptloader")
    for script in loader.addons if loader is not None else ():
        if script.ns is None or list(getattr(script.ns, "addons", ())) != [guard]:
            continue
        if script.reloadtask is not None:
            script.reloadtask.cancel()
        loader.addons = [other for other in loader.addons if other is not script]
        for name in (script.name, script.ns.name):
            master.addons.lookup.pop(name, None)
        place = master.addons.chain.index(loader)
        master.addons.chain = [*master.addons.chain[:place], guard, *master.addons.chain[place:]]
        if not loader.addons:
            master.addons.remove(loader)
        return True
    return False


async def remove(master: Any) -> int:
    """Take the unused addons out of `master`; returns how many went.

    Must run in a task of its own, while no event goes through the list of addons.
    """
    went = 0
    for addon in unused(master.options, dict(master.addons.lookup)):
        try:
            master.addons.remove(addon)
        except exceptions.AddonManagerError:
            # Its `done` is a coroutine, which remove() cannot call; the addon is already out.
            done = getattr(addon, "done", None)
            if done is not None:
                await done()
        went += 1
    settle()
    return went


def settle() -> None:
    """Let the collector leave what was loaded alone, now that it is complete.

    Going through rules and modules again and again takes 3 % of the time of all requests, in
    pauses of 50 ms.
    """
    gc.collect()
    gc.freeze()
