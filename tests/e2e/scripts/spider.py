"""A spider that calls itself CCBot; it obeys robots.txt where its arguments say so."""

import sys
from collections.abc import AsyncIterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

base, obey = sys.argv[1], sys.argv[2] == "obey"
PATHS = ("/index.html", "/music/short.mp3", "/music/tone.mp3", "/feed.xml")


class Spider(scrapy.Spider):
    name = "ccbot"

    async def start(self) -> AsyncIterator[Any]:
        if not obey:  # it reads what is said, and goes on all the same
            yield scrapy.Request(f"{base}/robots.txt", priority=9)
        for path in PATHS:
            yield scrapy.Request(base + path)

    def parse(self, response: Response, **_: Any) -> None:
        print(response.url.removeprefix(base), response.status, len(response.body))


process = CrawlerProcess(
    {
        "USER_AGENT": "CCBot/2.0 (https://commoncrawl.org/faq/)",
        "ROBOTSTXT_OBEY": obey,
        "ROBOTSTXT_USER_AGENT": "CCBot",
        "CONCURRENT_REQUESTS": 1,
        "HTTPERROR_ALLOW_ALL": True,
        "LOG_ENABLED": False,
        "RETRY_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
    }
)
process.crawl(Spider)
process.start()
