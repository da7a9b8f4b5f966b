"""Caddy: forward_auth, the log as JSON over UDP, and matchers for what it refuses by itself."""

from __future__ import annotations

from stagedoor.fronts.export.front_settings import (
    TEXT,
    Files,
    FrontSettings,
    once,
    quoted,
)


def caddy_files(settings: FrontSettings) -> Files:
    """One Caddyfile."""
    s = settings
    host, port = s.listen
    # With an address in its name, Caddy would serve visitors who ask for that address, and answer all
    # others, who ask for the site's name, with nothing.
    site = f"http://:{port}"
    bind = "" if host in {"", "0.0.0.0", "::"} else f"\tbind {host}\n"  # noqa: S104
    said = "".join(
        f"\t\t\t{'' if once(name) else '+'}{name} {quoted(value)}\n" for name, value in s.headers
    )
    # The address that was decided about stands in the log, which has response headers.
    client = "\t\t\tX-Stagedoor-Client {http.request.header.X-Stagedoor-Client}\n"
    said = f"\t\theader {{\n\t\t\tdefer\n{said}{client}\t\t}}\n"
    files = " ".join(s.files)
    signals = (
        f"""
	# Files that say what is allowed: the site's own, with the stance written in.
	@stagedoor_files path {files}
	handle @stagedoor_files {{
		rewrite * /signal{{http.request.orig_uri}}
		reverse_proxy {s.counter_address} {{
			header_up X-Forwarded-Method {{http.request.method}}
		}}
	}}
"""
        if files
        else ""
    )
    serve = (
        f"\t\troot * {quoted(str(s.root))}\n\t\tfile_server"
        if s.root is not None
        else f"\t\treverse_proxy {s.site} {{\n\t\t\theader_down -Alt-Svc\n\t\t}}"
    )
    inner = (
        f"""
# The site as it is, for the counter alone: its own robots.txt, and how long recordings are.
#     stagedoor authorize --upstream {s.site}
{s.site} {{
	bind 127.0.0.1
	root * {quoted(str(s.root))}
	file_server
}}
"""
        if s.root is not None
        else ""
    )
    text = f"""\
# A whole Caddyfile; written by `stagedoor export caddy`: write it anew when the stance changes.
# It asks `stagedoor authorize --listen {s.counter_address} --upstream {s.site}`.
# With a domain of yours in the place of {site}, Caddy fetches a certificate by itself.

{site} {{
{bind}	# What went out comes back to the counter: without it, nobody is counted who only listens.
	log {{
		output net udp/{s.counter_address}
		format json
	}}
{signals}{_refusals(s)}
	handle {{
{said}
		route {{
			request_header -X-Stagedoor-Client  # a visitor's own, where the counter says nothing
			forward_auth {s.counter_address} {{
				uri /authorize
				copy_headers X-Stagedoor-Client
			}}
		}}
{serve}
	}}
{_errors(s)}}}
{inner}"""
    return {"Caddyfile": text}


def _refusals(s: FrontSettings) -> str:
    refusals = s.refusals
    if not refusals.refused:
        return "\n\t# Under this stance Caddy refuses nobody by itself.\n"
    asked = "|".join(refusals.asked)
    refused = "|".join(refusals.refused)
    said = "".join(f"\t\theader +{name} {quoted(value)}\n" for name, value in s.headers)
    return f"""
	# Crawlers that the stance refuses, whatever they ask for: nobody needs to be asked.
	@stagedoor_refused {{
		method GET HEAD
		header_regexp User-Agent `(?i){refused}`
		not header_regexp User-Agent `(?i){asked}`
		not header_regexp User-Agent `^.{{1000}}.{{1000}}.{{49}}`
		not header Authorization *
		not header Signature *
		not path_regexp `{refusals.targets}`
	}}
	handle @stagedoor_refused {{
{said}		header X-Stagedoor-Verdict map
		header Content-Type "text/plain; charset=utf-8"
		respond {quoted(TEXT.strip())} 403
	}}
"""


def _errors(s: FrontSettings) -> str:
    """While the counter does not answer, forward_auth is an error: on_error of the stance."""
    if s.on_error.pages == "closed" and s.on_error.audio == "closed":
        return ""
    serve = (
        f"\t\t\troot * {quoted(str(s.root))}\n\t\t\tfile_server"
        if s.root is not None
        else f"\t\t\treverse_proxy {s.site}"
    )
    if s.closed_endings:
        open_to = f"not path {' '.join(f'*.{ending}' for ending in s.closed_endings)} /rest/*"
    elif s.on_error.pages == "open":
        open_to = "path *"
    else:
        return ""
    return f"""
	# The counter does not answer: on_error of the stance.
	handle_errors {{
		@stagedoor_undecided {{
			expression `{{http.error.status_code}} in [502, 503, 504]`
			method GET HEAD
			{open_to}
		}}
		handle @stagedoor_undecided {{
{serve}
		}}
		handle {{
			respond "{{http.error.status_code}} {{http.error.status_text}}" {{http.error.status_code}}
		}}
	}}
"""
