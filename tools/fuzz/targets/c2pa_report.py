"""Reports of content credentials: signals/standards/c2pa.py."""

from __future__ import annotations

from stagedoor.signals.meaning import USES
from stagedoor.signals.standards import c2pa

SEEDS = (
    b'{"active_manifest":"m","validation_state":"Valid","manifests":{"m":{"assertions":[{"label":'
    b'"cawg.training-mining","data":{"entries":{"cawg.ai_training":{"use":"notAllowed"}}}}]}}}',
    b'{"active_manifest":"m","manifests":{"m":{"assertions":[{"label":"c2pa.training-mining.v2",'
    b'"data":{"entries":{"c2pa.data_mining":{"use":"allowed"}}}}]}}}', b"[]", b'{"manifests":1}',
)  # fmt: skip


def check(data: bytes) -> None:
    """Only what fits the file counts."""
    found = c2pa.read(data)
    if found is not None and b"Valid" not in data and b"Trusted" not in data and b"\\" not in data:
        assert all(found.said.about(use) is None for use in USES)
