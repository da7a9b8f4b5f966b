"""The published headers in the words of web servers: nginx, Caddy, Apache, and `_headers` files.

Each snippet sends them with every response, errors and redirects among them. A reservation and a
preference are said once, so ours takes the place of the site's where the server can do that; other
rules for robots and other links stand beside ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from stagedoor.publish.publication import Fields, File
from stagedoor.signals import registry

_SAYABLE = re.compile(r"[^\x00-\x1f\x7f-\xff$`{}]*")
"""What no server takes for a variable of its own, and no quotes end."""
_KNOWN_TYPES = frozenset({"application/json", "text/plain; charset=utf-8"})
"""What servers call such files by themselves."""

_NGINX = """\
# For nginx. In the server block of your site, with the path of this file:
#
#     include /path/to/headers/nginx.conf;
#
# A block that has an add_header of its own takes none from the block around it: write the include
# into each such location as well. "always" is for errors, which would go without.
"""
_NGINX_TYPES = """\
#
# For these, beside the include, so that they are served as what they are. Where your "root" stands
# in a location, write it into these, too.
"""
_CADDY = """\
# For Caddy 2. In the block of your site, with the path of this file:
#
#     import /path/to/headers/Caddyfile
"""
_APACHE = """\
# For Apache 2.4, with mod_headers (a2enmod headers). In the VirtualHost of your site, with the path
# of this file:
#
#     Include /path/to/headers/apache.conf
#
# Or as lines of a .htaccess, where AllowOverride has FileInfo; redirects that stand in the server's
# own configuration go without, then.
#
# "always" is for errors and redirects, which would go without. "unset" is for what a program behind
# Apache says of the same.
"""
_PAGES = """\
# For Netlify and Cloudflare Pages: these lines belong into the file _headers at the top of your
# site.
"""


def snippets(headers: Fields, files: Mapping[str, File]) -> dict[str, str]:
    """By the name of each file, what stands in it. `files` are by path; their types are given.

    Raises ValueError where a value has a character that a configuration would read as its own.
    """
    pairs = [(name.decode("ascii"), _sayable(value.decode("latin-1"))) for name, value in headers]
    types = {path: file.type for path, file in files.items() if file.type not in _KNOWN_TYPES}
    return {name: write(pairs, types) for name, write in _WRITERS.items()}


def _sayable(value: str) -> str:
    if not _SAYABLE.fullmatch(value):
        raise ValueError(f'"{value}" has a character that no configuration can carry')
    return value


def _once(name: str) -> bool:
    """Whether a response has one such field."""
    return any(h.once for _, h in registry.current().headers if name.lower() in h.names)


def _of_words(name: str) -> bool:
    """Whether each word of the field's list stands for itself."""
    return any(h.words for _, h in registry.current().headers if name.lower() in h.names)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _nginx(pairs: list[tuple[str, str]], types: Mapping[str, str]) -> str:
    text = _NGINX
    if types:
        text += _NGINX_TYPES
    for path, kind in types.items():
        text += f"#     location = {path} {{ types {{ }} default_type {kind}; }}\n"
    return text + "".join(f"add_header {name} {_quoted(value)} always;\n" for name, value in pairs)


def _caddy(pairs: list[tuple[str, str]], types: Mapping[str, str]) -> str:
    text = _CADDY
    if pairs:
        lines = (
            f"\t{'' if _once(name) else '+'}{name} {_quoted(value)}\n" for name, value in pairs
        )
        text += "header {\n" + "".join(lines) + "}\n"
    return text + "".join(f"header {path} Content-Type {kind}\n" for path, kind in types.items())


def _apache(pairs: list[tuple[str, str]], types: Mapping[str, str]) -> str:
    text = _APACHE
    for name, value in pairs:
        # In a value of Apache's, % begins a variable.
        text += "".join(f"{line}\n" for line in _apache_field(name, value.replace("%", "%%")))
    for path, kind in types.items():
        file = path.rpartition("/")[2]
        text += f'<Files "{file}">\n  ForceType {kind}\n</Files>\n'
    return text


def _apache_field(name: str, value: str) -> list[str]:
    if _once(name):
        return [f"Header onsuccess unset {name}", f"Header always set {name} {_quoted(value)}"]
    # An error page comes by a second request within Apache: "add" would say it twice.
    words = value.split(", ") if _of_words(name) else [value]
    return [f"Header always merge {name} {_quoted(word)}" for word in words]


def _pages(pairs: list[tuple[str, str]], _types: Mapping[str, str]) -> str:
    return _PAGES + "/*\n" + "".join(f"  {name}: {value}\n" for name, value in pairs)


_WRITERS: Mapping[str, Callable[[list[tuple[str, str]], Mapping[str, str]], str]] = {
    "nginx.conf": _nginx,
    "Caddyfile": _caddy,
    "apache.conf": _apache,
    "_headers": _pages,
}
