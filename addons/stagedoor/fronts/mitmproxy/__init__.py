"""mitmproxy."""
