"""Classes of resources: what a path, the stance or a response's type says is asked for.

The tables are the one home of what counts as audio, as a page and so on.
"""

from __future__ import annotations

from collections.abc import Sequence

from stagedoor.model.facts import GUARDED_KINDS, Kind, Resource
from stagedoor.model.globs import Globs
from stagedoor.resources.paths import extensions
from stagedoor.signals import registry

_BY_EXTENSION: dict[Kind, str] = {
    "audio": "mp3 mp2 mpga flac ogg oga opus spx wav wave bwf w64 rf64 aif aiff aifc m4a m4b m4p m4r "
    "aac adts ac3 eac3 dts wma alac ape wv tta tak mka weba mpc shn dsf dff caf au snd amr 3ga ra "
    "mid midi mod xm it s3m "
    # Media segments of HLS and DASH, and films of concerts: the sound is in them.
    "ts m4s m4v mp4 webm mkv mov avi ogv cmfa cmfv",
    "playlist": "m3u m3u8 pls xspf asx wpl mpd f4m",
    "feed": "rss atom rdf",
    "download": "zip rar 7z tar tgz gz bz2 xz zst torrent iso",
    "page": "html htm xhtml php asp aspx jsp cgi md",
    "image": "jpg jpeg png gif webp avif svg ico bmp tif tiff heic",
    "asset": "css js mjs map woff woff2 ttf otf eot json webmanifest wasm txt vtt srt lrc",
}
_KIND: dict[str, Kind] = {
    extension: kind for kind, words in _BY_EXTENSION.items() for extension in words.split()
}

_SIGNALS: frozenset[str] = frozenset(
    {
        "/robots.txt",
        "/llms.txt",
        "/humans.txt",
        "/security.txt",
    }
)
"""Files that speak to machines, besides those of the standards. Refusing one would be refusing to
say no."""
_SIGNAL_FOLDER = "/.well-known/"

_FEED_NAMES = frozenset(
    ["feed", "rss", "podcast", "feed.json"]
    + [f"{name}.xml" for name in ("feed", "rss", "podcast", "atom", "index")]
)

_SUBSONIC = {"stream": "audio", "download": "audio", "hls": "playlist", "getcoverart": "image"}
"""Methods of the Subsonic API (/rest/…) that hand out media; the rest is `api`."""


def classify(path: str, audio_paths: Globs | None = None) -> Resource:
    """What a normalised `path` names, before any response is seen.

    `audio_paths` are the stance's: whatever lies there is audio, unless its name says that it is a
    page (it ends in `/` or `.html`), an image, or some other part of the site's furniture.
    """
    kind = _kind(path)
    # Audio is audio wherever it lies: some origins read `/.well-known/..;/a.mp3` as `/a.mp3`.
    if _is_signal(path) or (path.startswith(_SIGNAL_FOLDER) and kind not in GUARDED_KINDS):
        return Resource("signal", path)
    undecided = kind in {"other", "download", "api"} or (kind == "page" and _is_bare(path))
    if audio_paths and undecided and audio_paths.match(path):
        return Resource("audio", path, "stance")
    return Resource(kind, path)


def _is_signal(path: str) -> bool:
    return path in _SIGNALS or path in registry.current().paths


def _is_bare(path: str) -> bool:
    return not path.endswith("/") and not extensions(path)


def _kind(path: str) -> Kind:
    if path.startswith("/rest/"):
        method = path[6:].partition("/")[0].removesuffix(".view").removesuffix(".m3u8").lower()
        return _SUBSONIC.get(method, "api")  # type: ignore[return-value]
    if path.rstrip("/").rpartition("/")[2] in _FEED_NAMES:
        return "feed"
    found = extensions(path)
    for extension in found:
        if extension in _KIND:
            return _KIND[extension]
    if path.startswith("/api/"):
        return "api"
    return "other" if found else "page"


_BY_TYPE: Sequence[tuple[str, Kind]] = (
    ("audio/mpegurl", "playlist"),
    ("audio/x-mpegurl", "playlist"),
    ("application/vnd.apple.mpegurl", "playlist"),
    ("application/x-mpegurl", "playlist"),
    ("application/dash+xml", "playlist"),
    ("audio/x-scpls", "playlist"),
    ("audio/", "audio"),
    ("video/", "audio"),
    ("application/ogg", "audio"),
    ("application/mp4", "audio"),
    ("application/flac", "audio"),
    ("application/x-flac", "audio"),
    ("application/rss+xml", "feed"),
    ("application/atom+xml", "feed"),
    ("image/", "image"),
)


def reclassify(resource: Resource, content_type: str) -> Resource:
    """`resource` in the light of the response's Content-Type.

    Only ever makes it more precise: a response typed `text/html` does not turn an MP3's path into
    a page, because an origin that mislabels must not open the door.
    """
    if resource.kind == "signal" or resource.guarded:
        return resource
    lowered = content_type.strip().lower()
    for prefix, kind in _BY_TYPE:
        if lowered.startswith(prefix):
            return resource if kind == resource.kind else Resource(kind, resource.path, "type")
    return resource
