"""Albums in a zip or the like: which count, and when too many are refused."""

from __future__ import annotations

import time

import pytest
from mitmproxy import http

from flows import GuardFixture, OpenGuard, answered, flow
from making import FIREFOX
from stagedoor.engine.needs import Known
from stagedoor.store.interface import Query
from stagedoor.store.memory import MemoryStore

RULE = """
- id: sweeping-archives
  title: Nobody takes so many
  when:
    behaviour.archives: {over: 3}
    resource: download
    not: {resource.form: bought}
  then: {throttle: {for: 1h}}
"""
BOUGHT = """
name: shop
title: A shop
source: here
reviewed: 2026-11-29
paths: [{path: "/bought/**", kind: download, form: bought}]
"""
ALBUM = 60_000_000


@pytest.fixture
def fixture(opened: OpenGuard) -> GuardFixture:
    stance = "site: {profile: shop}"
    files = {"stance.yaml": stance, "35-a.yaml": RULE, "profiles/shop.yaml": BOUGHT}
    found = opened(files)
    found.guard.service.store = MemoryStore(100)
    return found


def get(
    fixture: GuardFixture,
    target: str,
    *sent: int,
    status: int = 200,
    method: str = "GET",
    kind: str = "application/zip",
    **headers: str,
) -> http.HTTPFlow:
    """One request; so many bytes of the body go out, in these pieces."""
    found = fixture.enter(flow(target, FIREFOX, method))
    if found.response is not None:
        return found
    answered(found, kind, status, **headers)
    fixture.guard.responseheaders(found)
    assert found.response is not None
    stream = found.response.stream
    for size in sent:
        if callable(stream):
            assert stream(bytes(size)) == bytes(size)
    if callable(stream):
        stream(b"")
    fixture.guard.response(found)
    assert found.metadata["stagedoor"].way is None
    return found


def archives(fixture: GuardFixture) -> int:
    """How many count for the visitor."""
    passage = get(fixture, "/albums/none.zip", status=404).metadata["stagedoor"]
    query = Query(
        "", time.monotonic(), listener=passage.listener, listening=("household",)
    )  # fmt: skip
    known = fixture.guard.service.store.read(query)
    assert isinstance(known, Known)
    return known.behaviour.listening.household.archives


@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz", "7z", "rar"])
def test_an_album_counts_once_as_soon_as_it_goes_out(fixture: GuardFixture, ending: str) -> None:
    get(fixture, f"/albums/one.{ending}", 1000, content_length=str(ALBUM))
    assert archives(fixture) == 1
    range_ = f"bytes 1000-1999/{ALBUM}"
    get(fixture, f"/albums/one.{ending}", 1000, status=206, content_range=range_)
    assert archives(fixture) == 1


def test_one_that_only_its_type_shows_counts_too(fixture: GuardFixture) -> None:
    get(fixture, "/get?album=7", 1000, content_length=str(ALBUM))
    get(fixture, "/get?album=8", 1000, content_length=str(ALBUM))
    assert archives(fixture) == 2


def test_of_one_without_a_size_a_megabyte_must_have_gone_out(fixture: GuardFixture) -> None:
    get(fixture, "/albums/small.zip", 400_000)
    assert archives(fixture) == 0
    get(fixture, "/albums/large.zip", *[400_000] * 5)
    assert archives(fixture) == 1


def test_what_is_small_missing_bought_only_a_head_or_no_archive_does_not_count(
    fixture: GuardFixture,
) -> None:
    get(fixture, "/press/photos.zip", 900_000, content_length="900000")
    get(fixture, "/albums/gone.zip", 100, status=404, content_length=str(ALBUM))
    get(fixture, "/albums/head.zip", method="HEAD", content_length=str(ALBUM))
    get(fixture, "/albums/empty.zip", content_length=str(ALBUM))
    get(fixture, "/bought/one.zip", 1000, content_length=str(ALBUM))
    get(fixture, "/score.pdf", 1000, kind="application/pdf", content_length=str(ALBUM))
    assert archives(fixture) == 0


def test_too_many_are_refused_and_those_that_were_bought_are_not(fixture: GuardFixture) -> None:
    found = [get(fixture, f"/albums/{n}.zip", 100, content_length=str(ALBUM)) for n in range(6)]
    statuses = [one.response.status_code for one in found if one.response is not None]
    assert statuses == [200] * 4 + [429] * 2
    bought = get(fixture, "/bought/1.zip", 100, content_length=str(ALBUM))
    assert bought.response is not None
    assert bought.response.status_code == 200
