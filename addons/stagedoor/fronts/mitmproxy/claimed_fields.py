"""Header fields by which a visitor could claim what only a proxy can know.

Sites believe them where the request comes from the guard's address. Names are in one spelling:
CGI, and servers after it, read `X_Real_IP` and `x.real.ip` as X-Real-IP.
"""

from __future__ import annotations

_SPELLING = bytes(
    ord(chr(byte).lower()) if byte < 128 and chr(byte).isalnum() else ord("-")
    for byte in range(256)
)

RENAMES = frozenset({
    b"x-original-url", b"x-original-uri", b"x-original-path", b"x-rewrite-url", b"x-override-url",
    b"x-forwarded-uri", b"x-forwarded-path", b"x-http-destinationurl", b"x-envoy-original-path",
    b"x-waws-unencoded-url", b"x-request-uri", b"request-uri", b"x-replaced-path",
    # Rack::Sendfile takes these from requests, and then another file is sent.
    b"x-sendfile-type", b"x-accel-mapping", b"x-accel-redirect", b"x-sendfile",
    # Another host than the one that was decided about.
    b"x-host", b"x-original-host", b"x-http-host-override", b"x-host-override",
    b"x-backend-host", b"x-rewrite-host",
})  # fmt: skip
"""Name another path or host than the one that was decided about, and some frameworks obey them:
nobody may say that, trusted or not."""

SAYS_WHO = frozenset({
    b"true-client-ip", b"cf-connecting-ip", b"cf-connecting-ipv6", b"cf-pseudo-ipv4",
    b"fastly-client-ip", b"fly-client-ip", b"x-client-ip", b"client-ip", b"x-cluster-client-ip",
    b"x-remote-ip", b"x-remote-addr", b"x-originating-ip", b"x-azure-clientip",
    b"x-envoy-external-address", b"x-appengine-user-ip", b"x-nf-client-connection-ip",
    b"proxy-client-ip", b"wl-proxy-client-ip", b"x-proxyuser-ip", b"x-real-client-ip",
    b"x-vercel-forwarded-for", b"x-original-forwarded-for", b"x-sucuri-clientip",
    b"incap-client-ip", b"ali-cdn-real-ip", b"cdn-src-ip", b"x-cdn-src-ip", b"do-connecting-ip",
    b"x-arr-clientip", b"x-gateway-client-ip", b"remote-addr",
    b"x-user-ip", b"x-coming-from", b"coming-from", b"forwarded-for", b"forwarded-for-ip",
})  # fmt: skip
"""Say who the visitor is: taken from a trusted proxy only, and then with what the guard has found."""

DROPPED = RENAMES | {b"forwarded", b"x-forwarded", b"x-real-ip"}
"""Never passed on, also not from a trusted proxy; the guard writes its own X-Real-IP."""

OF_A_PROXY = frozenset({
    # Where it has mounted the site.
    b"x-forwarded-prefix", b"x-script-name",
    # Who has logged in at it: Navidrome, Grafana and others take Remote-User as a log-in.
    b"remote-user", b"remote-name", b"remote-email", b"remote-groups", b"x-remote-user",
    b"x-remote-email", b"x-remote-group", b"x-remote-groups", b"x-webauth-user",
    b"x-authenticated-user", b"x-authenticated-userid", b"x-authenticated-groups",
    b"x-auth-request-user", b"x-auth-request-email", b"x-auth-request-groups",
    b"x-auth-request-preferred-username", b"x-auth-request-access-token",
    b"x-forwarded-user", b"x-forwarded-email", b"x-forwarded-groups",
    b"x-forwarded-preferred-username", b"x-forwarded-access-token",
    b"x-authentik-username", b"x-authentik-email", b"x-authentik-groups", b"x-authentik-name",
    b"x-authentik-uid", b"tailscale-user-login", b"tailscale-user-name",
    b"cf-access-authenticated-user-email", b"x-goog-authenticated-user-email",
    b"x-goog-authenticated-user-id", b"x-ms-client-principal", b"x-ms-client-principal-name",
    b"x-ms-client-principal-id", b"x-token-subject", b"remote-user-email",
    # Whose certificate it has checked.
    b"x-forwarded-client-cert", b"x-client-cert", b"x-client-verify", b"x-ssl-client-cert",
    b"x-ssl-client-verify", b"x-ssl-client-dn", b"x-ssl-client-s-dn", b"ssl-client-cert",
    b"ssl-client-verify", b"ssl-client-s-dn", b"x-ssl-cert", b"client-cert", b"client-cert-chain",
})  # fmt: skip
"""Only a trusted proxy can know these, so only its words are passed on."""


def spelt(name: bytes) -> bytes:
    """A field's name in the one spelling."""
    return name.translate(_SPELLING)
