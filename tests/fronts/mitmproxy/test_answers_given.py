"""Our answers as mitmproxy sends them."""

from __future__ import annotations

import pytest

from stagedoor.fronts.mitmproxy.answers_given import as_response
from stagedoor.fronts.refusals import Answer


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "Forbidden"), (429, "Too Many Requests"), (599, "")]
)
def test_an_answer_goes_out_as_it_is(status: int, reason: str) -> None:
    answer = Answer(status, ((b"Content-Type", b"text/plain"), (b"Content-Length", b"2")), b"No")
    response = as_response(answer)
    assert (response.status_code, response.reason) == (status, reason)
    assert response.http_version == "HTTP/1.1"
    assert response.headers.fields == answer.headers
    assert response.raw_content is answer.body
