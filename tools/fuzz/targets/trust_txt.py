"""trust.txt: signals/standards/trust_txt.py."""

from __future__ import annotations

from stagedoor.signals.standards import trust_txt

SEEDS = (b"datatrainingallowed=no", b"member=x\r DataTrainingAllowed = YES # y\n", b"\xef\xbb\xbfx")


def check(data: bytes) -> None:
    """A no behind it counts, whatever stood before."""
    trust_txt.read(data)
    found = trust_txt.read(data + b"\n" + trust_txt.write("no").encode())
    assert found is not None
    assert found.said.train == "no"
