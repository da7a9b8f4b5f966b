"""Sites shaped like the platforms, served on this machine over TLS and HTTP/2 by a real Caddy.

All pages are our own. Each host has a certificate of the tests' own authority.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
import trustme
import zstandard

from termpairs import AI, PLAIN, date

from .programs import Program, free_port, program

SECRET = "s3cr3t-c00kie-7d1f"
PASSWORD = "hunter2-p4ssw0rd-91"
TOKEN = "t0ken-in-the-path-55"
MEDIA = "cf-media.sndcdn.com"
"""A host that the profile of SoundCloud names for recordings."""
SIGNED = "s1gned-4ddress-77"
SOUND = b"RIFF" + (36 + 16_000).to_bytes(4, "little") + b"WAVEfmt " + bytes(
    [16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0]
) + b"data" + (16_000).to_bytes(4, "little") + b"S0undsOf" * 2_000  # fmt: skip
"""One second."""
SHORT = "<!doctype html><html><head><meta charset=utf-8><title>t</title>"
HOSTS = (
    "soundcloud.com", "www.youtube.com", "x.com", "www.linkedin.com", "bandcamp.com",
    "www.mixcloud.com", "audius.co", "open.spotify.com", "www.spotify.com", "funk.example",
    "bank.example", MEDIA, "cdn.example",
)  # fmt: skip
SOUNDCLOUD_ROBOTS = "User-agent: *\nDisallow: /search\n\n" + "\n".join(
    f"User-agent: {name}\nDisallow: /\n"
    for name in ("anthropic-ai", "CCBot", "GPTBot", "Google-Extended", "omgili", "omgilibot")
)


def terms(*more: str, number: int = 0) -> list[str]:
    return [date("en", number), *PLAIN["en"], *more]


def paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def in_json(lines: list[str]) -> str:
    """A single-page application: an empty root, and the text as JSON for a script."""
    data = {"props": {"pageProps": {"content": paragraphs(lines)}}}
    return (
        f'{SHORT}</head><body><div id=app></div><script id="__NEXT_DATA__" type="application/json">'
        f"{json.dumps(data)}</script></body></html>"
    )


def track(head: str = "", body: str = "") -> str:
    """A page with audio: a layout that an element too many would shift."""
    return (
        f"{SHORT}{head}<style>body{{display:flex;gap:9px;margin:0}}body>*{{flex:1;height:80px}}"
        "body>:last-child{background:rgb(1,2,3)}</style></head><body><nav>Hello Anna "
        f"anna@example.org</nav><main><h1>Track</h1></main><div id=last>x</div>{body}</body></html>"
    )


PAGES: dict[str, tuple[str, str, str]] = {
    # place → page, coding, further header fields
    "soundcloud.com/artist/track": (track(), "br", ""),
    "soundcloud.com/artist/played": (
        track("", f"<audio autoplay src=https://{MEDIA}/one.wav?Policy={SIGNED}></audio>"
              f"<audio autoplay src=https://cdn.example/two.wav?sig={SIGNED}></audio>"), "br", "",
    ),
    f"soundcloud.com/artist/{TOKEN}": (
        track(
            f'<title>{SECRET}</title><meta name="tdm-policy" content="https://a.example/{SECRET}?{PASSWORD}">'
            '<meta name="robots" content="noai"><link rel="license" type="application/rsl+xml" '
            f'href="/licence?session={SECRET}"><script>window.me={{"token":"{SECRET}"}}</script>'
        ),
        "br", f'tdm-policy "https://anna:{PASSWORD}@a.example/{SECRET}"',
    ),
    "soundcloud.com/artist/not-kept": (track(), "gzip", "Cache-Control no-store"),
    "soundcloud.com/terms-of-use": (in_json(terms()), "gzip", ""),
    "soundcloud.com/settings/account": (track(), "", ""),
    "soundcloud.com/artist/strict": (track(), "", "Content-Security-Policy \"script-src 'nonce-x'; default-src 'self'\""),
    "www.youtube.com/watch": (track('<meta name="robots" content="noai">'), "zstd", ""),
    "x.com/settings/grok_settings": (
        f"{SHORT}</head><body><nav>@anna</nav><main><div><span>Allow your public data to be used"
        "</span></div><input type=checkbox></main></body></html>", "gzip", "",
    ),
    "x.com/artist/status/1": (track(), "gzip", "X-Robots-Tag noai"),
    "x.com/en/tos": (f"{SHORT}</head><body><div role=dialog>We value your privacy.</div></body></html>", "", ""),
    "www.linkedin.com/posts/one": (track(), "br", "tdm-reservation 1"),
    "bandcamp.com/track/one": (track('<meta name="tdm-reservation" content="1">'), "", ""),
    "bandcamp.com/terms_of_use": (f"{SHORT}</head><body><nav>Anna</nav><div id=pgBd>{paragraphs(terms(AI['en'][2][0]))}</div></body></html>", "br", ""),
    "www.mixcloud.com/dj/mix/": (track(), "zstd", "Content-Usage train-ai=n"),
    "audius.co/artist/track": (track(), "gzip", "Content-Usage train-ai=y"),
    "open.spotify.com/track/abc": (track(), "", ""),
    "funk.example/library/tracks/1": (track(), "br", ""),
    "funk.example/login": (track(body="<form><input type=password></form>"), "", ""),
    "bank.example/": (track(), "br", 'Set-Cookie "sid=1; Secure"'),
}  # fmt: skip
SAYS = {
    "soundcloud.com/artist/track": "nothing said",
    "www.youtube.com/watch": "no",
    "x.com/artist/status/1": "no",
    "www.linkedin.com/posts/one": "no",
    "bandcamp.com/track/one": "no",
    "www.mixcloud.com/dj/mix/": "no",
    "audius.co/artist/track": "yes",
    "open.spotify.com/track/abc": "nothing said",
    "funk.example/library/tracks/1": "nothing said",
}
"""What the badge must say about training on each page with audio."""


@dataclass(frozen=True)
class Lookalikes:
    """The running sites."""

    port: int
    folder: Path
    authority: Path
    log: Path

    def asked(self, place: str) -> list[dict[str, Any]]:
        """Every request for a place, as the server has noted it, with its status."""
        found = []
        for line in self.log.read_text("utf-8").splitlines():
            one = json.loads(line) if line.startswith("{") else {}
            request = one.get("request")
            if request and f"{request['host'].partition(':')[0]}{request['uri']}" == place:
                found.append({"status": one["status"], **request})
        return found

    def write(self, place: str, page: str, coding: str = "") -> None:
        """Put a page at a place, ready in its coding."""
        path = self.folder / "sites" / place
        path = path / "index.html" if place.endswith("/") else path
        path.parent.mkdir(parents=True, exist_ok=True)
        data = page.encode()
        packed = {
            "": data,
            "gzip": gzip.compress(data),
            "br": brotli.compress(data),
            "zstd": zstandard.ZstdCompressor().compress(data),
        }[coding]
        path.write_bytes(packed)


_OF_SOUND = {
    MEDIA: "header X-Robots-Tag noai\n",
    "cdn.example": "header Content-Usage train-ai=y\n",
}


def _caddyfile(port: int, folder: Path, keys: dict[str, tuple[Path, Path]]) -> str:
    sites = []
    for host in HOSTS:
        rules: list[str] = []
        for place, (_, coding, field) in PAGES.items():
            name, _, path = place.partition("/")
            if name == host:
                lines = [f"header {field}"] if field else []
                lines += [f"header Content-Encoding {coding}"] if coding else []
                rules.append(
                    f'@p{len(rules)} path /{path}\nheader @p{len(rules)} Content-Type "text/html; charset=utf-8"\n'
                )
                rules[-1] += "".join(
                    f"header @p{len(rules) - 1} {line.removeprefix('header ')}\n" for line in lines
                )
        cert, key = keys[host]
        sites.append(
            f"https://{host}:{port} {{\nbind 127.0.0.1\ntls {cert} {key}\nlog\nroot * {folder}/sites/{host}\nheader /robots.txt Content-Type text/plain\n"
            + _OF_SOUND.get(host, "")
            + "".join(rules) + "file_server\n}\n"
        )  # fmt: skip
    return "{\nadmin off\nauto_https off\n}\n" + "".join(sites)


@contextmanager
def serving(folder: Path) -> Iterator[Lookalikes]:
    """The sites for as long as the block lasts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    keys = {}
    for host in HOSTS:
        made = authority.issue_cert(host)
        cert, key = folder / f"{host}.pem", folder / f"{host}.key"
        chain = (*made.cert_chain_pems, authority.cert_pem)
        cert.write_bytes(b"".join(blob.bytes() for blob in chain))
        made.private_key_pem.write_to_path(key)
        keys[host] = cert, key
    port = free_port()
    sites = Lookalikes(port, folder, folder / "authority.pem", folder / "caddy.log")
    for place, (page, coding, _) in PAGES.items():
        sites.write(place, page, coding)
    sites.write("soundcloud.com/robots.txt", SOUNDCLOUD_ROBOTS)
    for place in (f"{MEDIA}/one.wav", "cdn.example/two.wav"):
        path = folder / "sites" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(SOUND)
    (folder / "Caddyfile").write_text(_caddyfile(port, folder, keys))
    command = [program("caddy"), "run", "--adapter", "caddyfile"]
    with Program(*command, "--config", str(folder / "Caddyfile"), log=folder / "caddy.log") as one:
        one.listens(port)
        yield sites
