"""A spider of scrapy that follows every link from a page on, and keeps what is called .mp3.

Usage: ``python spider_of_songs.py URL FOLDER [AGENT]``
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response, TextResponse


class Songs(scrapy.Spider):
    """Goes everywhere on one site."""

    name = "songs"

    async def start(self) -> AsyncIterator[Any]:
        """Begin with the page."""
        yield scrapy.Request(sys.argv[1])

    def parse(self, response: Response, **_: Any) -> Iterator[scrapy.Request]:
        """Keep it, and follow its links."""
        if response.url.endswith(".mp3"):
            (Path(sys.argv[2]) / response.url.rpartition("/")[2]).write_bytes(response.body)
        elif isinstance(response, TextResponse):
            for link in response.css("a::attr(href)").getall():
                yield response.follow(link, self.parse)


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir()
    settings: dict[str, Any] = {
        "LOG_ENABLED": False,
        "RETRY_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
    }
    if sys.argv[3:] and sys.argv[3]:
        settings["USER_AGENT"] = sys.argv[3]
    process = CrawlerProcess(settings)
    process.crawl(Songs)
    process.start()
