"""The keys of what is remembered: the same in every process, and their bounds in one place.

| what                   | key                                          | bound                          |
|------------------------|----------------------------------------------|--------------------------------|
| counters of a client   | model.client_keys.client_key()                           | `clients`, least recently seen |
| recordings of a client | recording_key(path), 8 bytes, one hour       | 500 a client, 4 × clients      |
| rates of a client      | rule id                                      | with the client                |
| sound of a client      | model.client_keys.client_key(), one hour of the clock    | 10,000                         |
| what a crawler received| engine.compliance.crawler_key()              | `clients`, least recently seen |
| texts of robots.txt    | SHA-256 of the text                          | 64                             |
| lengths of recordings  | recording_key(track_key())                   | 4,096                          |
| what is under way      | network_key(), of responses that run         | 20,000 responses               |
| time on air            | model.client_keys.client_key(), 10 min. more | 20,000 households              |
| what listings name     | resources.track_keys.track_key(), of a site  | 20,000, least recently seen    |
| proofs that were seen  | once("proof", name, address, proof)          | 512, least recently seen       |
| nonces and signatures  | once("nonce", signer, key, nonce), 16 bytes  | 20,000, for as long as valid   |
"""

from __future__ import annotations

from hashlib import blake2b


def once_key(kind: str, *parts: str | bytes) -> bytes:
    """The key of something that counts once, 16 bytes; no two lists of parts share one."""
    digest = blake2b(kind.encode(), digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        digest.update(b"\0%d:" % len(data))
        digest.update(data)
    return digest.digest()
