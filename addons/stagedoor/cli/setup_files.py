"""What `stagedoor setup` writes besides the stance: a systemd unit, and a snippet for the web server.

Pure texts. Each names the file that it belongs into in its first line.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FRONTS = ("caddy", "nginx", "apache", "haproxy", "traefik", "guard", "none")
"""What ends TLS: a web server in front of the guard, the guard itself, or nothing (`none`)."""
ALONE = frozenset({"guard", "none"})
"""Visitors come to the guard itself."""
_PRIVILEGED = 1024
"""Ports below belong to root, unless a capability is given."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The answers to the five questions, and where things are.

    `domain` is the name that visitors type. `certificate` and `key` are for a guard that ends TLS
    itself; `redirect` is then where it sends visitors of http:// on, and `webroot` the folder of
    challenges that it hands out there. `command` starts this program, without arguments.
    """

    upstream: str
    listen: str
    front: str
    domain: str
    rules: Path
    state: Path
    observe: bool
    command: tuple[str, ...]
    certificate: Path | None = None
    key: Path | None = None
    redirect: str = ""
    webroot: Path | None = None

    @property
    def serve(self) -> tuple[str, ...]:
        """The command that guards the site. Everything else stands in the stance."""
        http = ("--redirect", self.redirect) if self.redirect else ()
        if http and self.webroot is not None:
            http = (*http, "--webroot", str(self.webroot))
        return (
            *self.command, "serve", "--rules", str(self.rules), "--state", str(self.state),
            *self.tls, *http,
        )  # fmt: skip

    @property
    def tls(self) -> tuple[str, ...]:
        """The options of `serve` that name the certificate; none where something else ends TLS."""
        if self.certificate is None:
            return ()
        key = ("--tls-key", str(self.key)) if self.key is not None else ()
        return ("--tls-cert", str(self.certificate), *key)


_UNIT = """\
# /etc/systemd/system/stagedoor.service
# sudo cp {here}/stagedoor.service /etc/systemd/system/
# sudo systemctl enable --now stagedoor
[Unit]
Description=Stagedoor, in front of {site}
Documentation=man:stagedoor(1)
After=network-online.target
Wants=network-online.target

[Service]
ExecStart={start}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=2
User={user}
{capability}
# It reads its rules, writes its state, and nothing else.
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={state}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
NoNewPrivileges=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
"""

_SNIPPETS: Mapping[str, tuple[str, str]] = {
    "caddy": (
        "Caddyfile",
        """\
# /etc/caddy/Caddyfile — then: sudo systemctl reload caddy
{domain} {{
    reverse_proxy {listen}
}}
""",
    ),
    "nginx": (
        "nginx.conf",
        """\
# /etc/nginx/sites-enabled/{domain} — then: sudo nginx -t && sudo systemctl reload nginx
server {{
    listen 443 ssl;
    server_name {domain};
    ssl_certificate     /etc/letsencrypt/live/{domain}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/{domain}/privkey.pem;

    location / {{
        proxy_pass http://{listen};
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        # A buffer would take a whole recording at once, and the guard would count sound unheard.
        proxy_buffering off;
    }}
}}
""",
    ),
    "apache": (
        "apache.conf",
        """\
# /etc/apache2/sites-enabled/{domain}.conf — with: sudo a2enmod proxy proxy_http headers ssl
<VirtualHost *:443>
    ServerName {domain}
    SSLEngine on
    SSLCertificateFile    /etc/letsencrypt/live/{domain}/fullchain.pem
    SSLCertificateKeyFile /etc/letsencrypt/live/{domain}/privkey.pem

    ProxyPreserveHost On
    ProxyPass        / http://{listen}/
    ProxyPassReverse / http://{listen}/
    RequestHeader set X-Forwarded-Proto https
</VirtualHost>
""",
    ),
    "haproxy": (
        "haproxy.cfg",
        """\
# Add to /etc/haproxy/haproxy.cfg — then: sudo haproxy -c -f /etc/haproxy/haproxy.cfg
frontend music
    mode http
    bind :443 ssl crt /etc/haproxy/{domain}.pem alpn h2,http/1.1
    option forwardfor
    http-request set-header X-Forwarded-Proto https
    timeout client 1m
    default_backend guard

backend guard
    mode http
    timeout connect 5s
    timeout server 5m
    server guard {listen}
""",
    ),
    "traefik": (
        "traefik.yaml",
        """\
# A file of Traefik's file provider.
http:
  routers:
    music:
      rule: Host(`{domain}`)
      entryPoints: [websecure]
      tls: {{certResolver: letsencrypt}}
      service: guard
  services:
    guard:
      loadBalancer:
        servers:
          - url: http://{listen}
""",
    ),
}


def snippet(plan: Plan) -> tuple[str, str] | None:
    """Name and text of the file for the web server in front; None where there is none."""
    found = _SNIPPETS.get(plan.front)
    if found is None:
        return None
    name, text = found
    return name, text.format(domain=plan.domain or "example.org", listen=plan.listen)


def unit(plan: Plan, *, user: str, here: Path) -> str:
    """The systemd unit: no rights but those that are needed; port 80 and 443 without root."""
    ports = [int(each.rpartition(":")[2]) for each in (plan.listen, plan.redirect) if each]
    low = min(ports) < _PRIVILEGED
    capability = (
        "AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE"
        if low
        else "CapabilityBoundingSet="
    )
    return _UNIT.format(
        here=here,
        site=plan.domain or plan.upstream,
        start=" ".join(map(_quoted, plan.serve)),
        user=user,
        capability=capability,
        state=_quoted(str(plan.state)),
    )


_HOOK = """\
#!/bin/sh
# Brings a new certificate to where the guard looks for it; the guard notices it within seconds.
# certbot --deploy-hook and lego --run-hook or --renew-hook run it as root, and say where the files are.
set -eu
chain=${{RENEWED_LINEAGE:+$RENEWED_LINEAGE/fullchain.pem}}
key=${{RENEWED_LINEAGE:+$RENEWED_LINEAGE/privkey.pem}}
chain=${{chain:-${{LEGO_CERT_PATH:-$1}}}}
key=${{key:-${{LEGO_CERT_KEY_PATH:-$2}}}}
# The key first, and each file under its name only when it is whole.
install -o {user} -m 0600 "$key" {key}.new
install -o {user} -m 0644 "$chain" {certificate}.new
mv {key}.new {key}
mv {certificate}.new {certificate}
"""


def hook(plan: Plan, *, user: str) -> str:
    """The script that certbot or lego runs after a renewal. acme.sh needs none: it copies by itself."""
    return _HOOK.format(
        user=shlex.quote(user),
        certificate=shlex.quote(str(plan.certificate)),
        key=shlex.quote(str(plan.key)),
    )


def _quoted(word: str) -> str:
    """A word of a unit file: quoted where it has blanks, and % twice."""
    word = word.replace("%", "%%")
    return f'"{word}"' if " " in word else word
