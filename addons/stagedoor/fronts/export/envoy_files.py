"""Envoy: ext_authz over HTTP, the access log as JSON in a file that the counter follows, routes for what
it refuses by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from stagedoor.fronts.export.front_settings import TEXT, Files, FrontSettings, once, quoted

_LOG = {
    "stagedoor": "1",
    "client": "%REQ(X-STAGEDOOR-CLIENT)%",
    "chain": "%REQ(X-FORWARDED-FOR)%",
    "method": "%REQ(:METHOD)%",
    "host": "%REQ(:AUTHORITY)%",
    "target": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "agent": "%REQ(USER-AGENT)%",
    "asked": "%REQ(RANGE)%",
    "status": "%RESPONSE_CODE%",
    "sent": "%BYTES_SENT%",
    "seconds": "%DURATION%",
    "unit": "ms",
    "type": "%RESP(CONTENT-TYPE)%",
    "length": "%RESP(CONTENT-LENGTH)%",
    "range": "%RESP(CONTENT-RANGE)%",
    "coding": "%RESP(CONTENT-ENCODING)%",
    "verdict": "%RESP(X-STAGEDOOR-VERDICT)%",
}
_ASKS = "envoy.filters.http.ext_authz"
_PAGES, _RECORDINGS = f"{_ASKS}.pages", f"{_ASKS}.recordings"


def envoy_files(settings: FrontSettings) -> Files:
    """One bootstrap file."""
    s = settings
    host, port = s.listen
    log = "".join(f"                    {name}: {quoted(text)}\n" for name, text in _LOG.items())
    site = urlsplit(s.site)
    site_port = site.port or (443 if site.scheme == "https" else 80)
    fields = "".join(
        f"""\
                  - header: {{key: {quoted(name)}, value: {quoted(value)}}}
                    append_action: {"OVERWRITE_IF_EXISTS_OR_ADD" if once(name) else "APPEND_IF_EXISTS_OR_ADD"}
"""
        for name, value in s.headers
    )
    said = f"                  response_headers_to_add:\n{fields}" if fields else ""
    text = f"""\
# A whole bootstrap configuration; written by `stagedoor export envoy`: write it anew when the stance
# changes. It asks `stagedoor authorize --listen {s.counter_address} --upstream {s.site}
#     --log file:{s.folder / "access.log"}`.
# Start Envoy with --file-flush-interval-msec 200: it keeps log lines for ten seconds otherwise, and a
# sweep through all recordings is seen only then.
static_resources:
  listeners:
  - name: site
    address:
      socket_address: {{address: {quoted(host)}, port_value: {port}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: site
          use_remote_address: true  # X-Forwarded-For ends with the visitor's own address
          early_header_mutation_extensions:  # this one is between Envoy and the counter
          - name: envoy.http.early_header_mutation.header_mutation
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation
              mutations:
              - remove: x-stagedoor-client
          normalize_path: false  # the counter reads targets as they were sent, and so must the site
          # What went out comes back to the counter: without it, nobody is counted who only listens.
          access_log:
          - name: envoy.access_loggers.file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: {quoted(str(s.folder / "access.log"))}
              log_format:
                json_format:
{log}          route_config:
            # A visitor's own would stand in the log as the address that was decided about.
            internal_only_headers: [x-stagedoor-client]
            virtual_hosts:
            - name: site
              domains: ["*"]
              routes:
{_files(s)}{_refused(s, fields)}\
{_site(s, said)}          http_filters:
{_filters(s)}          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router

  clusters:
  - name: site
    type: STRICT_DNS
    connect_timeout: 5s
    load_assignment:
      cluster_name: site
      endpoints:
      - lb_endpoints:
        - endpoint:
            address:
              socket_address: {{address: {quoted(site.hostname or "")}, port_value: {site_port}}}
{_tls(site.scheme, site.hostname or "")}\
  - name: stagedoor
    type: STRICT_DNS
    connect_timeout: 1s
    load_assignment:
      cluster_name: stagedoor
      endpoints:
      - lb_endpoints:
        - endpoint:
            address:
              socket_address: {{address: {quoted(s.counter[0])}, port_value: {s.counter[1]}}}
{_runtime(s)}"""
    return {"envoy.yaml": text}


def _asking(s: FrontSettings) -> Mapping[str, bool]:
    """The filters that ask, and whether each lets in what it could not ask about."""
    pages, recordings = s.on_error.pages == "open", s.on_error.audio == "open"
    if pages == recordings or not s.closed_endings:
        return {_ASKS: recordings}
    return {_PAGES: pages, _RECORDINGS: recordings}


def _filters(s: FrontSettings) -> str:
    return "".join(
        f"""\
          - name: {name}
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
              failure_mode_allow: {str(lets_in).lower()}  # on_error of the stance
              status_on_error: {{code: ServiceUnavailable}}
              allowed_headers:
                patterns:
                - safe_regex: {{regex: ".*"}}
              http_service:
                server_uri: {{uri: {quoted(f"http://{s.counter_address}")}, cluster: stagedoor, timeout: 60s}}
                path_prefix: /authorize
                authorization_response:
                  allowed_upstream_headers:
                    patterns:
                    - exact: x-stagedoor-client
                  allowed_client_headers:
                    patterns:
                    - safe_regex: {{regex: ".*"}}
"""
        for name, lets_in in _asking(s).items()
    )


def _off(names: Iterable[str]) -> str:
    """Within a route: nobody is asked by these filters."""
    return "                  typed_per_filter_config:\n" + "".join(
        f"""\
                    {name}:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute
                      disabled: true
"""
        for name in names
    )


def _site(s: FrontSettings, said: str) -> str:
    """The routes to the site: recordings apart, where on_error tells them from pages."""
    to = "                  route: {cluster: site, timeout: 0s}\n"
    rest = f'                - match: {{prefix: "/"}}\n{to}{said}'
    if _PAGES not in _asking(s):
        return rest
    named = quoted(rf"(?is:/rest/.*|.*\.(?:{'|'.join(s.closed_endings)})(?:/.*)?)")
    recordings = f"                - match: {{safe_regex: {{regex: {named}}}}}\n{to}{said}"
    return f"{recordings}{_off([_PAGES])}{rest}{_off([_RECORDINGS])}"


def _files(s: FrontSettings) -> str:
    return "".join(
        f"""\
                - match: {{path: {quoted(path)}}}  # the site's own, with the stance written in
                  route: {{cluster: stagedoor, prefix_rewrite: {quoted(f"/signal{path}")}}}
{_off(_asking(s))}"""
        for path in s.files
    )


def _refused(s: FrontSettings, fields: str) -> str:
    refusals = s.refusals
    if not refusals.refused:
        return ""
    matchers = "".join(
        f"                    - name: {name}\n"
        f"                      {'invert_match: true, '.replace(', ', chr(10) + ' ' * 22) if not wanted else ''}"
        f"string_match: {{safe_regex: {{regex: {quoted(regex)}}}}}\n"
        for name, regex, wanted in (
            ("user-agent", f"(?i)(?s:.*)(?:{'|'.join(refusals.refused)})(?s:.*)", True),
            ("user-agent", f"(?i)(?s:.*)(?:{'|'.join(refusals.asked)})(?s:.*)", False),
            ("user-agent", "(?s:.{1000}.{1000}.{49}.*)", False),
            (":path", f"(?s:(?:{refusals.targets}).*)", False),
            (":method", "GET|HEAD", True),
        )
    )
    absent = "".join(
        f"                    - {{name: {name}, present_match: false}}\n"
        for name in ("authorization", "signature")
    )
    return f"""\
                # Crawlers that the stance refuses, whatever they ask for: nobody needs to be asked.
                - match:
                    prefix: "/"
                    headers:
{matchers}{absent}\
                  direct_response:
                    status: 403
                    body: {{inline_string: {quoted(TEXT)}}}
                  response_headers_to_add:
                  - header: {{key: x-stagedoor-verdict, value: map}}
{fields}{_off(_asking(s))}"""


def _tls(scheme: str, host: str) -> str:
    if scheme != "https":
        return ""
    return f"""\
    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        sni: {quoted(host)}
        common_tls_context:
          validation_context:
            trusted_ca: {{filename: /etc/ssl/certs/ca-certificates.crt}}
"""


def _runtime(s: FrontSettings) -> str:
    if not s.refusals.refused:
        return ""
    return """
# The expressions above are longer than what Envoy takes unasked.
layered_runtime:
  layers:
  - name: stagedoor
    static_layer:
      re2:
        max_program_size:
          error_level: 1000000
          warn_level: 1000000
"""
