"""Traefik: ForwardAuth, the access log as JSON in a file that the counter follows, routers for what it
refuses by itself. For Traefik 3.
"""

from __future__ import annotations

from stagedoor.fronts.export.front_settings import Files, FrontSettings, address, quoted


def traefik_files(settings: FrontSettings) -> Files:
    """The static and the dynamic configuration."""
    return {"traefik.yaml": _static(settings), "stagedoor.yaml": _dynamic(settings)}


def _static(s: FrontSettings) -> str:
    return f"""\
# Traefik's static configuration; written by `stagedoor export traefik`, for Traefik 3.
# It asks `stagedoor authorize --listen {s.counter_address} --upstream {s.site}
#     --log file:{s.folder / "access.log"}`.
entryPoints:
  web:
    address: {quoted(address(s.listen).replace("0.0.0.0:", ":"))}

providers:
  file:
    filename: {quoted(str(s.folder / "stagedoor.yaml"))}

# What went out comes back to the counter: without it, nobody is counted who only listens.
accessLog:
  filePath: {quoted(str(s.folder / "access.log"))}
  format: json
  fields:
    defaultMode: keep
    headers:
      defaultMode: drop
      names:
        User-Agent: keep
        Range: keep
        X-Forwarded-For: keep
        X-Stagedoor-Client: keep
        Content-Type: keep
        Content-Length: keep
        Content-Range: keep
        Content-Encoding: keep
"""


def _dynamic(s: FrontSettings) -> str:
    refusals = s.refusals
    names = " || ".join(f"Path(`{path}`)" for path in s.files)
    fields = "".join(f"          {name}: {quoted(value)}\n" for name, value in s.headers)
    said = (
        f"    stagedoor-says:\n      headers:\n        customResponseHeaders:\n{fields}"
        if fields
        else ""
    )
    says = ", stagedoor-says" if fields else ""
    text = f"""\
# Traefik's dynamic configuration; written by `stagedoor export traefik`: write it anew when the
# stance changes.
http:
  routers:
    site:
      rule: "PathPrefix(`/`)"
      priority: 1
      entryPoints: [web]
      middlewares: [stagedoor-strips, stagedoor-asks{says}]
      service: site
"""
    if names:
        text += f"""\
    # Files that say what is allowed: the site's own, with the stance written in.
    stagedoor-files:
      rule: {quoted(names)}
      priority: 1000
      entryPoints: [web]
      middlewares: [stagedoor-strips, stagedoor-files]
      service: stagedoor
"""
    if refusals.refused:
        rule = (
            f"HeaderRegexp(`User-Agent`, `(?i){'|'.join(refusals.refused)}`)"
            f" && !HeaderRegexp(`User-Agent`, `(?i){'|'.join(refusals.asked)}`)"
            " && !HeaderRegexp(`User-Agent`, `^.{1000}.{1000}.{49}`)"
            " && !HeaderRegexp(`Authorization`, `.`) && !HeaderRegexp(`Signature`, `.`)"
            f" && !PathRegexp(`{refusals.targets}`) && (Method(`GET`) || Method(`HEAD`))"
        )
        text += f"""\
    # Crawlers that the stance refuses, whatever they ask for: nobody needs to be asked. Traefik
    # has no answer of its own but to an address that is not allowed, and here none is: 403.
    stagedoor-refused:
      rule: {quoted(rule)}
      priority: 900
      entryPoints: [web]
      middlewares: [{"stagedoor-says, " if fields else ""}stagedoor-refuses]
      service: site
"""
    refuses = """\
    stagedoor-refuses:
      ipAllowList:
        sourceRange: ["255.255.255.255/32"]
"""
    return f"""\
{text}
  middlewares:
    # A visitor's own would stand in the log as the address that was decided about.
    stagedoor-strips:
      headers:
        customRequestHeaders:
          X-Stagedoor-Client: ""
    stagedoor-asks:
      forwardAuth:
        address: {quoted(f"http://{s.counter_address}/authorize")}
        trustForwardHeader: false
        authResponseHeaders: [X-Stagedoor-Client]
    stagedoor-files:
      addPrefix:
        prefix: /signal
{refuses if refusals.refused else ""}{said}
  services:
    site:
      loadBalancer:
        passHostHeader: true
        servers:
          - url: {quoted(s.site)}
    stagedoor:
      loadBalancer:
        passHostHeader: true
        servers:
          - url: {quoted(f"http://{s.counter_address}")}
"""
