"""The link in a page's body: where it goes, however the page comes in pieces."""

from __future__ import annotations

import pytest

from stagedoor.signals.html import body_link
from stagedoor.signals.html.body_link import BodyLink

LINK = b"<a></a>"


def linked(page: bytes, size: int = 1 << 20) -> bytes:
    link = BodyLink(LINK)
    out = b"".join(link.feed(page[at : at + size]) for at in range(0, len(page), size))
    return out + link.finish()


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
@pytest.mark.parametrize(
    "page",
    [
        b"<title>A</title></head><body class='a>b'>|B</body></html>",
        b"<script>if (a < b) document.write('<body>')</script><style>a{}</style><BODY>|text",
        b"<meta a><link b><!-- <body> -->|<h1>without a body tag</h1>",
        b"</head>|<p>B",
        b"<title><body></title><body>|",
        b"<noscript><img></noscript></head><body>B</body></html>|",
        b"<title>A</title> words first <p>B</p>|",
        b"<script><!-- <script> </script> --></script><body>B|",
        b"<title>never ends|",
        b"|",
    ],
)
def test_it_goes_to_the_bodys_beginning_or_behind_the_page(page: bytes, size: int) -> None:
    assert linked(page.replace(b"|", b""), size) == page.replace(b"|", LINK)


def test_frames_are_left_alone() -> None:
    page = b"<title>A</title></head><frameset><frame src=a></frameset></html>"
    assert linked(page) == page


def test_what_comes_early_goes_out_early() -> None:
    held = BodyLink(LINK)
    early = b"<title>A</title><link rel=stylesheet href=a.css>"
    assert held.feed(early + b"<bo") == early
    assert held.feed(b"dy>B") == b"<body>" + LINK + b"B"
    assert held.feed(b"C") == b"C"
    assert held.finish() == b""


def test_a_body_that_is_too_far_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_link, "MOST", 100)
    page = b"<meta a>" * 50 + b"<body>B"
    assert linked(page, 10) == page + LINK


def test_in_an_encoding_of_two_bytes_it_stands_behind() -> None:
    link = BodyLink(LINK, follow=False)
    assert link.feed(b"<body>") + link.finish() == b"<body>" + LINK
