"""What is made for each request in less time is what mitmproxy would have made."""

from __future__ import annotations

import uuid
from typing import Any

from mitmproxy import http
from mitmproxy.options import Options
from mitmproxy.proxy.context import Context
from mitmproxy.test import tflow

from stagedoor.fronts.mitmproxy.replacing import install
from stagedoor.fronts.mitmproxy.request_objects import name, replacements


def made() -> tuple[dict[str, Any], Context, Context]:
    """A flow's attributes, and a context with its fork."""
    flow = http.HTTPFlow(tflow.tclient_conn(), tflow.tserver_conn(), live=True)
    context = Context(tflow.tclient_conn(), Options())
    context.layers.append(object())  # type: ignore[arg-type]
    return vars(flow), context, context.fork()


def test_flow_and_fork_are_as_mitmproxys() -> None:
    theirs, before, their_fork = made()
    undo = install(replacements())
    try:
        ours, context, fork = made()
    finally:
        undo()
    assert set(ours) == set(theirs)
    own = {"id", "timestamp_created", "client_conn", "server_conn"}
    assert {k: v for k, v in ours.items() if k not in own} == {
        k: v for k, v in theirs.items() if k not in own
    }
    assert abs(ours["timestamp_created"] - theirs["timestamp_created"]) < 60
    assert set(vars(fork)) == set(vars(their_fork))
    assert vars(fork) == vars(context)
    assert vars(their_fork) == vars(before)
    assert fork.layers is not context.layers  # each goes its own way from here


def test_a_name_is_a_random_uuid() -> None:
    names = {name() for _ in range(1000)}
    assert len(names) == 1000
    for text in names:
        found = uuid.UUID(text)
        assert (str(found), found.version, found.variant) == (text, 4, uuid.RFC_4122)
