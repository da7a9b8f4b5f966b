"""A scraper with aiohttp under its own name."""

import asyncio
import sys

import aiohttp


async def main() -> None:
    async with aiohttp.ClientSession() as session, session.get(sys.argv[1]) as answer:
        print(answer.status, answer.headers["Content-Type"])
        sys.stdout.flush()
        sys.stdout.buffer.write(await answer.read())


asyncio.run(main())
