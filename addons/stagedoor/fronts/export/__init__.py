"""Configurations of proxies that ask the counter: nginx, Caddy, Traefik, HAProxy, Envoy."""
