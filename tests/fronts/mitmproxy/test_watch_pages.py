"""Which responses the watch reads, and what a page with a badge still says to the browser's cache."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils

from platformrules import profiles, rules
from stagedoor.fronts.mitmproxy.watch_pages import Reader, wanted
from stagedoor.platforms.kept_texts import History
from stagedoor.platforms.observer import Observer
from stagedoor.platforms.profiles import Profile
from stagedoor.platforms.watch_metrics import WatchMetrics

PAGE = b"<!doctype html><html><head><meta charset=utf-8></head><body><p>x</body></html>"
SAID = {"etag": '"abc"', "last-modified": "Sun, 29 Nov 2026 10:00:00 GMT", "accept-ranges": "bytes"}


def flow(
    path: str = "/artist/track", asked: dict[str, str] | None = None,
    said: dict[str, str] | None = None, *, status: int = 200, method: str = "GET",
    host: str = "soundcloud.com", body: bytes = PAGE,
) -> http.HTTPFlow:  # fmt: skip
    request = tutils.treq(
        method=method.encode(), host=host, path=path.encode(), scheme=b"https", port=443,
        headers=http.Headers(
            [(k.encode(), v.encode()) for k, v in {"host": host, **(asked or {})}.items()]
        ),
    )  # fmt: skip
    fields = {"content-type": "text/html; charset=utf-8", **(said or {})}
    response = tutils.tresp(
        status_code=status, content=body,
        headers=http.Headers([(k.encode(), v.encode()) for k, v in fields.items()]),
    )  # fmt: skip
    return tflow.tflow(req=request, resp=response)


def soundcloud() -> Profile:
    found = profiles().of("soundcloud.com")
    assert found is not None
    return found


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    history = History(tmp_path)
    news: list[Any] = []
    yield Reader(Observer(profiles(), rules(), history, news.append), {}, WatchMetrics())
    history.close()


DOCUMENT = {"sec-fetch-dest": "document"}


@pytest.mark.parametrize(
    ("one", "read"),
    [
        (flow(asked=DOCUMENT), True),
        (flow(asked={"accept": "text/html,*/*;q=0.8"}), True),
        (flow(asked={"accept": "*/*"}), False),
        (flow(), False),
        (flow(asked={"sec-fetch-dest": "empty"}), False),  # a service worker fills its cache
        (flow(asked={"sec-fetch-dest": "iframe"}), False),
        (flow(asked={"accept": "text/html", "x-requested-with": "XMLHttpRequest"}), False),
        (flow(asked=DOCUMENT, status=304), False),
        (flow(asked=DOCUMENT, status=206), False),
        (flow(asked=DOCUMENT, method="HEAD"), False),
        (flow(asked=DOCUMENT, method="POST"), False),
        (flow(asked=DOCUMENT, said={"content-encoding": "dcb"}), False),
        (flow("/you/insights", DOCUMENT), False),
        (flow("/terms-of-use", {"sec-fetch-dest": "empty"}), True),
    ],
)
def test_only_whole_pages_are_read(one: http.HTTPFlow, *, read: bool) -> None:
    assert wanted(soundcloud(), one) is read


def test_a_page_with_a_badge_keeps_what_the_browser_asks_by_the_next_time(reader: Reader) -> None:
    for more in ({}, {"cache-control": "no-store"}, {"cache-control": "private, max-age=60"}):
        one = flow(asked=DOCUMENT, said={**SAID, **more})
        reader.read(one, 0, badge=True)
        assert one.response is not None
        assert b"stagedoor-badge" in (one.response.raw_content or b"")
        kept = {
            "accept-ranges": "none",
            "etag": SAID["etag"],
            "last-modified": SAID["last-modified"],
        }
        for name, value in {**kept, **more}.items():
            assert one.response.headers[name] == value


def test_a_compressed_page_stays_compressed_with_its_length(reader: Reader) -> None:
    body = gzip.compress(PAGE)
    said = {"content-encoding": "gzip", "content-length": str(len(body))}
    one = flow(asked=DOCUMENT, said=said, body=body)
    reader.read(one, 0, badge=True)
    assert one.response is not None
    raw = one.response.raw_content or b""
    assert b"stagedoor-badge" in gzip.decompress(raw)
    assert one.response.headers["content-length"] == str(len(raw))


@pytest.mark.parametrize(
    "said",
    [{"use-as-dictionary": 'match="/*"'}, {"repr-digest": "sha-256=:x:"}, {"signature": "x"}],
)
def test_a_page_whose_bytes_somebody_hashes_stays_as_it_is(
    said: dict[str, str], reader: Reader
) -> None:
    """With a dictionary the browser would send the hash of the page with the badge."""
    one = flow(asked=DOCUMENT, said={**SAID, **said})
    reader.read(one, 0, badge=True)
    assert one.response is not None
    assert one.response.raw_content == PAGE
    assert one.response.headers["accept-ranges"] == "bytes"


def test_a_recording_is_read_by_its_headers_alone_and_once(reader: Reader) -> None:
    said = {"content-type": "audio/mpeg", "x-robots-tag": "noai", "set-cookie": "sid=s3cret"}
    one = flow("/one.mp3?Policy=s3cret", said=said, host="cf-media.sndcdn.com", body=b"")
    page = flow(asked=DOCUMENT)
    reader.read(page, 0, badge=False)
    keep = reader.recording(soundcloud(), one, 1)
    assert keep is not None
    keep()
    found = reader.observer.last_audit(soundcloud())
    assert found is not None
    assert found[1].answers["train"] == "no"
    assert reader.recording(soundcloud(), one, 2) is None
    assert reader.recording(soundcloud(), flow(status=404, said=said), 2) is None
    assert reader.recording(soundcloud(), flow(said={"content-type": "image/png"}), 2) is None
    assert b"s3cret" not in b"".join(
        path.read_bytes() for path in reader.observer.history.path.parent.iterdir()
    )


def test_a_playlist_and_a_part_of_a_stream_are_recordings(reader: Reader) -> None:
    for number, kind in enumerate(
        ("application/vnd.apple.mpegurl", "video/mp4", "application/vnd.yt-ump", "audio/ogg; x=1")
    ):
        said = {"content-type": kind, "tdm-reservation": str(number % 2)}
        assert reader.recording(soundcloud(), flow(said=said), 0) is not None
