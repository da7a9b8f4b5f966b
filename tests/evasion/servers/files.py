"""Tornado's static files."""

import asyncio
import sys

from tornado.web import Application, StaticFileHandler


async def main() -> None:
    """Serve the folder on the port."""
    Application([(r"/(.*)", StaticFileHandler, {"path": sys.argv[2]})]).listen(
        int(sys.argv[1]), "127.0.0.1"
    )
    await asyncio.Event().wait()


asyncio.run(main())
