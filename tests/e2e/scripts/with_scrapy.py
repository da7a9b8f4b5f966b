"""A spider with scrapy's own agent, which takes what it is given whatever the status says."""

import sys
from collections.abc import AsyncIterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response


class Harvester(scrapy.Spider):
    name = "harvester"

    async def start(self) -> AsyncIterator[Any]:
        yield scrapy.Request(sys.argv[1])

    def parse(self, response: Response, **_: Any) -> None:
        kind = (response.headers["Content-Type"] or b"").decode()
        print(response.status, kind)
        sys.stdout.flush()
        sys.stdout.buffer.write(response.body)


process = CrawlerProcess(
    {
        "HTTPERROR_ALLOW_ALL": True,
        "LOG_ENABLED": False,
        "RETRY_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
    }
)
process.crawl(Harvester)
process.start()
