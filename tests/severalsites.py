"""Rules of several sites for tests: a small shared set, one site in the stance, one in a folder."""

from __future__ import annotations

from pathlib import Path

SHARED = """\
artist: {name: The Label, contact: "mailto:label@example.org"}
sites:
  berta:
    artist: {name: Berta}
    ai: {train: yes}
    publish: {address: https://berta.example}
    site: {upstream: "http://127.0.0.1:8002", hosts: [www.berta.example]}
"""
ANNA = """\
artist: {name: Anna}
publish: {address: https://anna.example}
site: {upstream: "https://127.0.0.1:8001"}
"""


def write(
    folder: Path, shared: str = SHARED, anna: str | None = ANNA, more: dict[str, str] | None = None
) -> Path:
    """Write them into `folder`; `more` are further files of anna's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stance.yaml").write_text(shared, "utf-8")
    own = folder / "sites" / "anna"
    files = {**({"stance.yaml": anna} if anna is not None else {}), **(more or {})}
    for name, text in files.items():
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(text, "utf-8")
    return folder
