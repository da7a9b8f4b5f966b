"""Loading a page in a real Chromium, by the few DevTools calls that this takes."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Self
from urllib.request import ProxyHandler, build_opener

from websockets.sync.client import connect

from .processes import BenchError

_PATIENCE = 60.0
_ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--remote-debugging-port=0",
)  # fmt: skip


def chromium() -> str | None:
    """The program, where it is."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Chromium:
    """One Chromium behind a proxy on this machine; `trusts` is the hash of the proxy's key."""

    def __init__(self, program: str, folder: Path, proxy: int, trusts: str) -> None:
        folder.mkdir()
        self._process = subprocess.Popen(
            [
                program, *_ARGUMENTS, f"--user-data-dir={folder}",
                f"--proxy-server=http://127.0.0.1:{proxy}",
                f"--ignore-certificate-errors-spki-list={trusts}", "about:blank",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._count = 0
        try:
            self._socket = connect(self._page(folder), proxy=None, max_size=None)
            for method in ("Page.enable", "Network.enable"):
                self._call(method)
        except BaseException:
            self._process.terminate()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(timeout=20)

    def load(self, url: str) -> tuple[float, int]:
        """Seconds until everything of a page has loaded, with nothing in the cache; and how many
        files that were.
        """
        self._call("Network.clearBrowserCache")
        self._call("Page.navigate", url="about:blank")
        self._await("Page.loadEventFired")
        self._call("Page.navigate", url=url)
        self._await("Page.loadEventFired")
        found = self._call("Runtime.evaluate", expression=_MEASURED, awaitPromise=True)
        seconds, count = json.loads(found["result"]["value"])
        return seconds, count

    def _page(self, folder: Path) -> str:
        """The address at which its one page is driven."""
        end = time.monotonic() + _PATIENCE
        told = folder / "DevToolsActivePort"
        direct = build_opener(ProxyHandler({}))
        while time.monotonic() < end and self._process.poll() is None:
            if told.exists() and told.read_text("ascii").strip():
                port = told.read_text("ascii").split()[0]
                with direct.open(f"http://127.0.0.1:{port}/json/list", timeout=20) as answer:
                    pages = [one for one in json.load(answer) if one["type"] == "page"]
                if pages:
                    return str(pages[0]["webSocketDebuggerUrl"])
            time.sleep(0.1)
        raise BenchError("Chromium did not start")

    def _call(self, method: str, **parameters: Any) -> Any:
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
        while True:
            said = json.loads(self._socket.recv(_PATIENCE))
            if said.get("id") == self._count:
                if "error" in said:
                    raise BenchError(f"Chromium refuses {method}: {said['error']}")
                return said["result"]

    def _await(self, event: str) -> None:
        while json.loads(self._socket.recv(_PATIENCE)).get("method") != event:
            pass


_MEASURED = """new Promise(done => setTimeout(() => {
  const page = performance.getEntriesByType("navigation")[0];
  done(JSON.stringify([page.loadEventStart / 1000, performance.getEntriesByType("resource").length]));
}, 20))"""
