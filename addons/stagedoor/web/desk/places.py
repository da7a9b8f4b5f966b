"""Where the desk's pages are: at the top, or one desk for each of several sites, below `/sites/NAME`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_base: ContextVar[str] = ContextVar("base", default="")


def place(path: str) -> str:
    """The address of a page of the desk that is shown: `/rules`, or `/sites/anna/rules`."""
    return _base.get() + path


def base() -> str:
    """What stands before all addresses of the desk that is shown; empty at the top."""
    return _base.get()


def enter(base_: str) -> None:
    """Everything that this task draws from now on is of this desk."""
    _base.set(base_)


@contextmanager
def inside(base_: str) -> Iterator[None]:
    """Draw for the desk there."""
    token = _base.set(base_)
    try:
        yield
    finally:
        _base.reset(token)


def base_of(site: str) -> str:
    """Where the desk of a site is."""
    return f"/sites/{site}"
