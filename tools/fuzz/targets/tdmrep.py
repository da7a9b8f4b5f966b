"""TDMRep: signals/standards/tdmrep.py."""

from __future__ import annotations

import orjson

from stagedoor.signals.standards import tdmrep
from tools.fuzz.parts import fields, split

SEEDS = (
    b'/music/a.mp3\x1e[{"location":"/music/*","tdm-reservation":1,"tdm-policy":"https://x/p"}]\x1e',
    b'/\x1e[{"location":"/*.mp3$","tdm-reservation":0.0},3,{"location":5}]\x1etdm-reservation: 1',
    b"/\x1e\xef\xbb\xbf{}\x1eTDM-Reservation: 0\ntdm-policy: x",
)  # fmt: skip


def check(data: bytes) -> None:
    """A quotation means what the whole meant."""
    path, file, lines = split(data, 3)
    found = tdmrep.read(file, path.decode("latin-1"))
    if found is not None:
        entry = orjson.loads(found.text)
        again = tdmrep.read(orjson.dumps([entry]), path.decode("latin-1"))
        assert again is not None
        assert again.said == found.said
    headers = fields(lines)
    of_headers = tdmrep.read_headers(headers)
    if any(name.lower() == "tdm-reservation" and value == "1" for name, value in headers):
        assert of_headers is not None
        assert of_headers.said.train == "no"
