"""What a report and a letter have around them as HTML pages: nothing is loaded, nothing runs."""

from __future__ import annotations

from markupsafe import Markup

PAGE = Markup("""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>{style}</style></head>
<body><main>
{body}
</main></body></html>
""")
"""`language`, `title`, `style` and `body` are put in."""
