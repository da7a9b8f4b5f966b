"""nginx: auth_request, kept verdicts, the log by syslog or file, and maps of what it refuses itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from stagedoor.fronts.authorize.front_logs import MARK
from stagedoor.fronts.export.front_settings import TEXT, Files, FrontSettings, address, once

_FORWARDED = """\
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Content-Length "";
        proxy_set_header Host $host;
        proxy_set_header Range $http_range;  # which nginx leaves out where it keeps answers
        proxy_set_header X-Forwarded-Method $request_method;
        proxy_set_header X-Forwarded-Uri $request_uri;
        proxy_set_header X-Forwarded-Host $stagedoor_authority;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_pass_request_body off;
"""
BROWSER = (
    r"^Mozilla/5\.0 \((?:X11|Windows NT|Macintosh|iPhone|iPad|Linux; Android)[^()]*\) "
    r"(?:AppleWebKit/[0-9.]+ \(KHTML, like Gecko\)|Gecko/[0-9.]+)"
    r"(?: (?:Chrome|Version|Mobile|Safari|Edg|OPR|Firefox)/[0-9A-Z.]+| Mobile)+$"
)
"""What browsers call themselves: most visitors are one, and to ask about somebody is never wrong."""
_KEY = r"\n".join(  # what no field can have in it: or a visitor would write two of them into one
    f"${name}"
    for name in (
        *("proxy_add_x_forwarded_for", "scheme", "host", "stagedoor_authority", "request_method"),
        *("request_uri", "http_user_agent", "http_accept", "http_accept_encoding"),
        *("http_accept_language", "http_sec_fetch_dest", "http_sec_fetch_mode"),
        *("http_sec_fetch_site", "http_sec_ch_ua", "http_sec_ch_ua_platform", "http_range"),
        *("http_origin", "http_upgrade", "http_icy_metadata", "http_via", "http_forwarded"),
        *("http_cf_connecting_ip", "http_authorization", "http_signature"),
    )
)
_SAME_HOST = r"^(\S+) (\1(?::[0-9]+)?)$"
_LOG = (
    f"{MARK}\\t$stagedoor_client\\t$proxy_add_x_forwarded_for\\t$request_method\\t$host\\t",
    "$request_uri\\t$http_user_agent\\t$status\\t$body_bytes_sent\\t$request_time\\t",
    "$sent_http_content_type\\t$sent_http_content_length\\t$sent_http_content_range\\t",
    "$sent_http_content_encoding\\t$stagedoor_verdict\\t$http_range",
)
"""Fields in the order of `front_logs.FIELDS`, tabs between them: half of what JSON costs nginx."""


def nginx_files(settings: FrontSettings) -> Files:
    """nginx.conf, which includes the other two: one for http, one for the server of the site."""
    return {
        "nginx.conf": _whole(settings),
        "stagedoor-http.conf": _http(settings),
        "stagedoor-server.conf": _server(settings),
    }


def _kept_open(s: FrontSettings) -> str:
    """HOST:PORT of a site to which connections are kept; empty for one that is named in another way."""
    site = urlsplit(s.site)
    plain = s.root is None and site.scheme == "http" and site.netloc == s.site[len("http://") :]
    return site.netloc if plain and "@" not in site.netloc else ""


def _whole(s: FrontSettings) -> str:
    kept = _kept_open(s)
    upstream = (
        f"""
    # A connection for each request would cost as much as the request. Four seconds: many sites close
    # theirs after five, and a request that meets the end of one would be lost.
    upstream stagedoor_site {{
        server {kept};
        keepalive 64;
        keepalive_timeout 4s;
    }}
"""
        if kept
        else ""
    )
    site = (
        f"""\
            root {_path(str(s.root))};
"""
        if s.root is not None
        else f"""\
            proxy_pass {"http://stagedoor_site" if kept else s.site};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_hide_header Alt-Svc;  # it would lead visitors past this server
"""
    )
    if s.root is None and s.trap:
        site += """\
            proxy_set_header Accept-Encoding "";  # what is compressed cannot be written into
"""
    if s.root is None:
        for name, _ in s.headers:
            if once(name):
                site += (
                    f"            proxy_hide_header {name};  # said once: ours takes its place\n"
                )
    inner = ""
    if s.root is not None:
        inner = f"""
    # The site as it is, for the counter alone: its own robots.txt, and how long recordings are.
    #     stagedoor authorize --upstream {s.site}
    server {{
        listen {s.site.removeprefix("http://")};
        access_log off;
        location / {{
            root {_path(str(s.root))};
        }}
    }}
"""
    return f"""\
# A whole nginx.conf; written by `stagedoor export nginx`. With an nginx of your own, include
# stagedoor-http.conf in its http block and stagedoor-server.conf in the server block of your site.
# It asks `stagedoor authorize --listen {s.counter_address} --upstream {s.site}`.

worker_processes auto;
pcre_jit on;  # the expressions of stagedoor-http.conf are several times as fast
events {{
    worker_connections 4096;
}}

http {{
    include {_path("/etc/nginx/mime.types")};
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 10000;

    include {_path(str(s.folder / "stagedoor-http.conf"))};
{upstream}
    server {{
        listen {address(s.listen)};
        server_name _;

        include {_path(str(s.folder / "stagedoor-server.conf"))};

        location / {{
{site}        }}
    }}
{inner}}}
"""


def _http(s: FrontSettings) -> str:
    refusals = s.refusals
    text = f"""\
# For the http block. Written by `stagedoor export nginx`: write it anew when the stance changes.

upstream stagedoor_counter {{
    server {s.counter_address};
    keepalive 64;
}}

# What went out comes back to the counter: without it, nobody is counted who only listens.
log_format stagedoor
"""
    text += "".join(f"    '{part}'\n" for part in _LOG).rstrip("\n") + ";\n"
    if s.cached:
        text += f"""
# Verdicts that the counter lets be kept, a few seconds mostly.
proxy_cache_path {_path(str(s.folder / "verdicts"))} keys_zone=stagedoor:16m max_size=128m
    inactive=2m use_temp_path=off;
"""
    text += (
        "\n# Crawlers that the stance refuses, whatever they ask for: nobody needs to be asked.\n"
    )
    if refusals.refused:
        text += f"""\
# Looked at one after the other, and only while the answer is still open.
map_hash_max_size 4096;
map_hash_bucket_size 512;
map $http_user_agent $stagedoor_named {{
    default 0;
    # Agents as their operators have published them: found at once.
{"".join(f"    {_key(agent)} $stagedoor_bare;{chr(10)}" for agent in refusals.whole)}\
    # Plain browsers: asked about, without a search.
    "~{_regex(BROWSER)}" 0;
{"".join(f'    "~*{_regex(one)}" $stagedoor_only;{chr(10)}' for one in refusals.refused)}}}
map $http_user_agent $stagedoor_only {{
    default $stagedoor_bare;
    # Another crawler's name is in it, too.
{"".join(f'    "~*{_regex(one)}" 0;{chr(10)}' for one in refusals.asked)}\
    "~^.{{2049}}" 0;
}}
map "$http_authorization$http_signature" $stagedoor_bare {{
    default 0;
    "" $stagedoor_reading;
}}
map $request_method $stagedoor_reading {{
    default 0;
    GET $stagedoor_refused_target;
    HEAD $stagedoor_refused_target;
}}
map $request_uri $stagedoor_refused_target {{
    default 1;
    "~{_regex(refusals.targets)}" 0;  # files that say what is allowed are never refused
}}
map $stagedoor_named $stagedoor_refused {{
    default "";
    1 1;
}}
"""
    else:
        text += '# (none under this stance)\nmap "" $stagedoor_refused {\n    default "";\n}\n'
    text += """
map $stagedoor_refused $stagedoor_verdict {
    default $stagedoor_kept;
    1 map;
}

"""
    text += f"""\
# The site's name as the visitor wrote it. Where that stands in the request line, Host says nothing.
map "$host $http_host" $stagedoor_authority {{
    default $host;
    "~*{_regex(_SAME_HOST)}" $2;
}}

"""
    if s.trap:
        text += f"""\
# The trap link, which no person sees: for everybody but crawlers that are verified.
map $stagedoor_trapped $stagedoor_trap {{
    default "";
    1 "{_unquoted(s.trap)}";
}}

"""
    text += """\
# Bytes a second, where the counter says so; otherwise there is no limit.
map $stagedoor_rate $stagedoor_limit {
    default $stagedoor_rate;
    "" 0;
}

"""
    text += "# While the counter does not answer: on_error of the stance.\n"
    text += (
        f"map $request_uri $stagedoor_closed {{\n    default {int(s.on_error.pages == 'closed')};\n"
    )
    if s.closed_endings and s.on_error.pages != "closed":
        text += f'    "~*\\.({"|".join(s.closed_endings)})(?:[/?]|$)" 1;\n    "~*^/rest/" 1;\n'
    elif not s.closed_endings and s.on_error.pages == "closed":
        text += "    # audio: open; what is audio is known by its name alone here\n"
    return text + "}\n"


def _server(s: FrontSettings) -> str:
    said = "".join(f"add_header {name} {_quoted(value)} always;\n" for name, value in s.headers)
    cache = ""
    if s.cached:
        cache = f"""\
    proxy_cache stagedoor;
    proxy_cache_key "{_KEY}";
    open_file_cache max=16384 inactive=60s;  # a verdict is a file: it stays open
"""
    trap = ""
    if s.trap:
        trap = """\
auth_request_set $stagedoor_trapped "$stagedoor_trapped$upstream_http_x_stagedoor_trap";
sub_filter "</head>" "</head>$stagedoor_trap";
"""
    forwarded = _FORWARDED.replace("        ", "    ")
    files = "".join(
        f"""\
location = {path} {{
    auth_request off;
    add_header Alt-Svc "";  # the answer has its headers; none of the server's are added
    proxy_pass http://stagedoor_counter/signal$request_uri;
{forwarded}}}
"""
        for path in s.files
    )
    return f"""\
# For the server block of the site. Written by `stagedoor export nginx`.
# A location with an add_header of its own takes none from here: write these into it as well.

{said}
{_access_log(s)}

if ($stagedoor_refused) {{
    return {STATUS} "{_said(TEXT)}";
}}

auth_request /stagedoor/ask;
# An index file, try_files, error_page or X-Accel-Redirect begins a request once more: what was answered
# the first time holds on, and nobody is asked again.
auth_request_set $stagedoor_client "$stagedoor_client$upstream_http_x_stagedoor_client";
auth_request_set $stagedoor_refusal "$stagedoor_refusal$upstream_http_x_stagedoor_refusal";
auth_request_set $stagedoor_status "$stagedoor_status$upstream_status";
auth_request_set $stagedoor_kept "$stagedoor_kept$upstream_cache_status";
auth_request_set $stagedoor_rate "$stagedoor_rate$upstream_http_x_stagedoor_rate";
auth_request_set $stagedoor_asked 1;
# Many recordings at the same moment go out a little slower, and still much faster than they sound.
limit_rate $stagedoor_limit;
{trap}error_page 403 = @stagedoor_refusal;

location = /stagedoor/ask {{
    internal;
    auth_request off;
    if ($stagedoor_asked) {{
        return 204;
    }}
    proxy_pass http://stagedoor_counter{BRIEFLY};
{forwarded}\
{cache}\
    proxy_connect_timeout 1s;
    proxy_read_timeout 60s;  # longer than any rule delays
    proxy_intercept_errors on;
    error_page 500 502 503 504 = @stagedoor_undecided;
}}

# The counter does not answer.
location @stagedoor_undecided {{
    auth_request off;
    if ($stagedoor_closed) {{
        return 403;
    }}
    return 204;
}}

# What a refused visitor reads.
location @stagedoor_refusal {{
    auth_request off;
    add_header Alt-Svc "";
    if ($stagedoor_status ~ "50[0234]") {{
        return 503;
    }}
    if ($stagedoor_refusal = "") {{
        return 403;  # the site's own no
    }}
    rewrite ^ /refusal? break;
    proxy_pass http://stagedoor_counter;
    proxy_method GET;
    proxy_set_header X-Stagedoor-Refusal $stagedoor_refusal;
{forwarded}}}

# Files that say what is allowed: the site's own, with the stance written in.
{files}"""


STATUS = 403
BRIEFLY = "/nginx?brief"
"""Where a yes is only what is used of it here: each header line costs nginx something."""


def _access_log(s: FrontSettings) -> str:
    if s.log_file is None:
        return f"access_log syslog:server={s.counter_logs},tag=stagedoor,nohostname stagedoor;"
    return f"access_log {_path(str(s.log_file))} stagedoor buffer=64k flush=250ms;"


def _key(text: str) -> str:
    """A text to look up. What begins with a sign of nginx's own is said to be none."""
    return _quoted(f"\\{text}" if text[0] in "~\\" or text in _OWN_WORDS else text)


_OWN_WORDS = frozenset({"default", "hostnames", "include", "volatile"})


def _unquoted(link: str) -> str:
    """A link without quotation marks: where a script has the text that is replaced, it stays one."""
    return link.replace('"', "")


def _path(path: str) -> str:
    return _quoted(path) if any(c in path for c in " ;{}'\"\\$") else path


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _said(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "")


def _regex(expression: str) -> str:
    """An expression within double quotes."""
    return expression.replace("\\", "\\\\").replace('"', '\\"')
