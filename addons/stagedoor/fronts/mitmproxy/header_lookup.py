"""Header fields looked up and checked in less time, with the same results.

mitmproxy looks into the header fields of a request and its response more than twenty times, and
converts every name each time: a tenth of the time of a request. Here only names of the same length
are compared. Names that were found valid once are not matched against the grammar again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mitmproxy import http
from mitmproxy.net.http import validate
from mitmproxy.proxy.layers import http as layers

from stagedoor.fronts.mitmproxy.replacing import Replacement, original

MOST_NAMES = 512
"""Names that are known to be valid; beyond that all are forgotten, and learned again."""
MOST_BYTES = 64
"""Of such a name. No name in use is longer."""

_LENGTH, _ENCODING = b"content-length", b"transfer-encoding"


def replacements() -> tuple[Replacement, ...]:
    """What takes the place of mitmproxy's way through header fields."""
    return (
        Replacement(http.Headers, "__init__", _making()),
        Replacement(http.Headers, "__getitem__", _item()),
        Replacement(http.Headers, "__contains__", _containing()),
        Replacement(http.Headers, "get", _getting()),
        Replacement(http.Headers, "get_all", _getting_all()),
        Replacement(layers, "validate_headers", _validating()),
    )


def _values(headers: http.Headers, name: str | bytes) -> list[bytes]:
    if isinstance(name, str):
        wanted = name.encode("utf-8", "surrogateescape").lower()
    elif isinstance(name, bytes):
        wanted = name.lower()
    else:
        raise TypeError(f"Expected str or bytes, but got {type(name).__name__}.")
    size = len(wanted)
    return [
        field[1] for field in headers.fields if len(field[0]) == size and field[0].lower() == wanted
    ]


def _text(values: list[bytes]) -> str:
    return b", ".join(values).decode("utf-8", "surrogateescape")


def _making() -> Any:
    def __init__(  # noqa: N807 (mitmproxy's name)
        self: Any, fields: Iterable[tuple[bytes, bytes]] = (), **headers: Any
    ) -> None:
        if headers:
            original(__init__)(self, fields, **headers)
            return
        self.fields = made = tuple(map(tuple, fields))
        for name, value in made:
            if not isinstance(name, bytes) or not isinstance(value, bytes):
                raise TypeError("Header fields must be bytes.")

    return __init__


def _item() -> Any:
    def __getitem__(self: Any, key: str | bytes) -> str:  # noqa: N807 (mitmproxy's name)
        values = _values(self, key)
        if not values:
            raise KeyError(key)
        return _text(values)

    return __getitem__


def _containing() -> Any:
    def __contains__(self: Any, key: str | bytes) -> bool:  # noqa: N807 (mitmproxy's name)
        return bool(_values(self, key))

    return __contains__


def _getting() -> Any:
    def get(self: Any, key: str | bytes, default: Any = None) -> Any:
        values = _values(self, key)
        return _text(values) if values else default

    return get


def _getting_all() -> Any:
    def get_all(self: Any, name: str | bytes) -> list[str]:
        return [value.decode("utf-8", "surrogateescape") for value in _values(self, name)]

    return get_all


def _validating() -> Any:
    known: set[bytes] = set()

    def learned(name: bytes) -> bool:
        if not validate._valid_header_name.match(name):  # noqa: SLF001 (its grammar is the one)
            return False
        if len(name) <= MOST_BYTES:
            if len(known) >= MOST_NAMES:
                known.clear()
            known.add(name)
        return True

    def validate_headers(message: http.Message) -> None:
        length: bytes | None = None
        for name, value in message.headers.fields:
            if name not in known and not learned(name):
                break
            size = len(name)
            if size == len(_LENGTH) and name.lower() == _LENGTH:
                if length is not None:
                    break
                length = value
            elif size == len(_ENCODING) and name.lower() == _ENCODING:
                break
        else:
            if length is not None:
                validate.parse_content_length(length)
            return
        original(validate_headers)(message)

    return validate_headers
