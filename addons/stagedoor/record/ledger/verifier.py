"""Checks this folder, which was extracted from a site's ledger: python3 verify.py [FOLDER]

Needs Python 3.9 or newer and nothing else. It trusts nothing in the folder, and computes:

  1. SHA256SUMS: every file is there, none was added, none was changed.
  2. chain.txt: one line "start NUMBER HASH" (the number of the first entry, the hash of the one
     before it), the SHA-256 of every entry's canonical JSON, one a line, and "end NUMBER HASH".
     The hash of an entry is
         SHA-256("stagedoor ledger 1" 0x00, number as 8 bytes big-endian, hash before, SHA-256)
     so from the first line to the last everything follows; nothing between can be changed, taken
     away or added without changing the hash at the end.
  3. entries.jsonl: each entry shown in full is the one the chain was made of. The others are of
     other clients, or made room in the ledger, as an entry of the kind "thinning" then says; only
     their SHA-256 is here. Canonical JSON: keys sorted, no blanks, UTF-8.
  4. Personal parts: an entry holds SHA-256(salt, part) of each. What was erased since is missing
     here, and an entry of the ledger says that it was erased.
  5. texts/: every text that was published in that time, named by its SHA-256.
  6. chain.tsr, where there is one, is a time stamp (RFC 3161) of chain.txt. That it names chain.txt
     is checked here; its signature by:
         openssl ts -verify -data chain.txt -in chain.tsr -CAfile CERTIFICATES.pem

Exit status: 0 where all is right, 1 where something is not, and it says what.
"""

from __future__ import annotations

import hashlib
import json
import sys
from bisect import bisect_right
from pathlib import Path
from typing import Any

DOMAIN = b"stagedoor ledger 1\0"
VISITS = ("notice", "taking", "refusal", "proof", "summary")


class Broken(Exception):  # noqa: N818 (what was asked for)
    """Something is not right; the message says what."""


def main(arguments: list[str]) -> int:
    """Check the folder; print what was found."""
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    try:
        for line in verify(folder):
            print(line)  # noqa: T201 (it speaks by printing)
    except Broken as broken:
        print(f"NOT RIGHT: {broken}", file=sys.stderr)  # noqa: T201
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        kind = type(error).__name__
        print(f"NOT RIGHT: it cannot be read: {kind}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def verify(folder: Path) -> list[str]:
    """What was found, line by line. Raises Broken, or what Python raises for unreadable files."""
    files = check_sums(folder)
    first, digests, hashes, kept = check_chain(folder / "chain.txt")
    bodies, erased = check_entries(folder / "entries.jsonl", first, digests, hashes, kept)
    texts = check_texts(folder, bodies)
    last = first + len(digests) - 1
    found = [
        f"OK: {files} files, as their checksums say.",
        f"The chain is whole: entries {first} to {last}, {len(bodies)} of them in full.",
        f"It starts after {hashes[0].hex()}",
        f"and ends with   {hashes[-1].hex()}",
        f"{texts} published texts, {erased} personal parts erased"
        + ("." if kept else "; those of this export are left out."),
    ]
    stamp = folder / "chain.tsr"
    if stamp.exists():
        imprint = hashlib.sha256((folder / "chain.txt").read_bytes()).digest()
        if b"\x04\x20" + imprint not in stamp.read_bytes():
            raise Broken("chain.tsr is a time stamp of something else than chain.txt")
        found.append("chain.tsr names chain.txt; to check its signature:")
        found.append("  openssl ts -verify -data chain.txt -in chain.tsr -CAfile CERTIFICATES.pem")
    return found


def check_sums(folder: Path) -> int:
    """Every file but SHA256SUMS itself is in it, byte for byte as it should be written."""
    said = (folder / "SHA256SUMS").read_bytes()
    lines = []
    for path in sorted(folder.rglob("*"), key=lambda one: one.relative_to(folder).as_posix()):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise Broken(f"{name} is a link")
        if path.is_dir() or name == "SHA256SUMS":
            continue
        of = hashlib.sha256()
        with path.open("rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                of.update(piece)
        lines.append(f"{of.hexdigest()}  {name}\n".encode())
    if b"".join(lines) != said:
        wrong = sorted(set(lines) ^ set(said.splitlines(keepends=True)))
        names = sorted({line[66:].decode("utf-8", "replace").strip() for line in wrong})
        raise Broken(f"SHA256SUMS does not fit: {', '.join(names) or 'its order'}")
    return len(lines)


def check_chain(path: Path) -> tuple[int, list[bytes], list[bytes], bool]:
    """First number, digests, hashes (one more: the one before the first), and if parts are kept."""
    raw = path.read_bytes()
    lines = raw.decode("ascii").split("\n")
    kept = lines[1] == "personal kept"
    _, number, before = lines[2].split(" ")
    first, digests = int(number), [bytes.fromhex(line) for line in lines[3:-2]]
    hashes = [bytes.fromhex(before)]
    for seq, digest in enumerate(digests, first):
        start = DOMAIN + seq.to_bytes(8, "big") + hashes[-1]
        hashes.append(hashlib.sha256(start + digest).digest())
    last = f"end {first + len(digests) - 1} {hashes[-1].hex()}"
    if lines[-2] != last:
        raise Broken("chain.txt does not end where its entries lead")
    head = ["stagedoor ledger 1", "personal kept" if kept else "personal left-out"]
    head.append(f"start {first} {hashes[0].hex()}")
    if "\n".join([*head, *(digest.hex() for digest in digests), last, ""]).encode() != raw:
        raise Broken("chain.txt is not written as it should be")
    return first, digests, hashes, kept


def check_entries(
    path: Path,
    first: int,
    digests: list[bytes],
    hashes: list[bytes],
    kept: bool,  # noqa: FBT001
) -> tuple[list[dict[str, Any]], int]:
    """The bodies of the entries in full, and how many personal parts were erased."""
    bodies: list[dict[str, Any]] = []
    missing: list[tuple[int, str]] = []
    newest = 0
    with path.open("rb") as file:
        for line in file:
            shown = json.loads(line)
            seq, body = shown["seq"], shown["entry"]
            place = seq - first
            if seq <= newest or not 0 <= place < len(digests):
                raise Broken(f"entry {seq} is not one of this chain, or stands in the wrong place")
            newest = seq
            if hashlib.sha256(canonical(body)).digest() != digests[place]:
                raise Broken(f"entry {seq} is not the one the chain was made of")
            if shown["hash"] != hashes[place + 1].hex():
                raise Broken(f"entry {seq} shows another hash than its own")
            missing += check_personal(seq, body, shown.get("personal", {}))
            bodies.append(body)
    erased = Erased(bodies)
    for seq, part in missing if kept else []:
        if not erased.has(seq, part):
            raise Broken(f"entry {seq}: {part} is missing, and no erasure accounts for it")
    return bodies, len(missing) if kept else 0


def check_personal(seq: int, body: dict[str, Any], shown: dict[str, Any]) -> list[tuple[int, str]]:
    """The parts are what the entry was committed to; returns those that are missing."""
    promised = dict(body.get("personal", {}))
    for part, one in shown.items():
        salt = bytes.fromhex(one["salt"])
        made = hashlib.sha256(salt + canonical(one["content"])).hexdigest()
        if promised.pop(part, None) != made or len(salt) != 16:
            raise Broken(f"entry {seq}: {part} is not what the entry was committed to")
    return [(seq, part) for part in promised]


class Erased:
    """Which personal parts the ledger says were erased."""

    def __init__(self, bodies: list[dict[str, Any]]) -> None:
        self.ranges: dict[str, list[tuple[int, int]]] = {}
        for body in bodies:
            if body["kind"] == "erasure":
                for part in body["parts"]:
                    self.ranges.setdefault(part, []).extend((a, b) for a, b in body["ranges"])
        for part, ranges in self.ranges.items():
            merged: list[tuple[int, int]] = []
            for one in sorted(ranges):
                if merged and one[0] <= merged[-1][1]:
                    merged[-1] = (merged[-1][0], max(one[1], merged[-1][1]))
                else:
                    merged.append(one)
            self.ranges[part] = merged

    def has(self, seq: int, part: str) -> bool:
        """Whether an erasure accounts for it."""
        ranges = self.ranges.get(part, [])
        place = bisect_right(ranges, (seq, 1 << 62)) - 1
        return place >= 0 and ranges[place][1] >= seq


def check_texts(folder: Path, bodies: list[dict[str, Any]]) -> int:
    """The texts are those that were published, all of them and no other."""
    wanted = {body["text"] for body in bodies if body["kind"] == "publication" and body["text"]}
    if bodies and bodies[0]["kind"] == "seal":
        wanted.update(one["text"] for one in bodies[0]["in_force"])
    there = {path.name: path for path in folder.glob("texts/*")}
    if set(there) != {f"{of}.txt" for of in wanted}:
        raise Broken("texts/ does not hold the texts that were published")
    for name, path in there.items():
        if hashlib.sha256(path.read_bytes()).hexdigest() + ".txt" != name:
            raise Broken(f"texts/{name} is not the text that was published")
    return len(there)


def canonical(body: Any) -> bytes:
    """The bytes of an entry."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
