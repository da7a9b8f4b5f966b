"""mitmproxy's side: facts from flows, decisions onto flows."""
