"""Builds a release into dist/: `./run release`.

dist/*.whl, *.tar.gz       what pip installs
dist/NOTES.md              the version's part of CHANGELOG.md
dist/sbom.cdx.json         every dependency of the lock file (CycloneDX 1.5)
dist/LICENCES.md           their licences, as their own metadata say
dist/SHA256SUMS            of all of these

The wheel is installed into an environment of its own and has to check its rules there, with the
source tree out of sight. Exit status 1, and a line that says why, where anything fails; what was
built is then removed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"


def uv() -> str:
    """uv: the private copy that ./run made, or the system's."""
    private = ROOT / ".venv-tools" / "bin" / "uv"
    found = str(private) if private.exists() else shutil.which("uv")
    if not found:
        raise SystemExit("uv is not here — start this with ./run release, which fetches it")
    return found


def run(*command: str, cwd: Path = ROOT) -> str:
    """Standard output of a command; SystemExit with its errors where it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr or done.stdout}")
    return done.stdout


def project_version() -> str:
    """The version in pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def notes(changelog: str, version: str) -> str:
    """The part of CHANGELOG.md about `version`. ValueError where there is none, or it is empty."""
    for part in changelog.split("\n## ")[1:]:
        heading, _, body = part.partition("\n")
        if heading.startswith(f"[{version}]"):
            if not body.strip():
                raise ValueError(f"CHANGELOG.md says nothing about {version}")
            return body.strip() + "\n"
    raise ValueError(f'CHANGELOG.md has no heading "## [{version}] - YYYY-MM-DD"')


def licence(distribution: Distribution) -> str:
    """The licence that a package's own metadata name; "not said" where they name none."""
    metadata = distribution.metadata
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    classified = [
        value.rpartition(" :: ")[2]
        for value in metadata.get_all("Classifier", [])
        if value.startswith("License :: ") and not value.endswith(":: OSI Approved")
    ]
    said = (metadata.get("License") or "").strip().partition("\n")[0]
    return ", ".join(classified) or said or "not said"


def licences(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Name, version and licence of what is installed in `folder`, but for the program itself."""
    found = {d.metadata["Name"]: d for d in distributions(path=[str(folder)])}
    for name in sorted(found, key=str.lower):
        if name != "stagedoor":
            yield name, found[name].version, licence(found[name])


def checked(wheel: Path) -> str:
    """Installs the wheel, lets it check its rules, and returns the table of licences."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary) / "v"
        run(uv(), "venv", "--quiet", "--python", sys.executable, str(place))
        python = place / "bin" / "python"
        run(uv(), "pip", "install", "--quiet", "--python", str(python), str(wheel))
        run(str(place / "bin" / "stagedoor"), "check", cwd=Path(temporary))
        (packages,) = place.glob("lib/python*/site-packages")
        rows = "".join(f"| {' | '.join(row)} |\n" for row in licences(packages))
    return f"# Licences of what is installed with Stagedoor\n\n| Package | Version | Licence |\n|---|---|---|\n{rows}"


def build() -> None:
    """Everything above, into dist/."""
    version = project_version()
    try:
        text = notes((ROOT / "CHANGELOG.md").read_text("utf-8"), version)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    shutil.rmtree(DIST, ignore_errors=True)
    try:
        run(uv(), "build", "--quiet", "--python", sys.executable, "--out-dir", str(DIST), str(ROOT))
        (wheel,) = DIST.glob("*.whl")
        (DIST / "LICENCES.md").write_text(checked(wheel), "utf-8")
        (DIST / "NOTES.md").write_text(text, "utf-8")
        sbom = run(
            uv(), "export", "--quiet", "--frozen", "--no-dev", "--format", "cyclonedx1.5",
            "--python", sys.executable,
        )  # fmt: skip
        (DIST / "sbom.cdx.json").write_text(sbom, "utf-8")
    except BaseException:
        shutil.rmtree(DIST, ignore_errors=True)
        raise
    (DIST / ".gitignore").unlink(missing_ok=True)
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(DIST.iterdir())
    ]
    (DIST / "SHA256SUMS").write_text("".join(sums), "utf-8")
    print(f"Stagedoor {version} is in {DIST}:")
    print("".join(f"  {path.name}\n" for path in sorted(DIST.iterdir())), end="")


if __name__ == "__main__":
    build()
