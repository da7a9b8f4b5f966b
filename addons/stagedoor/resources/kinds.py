"""Kinds of resources: what a path, the stance or a response's type says is asked for.

The tables are the one home of what counts as audio, as a page and so on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from stagedoor.model.facts import GUARDED_KINDS, Kind, Resource
from stagedoor.model.globs import Globs
from stagedoor.resources.paths import extensions
from stagedoor.resources.readings import readings
from stagedoor.resources.signal_files import literal
from stagedoor.resources.site_profiles import Profile

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

_FEED_NAMES = frozenset(
    ["feed", "rss", "podcast", "feed.json"]
    + [f"{name}.xml" for name in ("feed", "rss", "podcast", "atom", "index")]
)

_SUBSONIC: dict[str, Kind] = {
    "stream": "audio",
    "download": "audio",
    "hls": "playlist",
    "getcoverart": "image",
}
"""Methods of the Subsonic API (/rest/…) that hand out media; the rest is `api`."""


UNDECIDED: frozenset[Kind] = frozenset({"other", "download", "api"})
"""What a name alone does not decide: the stance, or a playlist, may say that it is sound."""
STRICTEST: dict[Kind, int] = {"audio": 0, "download": 1, "playlist": 2}
"""Which kind counts where a target can be read in several ways."""


def classify(
    path: str,
    audio_paths: Globs | None = None,
    target: str | None = None,
    profile: Profile | None = None,
) -> Resource:
    """What is asked for, before any response is seen.

    `path` is the normalised path of `target`, the request target as sent; without a target, `path`
    is taken for one. Only a target that literally names a signal file is a signal. Of all others
    every reading counts (`readings`): where one of them is a recording, so is the target.

    `audio_paths` are the stance's: what lies there is audio, unless its name says that it is a page
    (it ends in `/` or `.html`), an image, or some other part of the site's furniture. `profile` is
    what the site runs on; it never makes a recording less of one.
    """
    if target is None:
        target = path
    # Audio is audio wherever it lies, also below `/.well-known/`.
    if (signal := literal(target)) and named(signal) not in GUARDED_KINDS:
        return Resource("signal", signal)
    found = _classified(path, audio_paths, target, profile)
    others = readings(target)
    if len(others) == 1:
        return found
    if found.form == "bought":  # that counts in the shop's favour, so it must be certain
        found = replace(found, form="")
    if found.kind == "audio":
        return found
    for other in others:
        one = _classified(other, audio_paths, target, profile)
        if STRICTEST.get(one.kind, 9) < STRICTEST.get(found.kind, 9):
            found = one
    return found


def _classified(
    path: str, audio_paths: Globs | None, target: str, profile: Profile | None
) -> Resource:
    kind = named(path)
    if profile is not None and (known := profile.resource(path, target)) is not None:
        if STRICTEST.get(kind, 9) >= STRICTEST.get(known.kind, 9):
            return known
        if known.form:
            return replace(known, kind=kind)
    undecided = kind in UNDECIDED or (kind == "page" and _is_bare(path))
    if audio_paths and undecided and audio_paths.match(path):
        return Resource("audio", path, "stance")
    return Resource(kind, path)


def _is_bare(path: str) -> bool:
    return not path.endswith("/") and not extensions(path)


_FILE_ON_THE_WAY = re.compile(r"\.([A-Za-z][A-Za-z0-9]{2,4})[ .]*(?=/)")
_UNLIKELY = frozenset({"mod", "mid", "iso", "f4m", "dts", "snd"})
"""Endings that folders have as well."""


def named(path: str) -> Kind:
    """What the names in `path` say, its last first.

    Servers with path information serve `/a.mp3/anything` as `/a.mp3`: a recording on the way to a
    name that is none counts.
    """
    kind = _kind(path)
    if kind not in GUARDED_KINDS and ("." in path and "/" in path[1:]):
        for found in _FILE_ON_THE_WAY.finditer(path):
            extension = found[1].lower()
            on_the_way = _KIND.get(extension)
            if on_the_way in GUARDED_KINDS and extension not in _UNLIKELY:
                return on_the_way
    return kind


def _kind(path: str) -> Kind:
    if path[:6].lower() == "/rest/":
        method = path[6:].partition("/")[0].lower().removesuffix(".view").removesuffix(".m3u8")
        return _SUBSONIC.get(method, "api")
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
    ("application/mpegurl", "playlist"),
    ("application/dash+xml", "playlist"),
    ("application/xspf+xml", "playlist"),
    ("application/smil", "playlist"),
    ("application/vnd.ms-wpl", "playlist"),
    ("application/pls+xml", "playlist"),
    ("audio/x-scpls", "playlist"),
    ("application/x-scpls", "playlist"),
    ("video/x-ms-asx", "playlist"),
    ("audio/", "audio"),
    ("video/", "audio"),
    ("application/ogg", "audio"),
    ("application/x-ogg", "audio"),
    ("application/mp3", "audio"),
    ("application/x-mp3", "audio"),
    ("application/mpeg", "audio"),
    ("application/mp4", "audio"),
    ("application/flac", "audio"),
    ("application/x-flac", "audio"),
    ("application/x-matroska", "audio"),
    ("application/vnd.rn-realmedia", "audio"),
    ("application/vnd.ms-asf", "audio"),
    ("application/zip", "download"),
    ("application/x-zip", "download"),
    ("application/vnd.rar", "download"),
    ("application/x-rar", "download"),
    ("application/rar", "download"),
    ("application/x-7z-compressed", "download"),
    ("application/x-tar", "download"),
    ("application/x-gtar", "download"),
    ("application/gzip", "download"),
    ("application/x-gzip", "download"),
    ("application/x-bzip", "download"),
    ("application/x-xz", "download"),
    ("application/zstd", "download"),
    ("application/x-bittorrent", "download"),
    ("application/rss+xml", "feed"),
    ("application/atom+xml", "feed"),
    ("image/", "image"),
)
_BY_TYPE_START = tuple(prefix for prefix, _ in _BY_TYPE)


def endings(kind: Kind) -> tuple[str, ...]:
    """The endings of names that say a resource is of this kind, in the order of the table."""
    return tuple(_BY_EXTENSION.get(kind, "").split())


def typed(content_type: str) -> Kind | None:
    """The kind that a Content-Type in lower case stands for; None where it says nothing."""
    if not content_type.startswith(_BY_TYPE_START):
        return None
    return next(kind for prefix, kind in _BY_TYPE if content_type.startswith(prefix))


def reclassify(resource: Resource, content_type: str) -> Resource:
    """`resource` in the light of one Content-Type, where no more of the response is known.

    Only ever makes it more precise: a response typed `text/html` does not turn an MP3's path into
    a page, because an origin that mislabels must not open recordings. A signal that turns out to be a
    recording is one. `response_kinds` reads whole responses.
    """
    kind = typed(content_type.strip().lower())
    return stricter(resource, [kind] if kind else [])


def stricter(resource: Resource, said: Sequence[Kind]) -> Resource:
    """`resource` as the strictest of what a response says it is; the same object where that changes
    nothing.
    """
    if not said or resource.kind == "audio":
        return resource
    kind = min(said, key=lambda one: STRICTEST.get(one, len(STRICTEST)))
    if kind in GUARDED_KINDS:
        if STRICTEST[kind] >= STRICTEST.get(resource.kind, len(STRICTEST)):
            return resource
    elif resource.guarded or resource.kind in {"signal", kind}:
        return resource
    return replace(resource, kind=kind, known_by="type")
