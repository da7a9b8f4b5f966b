"""Sphinx's settings for the documentation; `./run docs` builds it."""

project = "Stagedoor"
author = "The Stagedoor developers"
copyright = author  # noqa: A001 # Sphinx's own name for it
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Stagedoor"
html_static_path: list[str] = []
exclude_patterns = ["fail2ban"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# Every link to a page or a heading must lead somewhere; a build with a warning fails.
nitpicky = True
# Files beside the documentation are named as code, and linked only in the forge.
suppress_warnings = ["myst.header"]
man_pages = [("reference/commands", "stagedoor", "guards a self-hosted music site", author, 1)]
