"""The clients whose TLS handshake `measure_ja4.py` looks at: how each is started, and its family.

A family is a TLS library as a program ships it. `None` marks an impersonator: its handshake is made
to look like a browser's, so it defines no family, and is measured to see how well it succeeds.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

GO = """package main
import ("crypto/tls"; "io"; "net/http"; "os")
func main() {
  http.DefaultTransport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
  request, _ := http.NewRequest("GET", os.Args[1], nil)
  if os.Getenv("AGENT") != "" { request.Header.Set("User-Agent", os.Getenv("AGENT")) }
  response, err := http.DefaultClient.Do(request)
  if err != nil { panic(err) }
  io.Copy(io.Discard, response.Body)
}
"""
JAVA = """import java.net.URI; import java.net.http.*; import java.security.cert.X509Certificate;
import javax.net.ssl.*;
class Fetch {
  public static void main(String[] a) throws Exception {
    TrustManager[] all = { new X509ExtendedTrustManager() {
      public void checkClientTrusted(X509Certificate[] c, String s) {}
      public void checkServerTrusted(X509Certificate[] c, String s) {}
      public void checkClientTrusted(X509Certificate[] c, String s, java.net.Socket k) {}
      public void checkServerTrusted(X509Certificate[] c, String s, java.net.Socket k) {}
      public void checkClientTrusted(X509Certificate[] c, String s, SSLEngine e) {}
      public void checkServerTrusted(X509Certificate[] c, String s, SSLEngine e) {}
      public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; } } };
    SSLContext t = SSLContext.getInstance("TLS");
    t.init(null, all, null);
    HttpRequest.Builder r = HttpRequest.newBuilder(URI.create(a[0]));
    String agent = System.getenv("AGENT");
    if (agent != null) r.header("User-Agent", agent);
    HttpClient.newBuilder().sslContext(t).build()
      .send(r.build(), HttpResponse.BodyHandlers.ofByteArray());
  }
}
"""
_AGENT = "import os, sys; u = sys.argv[1]; a = os.environ.get('AGENT'); h = {'User-Agent': a} if a else {}\n"
PYTHON = {
    "urllib": "import ssl, urllib.request as r; r.urlopen(r.Request(u, headers=h), "
    "context=ssl._create_unverified_context()).read()",
    "requests": "import requests, urllib3; urllib3.disable_warnings(); "
    "requests.get(u, headers=h, verify=False)",
    "httpx": "import httpx; httpx.get(u, headers=h, verify=False)",
    "aiohttp": """import aiohttp, asyncio
async def main():
    async with aiohttp.ClientSession() as s, s.get(u, headers=h, ssl=False) as r: await r.read()
asyncio.run(main())""",
    "curl_cffi": "from curl_cffi import requests as r; r.get(u, impersonate='{0}', verify=False)",
    "primp": "import primp; primp.Client(impersonate='{0}', verify=False).get(u)",
}
NODE = (
    "process.env.NODE_TLS_REJECT_UNAUTHORIZED = 0; const a = process.env.AGENT; "
    "const headers = a ? {'User-Agent': a} : {}; const u = process.argv[1]; "
)
LISTEN = """<!doctype html><title>Listen</title><audio src=music/house-lights.mp3 autoplay></audio>
<a id=save download href=music/load-out.mp3>save</a><img src=cover.svg><script>
fetch("music/ghost-light.m4a").then(r => r.arrayBuffer())
new Audio("music/set/index.m3u8").play().catch(() => 0)
setTimeout(() => document.getElementById("save").click(), 2000)
setTimeout(() => location = "music/ghost-light.mp3", 4000)
</script>"""
"""What a browser is shown: playing, playing HLS, fetching, saving, and at last opening a file."""


@dataclass(frozen=True, slots=True)
class Client:
    """One program. `command` holds `{url}` and `{work}` (a folder of its own); `stays` marks those
    that go on until they are stopped, `page` those that are shown a page instead of a file.

    `agent` are the words that dress it up as a browser (`{agent}`); ("",) where it reads AGENT from
    its environment, none where it cannot be dressed, or does so itself.
    """

    name: str
    family: str | None
    command: tuple[str, ...]
    version: tuple[str, ...]
    stays: bool = False
    page: bool = False
    unprivileged: bool = False
    agent: tuple[str, ...] = ()

    def shown_version(self) -> str:
        """The version as the program prints it: the first word of its answer with a digit."""
        words = (_answer(self.version) or "").replace("+dfsg", " ").split()
        return next((w.strip('v",') for w in words if any(c.isdigit() for c in w)), "")


def _answer(command: Sequence[str]) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    told = (done.stdout or done.stderr).replace("go version go", "")
    return told if done.returncode == 0 and told.strip() else None


def _python(name: str, family: str | None, package: str = "", dressed_as: str = "") -> Client:
    code = _AGENT + PYTHON[package or name].replace("{0}", dressed_as)
    told = (
        "import platform; print(platform.python_version())"
        if name == "urllib"
        else f"from importlib.metadata import version; print(version('{package or name}'))"
    )
    return Client(
        *(name, family),
        (sys.executable, "-c", code, "{url}"),
        (sys.executable, "-c", told),
        agent=("",) if family else (),
    )


def _module(module: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *words)


_CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-quic", "--no-first-run", "--mute-audio", "--no-proxy-server"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--ignore-certificate-errors", "--autoplay-policy=no-user-gesture-required"),
    *("--host-resolver-rules=MAP door.test 127.0.0.1", "--user-data-dir={work}/profile", "{url}"),
)
_FIREFOX = ("firefox-esr", "--headless", "--no-remote", "--profile", "{work}", "{url}")

CLIENTS: tuple[Client, ...] = (
    Client(
        "Chromium",
        "chromium",
        _CHROMIUM,
        ("chromium", "--version"),
        stays=True,
        page=True,
        agent=("--user-agent={agent}",),
    ),
    Client("Firefox", "firefox", _FIREFOX, ("firefox-esr", "--version"), stays=True, page=True),
    Client(
        *("curl", "openssl"),
        ("curl", "-qsk", "-o/dev/null", "{url}"),
        ("curl", "--version"),
        agent=("-A", "{agent}"),
    ),
    Client(
        *("wget", "gnutls"),
        ("wget", "-q", "--no-check-certificate", "-O/dev/null", "{url}"),
        ("wget", "--version"),
        agent=("-U", "{agent}"),
    ),
    _python("urllib", "python-ssl"),
    _python("requests", "python-ssl"),
    _python("httpx", "python-ssl"),
    _python("aiohttp", "python-ssl"),
    Client(
        *("yt-dlp", "python-ssl"),
        _module("yt_dlp", "-q", "--no-check-certificates", "-o", "{work}/a.mp3", "{url}"),
        _module("yt_dlp", "--version"),
    ),
    Client(
        *("scrapy", "twisted"),
        _module("scrapy", "fetch", "--nolog", "-s", "ROBOTSTXT_OBEY=False", "{url}"),
        _module("scrapy", "version"),
        agent=("-s", "USER_AGENT={agent}"),
    ),
    Client(
        *("Go", "go"),
        ("go", "run", "{work}/main.go", "{url}"),
        ("go", "version"),
        agent=("",),
    ),
    Client(
        *("Node fetch", "node"),
        ("node", "-e", NODE + "fetch(u, {headers}).then(r => r.arrayBuffer())", "{url}"),
        ("node", "--version"),
        agent=("",),
    ),
    Client(
        *("Node https", "node"),
        ("node", "-e", NODE + "require('https').get(u, {headers}, r => r.resume())", "{url}"),
        ("node", "--version"),
        agent=("",),
    ),
    Client(
        *("Java", "java"),
        ("java", "{work}/Fetch.java", "{url}"),
        ("java", "--version"),
        agent=("",),
    ),
    Client(
        *("ffmpeg", "gnutls"),
        ("ffmpeg", "-v", "error", "-i", "{url}", "-f", "null", "-"),
        ("ffmpeg", "-version"),
        agent=("-user_agent", "{agent}"),
    ),
    Client(
        *("mpv", "gnutls"),
        ("mpv", "--no-config", "--ao=null", "--vo=null", "--length=1", "{url}"),
        ("mpv", "--version"),
    ),
    Client(
        *("VLC", "gnutls"),
        ("cvlc", "--no-video", "--aout=dummy", "--play-and-exit", "--run-time=2", "{url}"),
        ("dpkg-query", "-Wf${Version}", "vlc-bin"),
        stays=True,
        unprivileged=True,
    ),
    _python("curl_cffi chrome", None, "curl_cffi", "chrome"),
    _python("curl_cffi firefox", None, "curl_cffi", "firefox"),
    # primp takes a random version of the browser each time, and its handshake with it.
    _python("primp chrome", None, "primp", "chrome"),
    _python("primp firefox", None, "primp", "firefox"),
)
"""In the order in which families are written."""
