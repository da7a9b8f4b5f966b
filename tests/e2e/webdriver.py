"""Chromium, by the few WebDriver calls that playing music needs.

Plain HTTP to chromedriver: the protocol is a W3C standard, and a library would be one dependency
more for five calls.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import requests

from .clients import CHROMIUM
from .programs import PATIENCE, Program, free_port, program

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
    """One Chromium with a profile of its own.

    `proxy` is what it uses, `trusts` are hashes of keys whose certificates it believes. With
    `everywhere` every name leads to that port of this machine.
    """

    def __init__(
        self, folder: Path, *, proxy: str = "", trusts: Sequence[str] = (), everywhere: int = 0
    ) -> None:
        arguments = list(_ARGUMENTS)
        if proxy:
            arguments[arguments.index("--no-proxy-server")] = f"--proxy-server={proxy}"
        if everywhere:
            arguments.append(f"--host-resolver-rules=MAP * 127.0.0.1:{everywhere}")
        if trusts:
            arguments.append(f"--ignore-certificate-errors-spki-list={','.join(trusts)}")
        port = free_port()
        self._driver = Program(program("chromedriver"), f"--port={port}", log=folder / "driver.log")
        self._url = f"http://127.0.0.1:{port}"
        self._session = ""
        self._options = {
            "binary": program("chromium"),
            "args": [*arguments, f"--user-data-dir={folder / 'profile'}"],
        }
        self._driver.listens(port)

    def __enter__(self) -> Self:
        logged = {"browser": "ALL"}
        wanted = {"alwaysMatch": {"goog:chromeOptions": self._options, "goog:loggingPrefs": logged}}
        try:
            self._session = self._call("/session", capabilities=wanted)["sessionId"]
        except BaseException:
            self._driver.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            requests.delete(f"{self._url}/session/{self._session}", timeout=PATIENCE)
        finally:
            self._driver.stop()

    def open(self, url: str) -> None:
        """Go to a page, and wait until it has loaded."""
        self._call(f"/session/{self._session}/url", url=url)

    def run(self, script: str) -> Any:
        """The value that a function's body returns inside the page."""
        return self._call(f"/session/{self._session}/execute/sync", script=script, args=[])

    def console(self) -> list[str]:
        """What stands in the console since the last time."""
        lines = self._call(f"/session/{self._session}/se/log", type="browser")
        return [f"{line['level']} {line['message']}" for line in lines]

    def devtools(self, command: str, **parameters: Any) -> Any:
        """Chromium's own protocol, for what WebDriver has no words for."""
        path = f"/session/{self._session}/goog/cdp/execute"
        return self._call(path, cmd=command, params=parameters)

    def looks(self, width: int, *, dark: bool = False, phone: bool = False) -> None:
        """The size of the window, and what the person prefers."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=800, deviceScaleFactor=1, mobile=phone,
        )  # fmt: skip
        wanted = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[wanted])

    def press(self, key: str, code: int) -> None:
        """Press and let go of a key."""
        for kind in ("rawKeyDown", "char", "keyUp") if key == "Enter" else ("rawKeyDown", "keyUp"):
            text = {"text": "\r"} if kind == "char" else {}
            self.devtools(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key,
                windowsVirtualKeyCode=code, **text,
            )  # fmt: skip

    def screenshot(self, path: Path, most: int = 2400) -> None:
        """The page as PNG, from its top; at most so many pixels high."""
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        clip = {
            "x": 0, "y": 0, "width": size["width"], "height": min(size["height"], most), "scale": 1,
        }  # fmt: skip
        taken = self.devtools("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(taken["data"]))

    def _call(self, path: str, **body: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            value = session.post(f"{self._url}{path}", json=body, timeout=PATIENCE).json()["value"]
        assert not (isinstance(value, dict) and "error" in value), value
        return value
