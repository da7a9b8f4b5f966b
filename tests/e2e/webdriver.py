"""Chromium, by the few WebDriver calls that playing music needs.

Plain HTTP to chromedriver: the protocol is a W3C standard, and a library would be one dependency
more for five calls.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import requests

from .clients import CHROMIUM
from .programs import Program, free_port, program

_ARGUMENTS = [
    "--headless",
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers have little of it
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--no-proxy-server",
    "--autoplay-policy=no-user-gesture-required",
    f"--user-agent={CHROMIUM}",  # a person's: it would say HeadlessChrome
]


class Browser:
    """One Chromium with a profile of its own."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self._driver = Program(program("chromedriver"), f"--port={port}", log=folder / "driver.log")
        self._url = f"http://127.0.0.1:{port}"
        self._session = ""
        self._options = {
            "binary": program("chromium"),
            "args": [*_ARGUMENTS, f"--user-data-dir={folder / 'profile'}"],
        }
        self._driver.listens(port)

    def __enter__(self) -> Self:
        wanted = {"alwaysMatch": {"goog:chromeOptions": self._options}}
        try:
            self._session = self._call("/session", capabilities=wanted)["sessionId"]
        except BaseException:
            self._driver.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            requests.delete(f"{self._url}/session/{self._session}", timeout=20)
        finally:
            self._driver.stop()

    def open(self, url: str) -> None:
        """Go to a page, and wait until it has loaded."""
        self._call(f"/session/{self._session}/url", url=url)

    def run(self, script: str) -> Any:
        """The value that a function's body returns inside the page."""
        return self._call(f"/session/{self._session}/execute/sync", script=script, args=[])

    def _call(self, path: str, **body: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            value = session.post(f"{self._url}{path}", json=body, timeout=60).json()["value"]
        assert not (isinstance(value, dict) and "error" in value), value
        return value
