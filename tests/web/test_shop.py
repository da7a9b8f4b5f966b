"""A shop asks for a pass, beside the metrics of a running server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from prometheus_client import CollectorRegistry, make_wsgi_app

from stagedoor.marks.shop_calls import signature
from stagedoor.verify.mark_keys import SHOP, new_shop_secret, read_keys
from stagedoor.verify.sold_passes import FILE, read_sold
from stagedoor.web.server import Serving
from stagedoor.web.shop import shop_routes


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    serving = Serving(
        "127.0.0.1", 0, make_wsgi_app(CollectorRegistry()), shop_routes(lambda: tmp_path)
    )
    yield f"http://127.0.0.1:{serving.port}/passes"
    serving.close()


def call(url: str, secret: str, body: Any, nonce: str = "order-0017", at: float = 0) -> requests.Response:  # fmt: skip
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    moment = str(int(at or time.time()))
    headers = {
        "Stagedoor-Time": moment,
        "Stagedoor-Nonce": nonce,
        "Stagedoor-Signature": signature(bytes.fromhex(secret), moment, nonce, data),
    }
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, data=data, headers=headers, timeout=20)


def test_a_shop_is_given_a_pass_once(tmp_path: Path, url: str) -> None:
    assert call(url, "00" * 32, {"paths": ["/a.zip"]}).status_code == 404
    secret = new_shop_secret(tmp_path)
    found = call(
        url, secret, {"paths": ["/a.zip"], "until": "2099-06-30", "count": 3, "note": "17"}
    )
    assert found.status_code == 201
    said = found.json()
    mark = read_keys(tmp_path).read(said["mark"])
    assert mark is not None
    assert (said["serial"], said["parameter"]) == (mark.serial, f"sd={said['mark']}")
    one = read_sold(tmp_path)[0]
    assert (one.serial, one.paths, str(one.until), one.count, one.note) == (
        mark.serial, ("/a.zip",), "2099-06-30", 3, "17",
    )  # fmt: skip
    again = call(url, secret, {"paths": ["/a.zip"]})
    assert (again.status_code, "used before" in again.text) == (401, True)
    assert len(read_sold(tmp_path)) == 1


def test_what_is_not_signed_or_wrong_is_refused(tmp_path: Path, url: str) -> None:
    secret = new_shop_secret(tmp_path)
    assert call(url, "00" * 32, {"paths": ["/a.zip"]}, "nonce-0001").status_code == 401
    assert call(url, secret, {"paths": ["/a.zip"]}, "nonce-0002", time.time() - 900).status_code == 401  # fmt: skip
    assert call(url, secret, b"no json", "nonce-0003").status_code == 400
    assert call(url, secret, {"paths": []}, "nonce-0004").status_code == 400
    assert requests.get(url, timeout=20).status_code == 405
    (tmp_path / FILE).write_text("no list")
    assert call(url, secret, {"paths": ["/a"]}, "nonce-0005").status_code == 503
    (tmp_path / SHOP).write_text("no secret")
    assert call(url, secret, {"paths": ["/a"]}, "nonce-0006").status_code == 500
