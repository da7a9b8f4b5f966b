"""Patterns of other lists of crawlers that are not taken, because people's clients match them.

LEFT_OUT is about crawler-user-agents, FURTHER_LEFT_OUT about CrawlerDetect; both name the beginnings
of patterns, after `^`. Each of them hit somebody in `./run bench quality --fixtures DIR`, or names a
program in front of which a person sits.
"""

from __future__ import annotations

LEFT_OUT: tuple[str, ...] = (
    # Apps and readers with which people listen.
    *("Overcast", "Podimo", "PocketCasts", "NewsBlur", "Iframely", "IFTTT", "AppEngine-Google"),
    *("okhttp", "BTWebClient", "Fever", "FeedFlow"),
    # Pages shown inside apps, and browsers: the names stand in people's agents too.
    *("WhatsApp", "Viber", "MetaIAB", "Bluesky\\/", "Goodreads", "PayPal", "NING", "Tweakers"),
    *("CapitalOneShopping", "Grammarly", "Chrome Privacy Preserving", "Sogou", "Silk\\/", "Fluid"),
    *("RED\\/", "speedy", "Teoma", "Chirp|"),
    *("Code\\/", "Trae", "Hotjar", "Blackboard", "GoogleDocs", "Known Agent"),
    # Phones, builds of Android and plain words.
    *("AP3A", "Sonic", "Butterfly", "Expanse", "008", "Charlotte", "Adventurer", "Magellan"),
    *("Hello World", "Optimizer", "Fetch", "Splunk", "Nuzzel", "Digg"),
)
"""Beginnings of crawler-user-agents' patterns (after `^`) that are not taken, because people's
clients match them."""

FURTHER_LEFT_OUT: tuple[str, ...] = (
    "[a-z0-9\\-_]*(bot",  # its words of the trade, also inside other words; `signs.WORDS` are ours
    "Yandex(?!",  # not for RE2, and Yandex has a file in the catalogue
    # Apps, players and readers, and what they are built on.
    *("PodcastAddict", "WinPodder", "RadioPublic", "Google-Podcast", "LibVLC", "Lavf", "RMA\\/"),
    *("RealPlayer", "dBpoweramp", "Recorder", "okhttp", "Dart\\/", "HttpUrlConnection", "gvfs"),
    *("AndroidDownloadManager", "Java\\/", "Telesphore", "NetworkingExtension", "Wallpapers"),
    *(
        "BazQux",
        "Bloglines",
        "Bloglovin",
        "Blogtrottr",
        "BlogBridge",
        "CommaFeed",
        "Feed",
        "feeder",
    ),
    *("Fever", "Fiery", "FreshRSS", "Gofeed", "GreatNews", "Gregarius", "Instapaper", "intraVnews"),
    *(
        "Liferea",
        "MagentaNews",
        "MagpieRSS",
        "Miniflux",
        "Morning Paper",
        "NetNewsWire",
        "NewsGator",
    ),
    *("newsme", "Netvibes", "Nuzzel", "Open Source RSS", "ownCloud", "page2rss", "Plagger"),
    *("Protopage", "Pump", "QuiteRSS", "Reeder", "RSSOwl", "RSSMix", "SimplePie", "Snarfer"),
    *("Sottopop", "Specificfeeds", "Syndirella", "Tiny Tiny", "UniversalFeed", "Windows-RSS"),
    *(
        "AppleSyndication",
        "acrylicapps",
        "endo\\/",
        "Bandit",
        "Demon",
        "Buddy",
        "Digg",
        "FlipboardRSS",
    ),
    # Mail, messages and offices, in which links are opened.
    *("Airmail", "Canary", "Polymail", "Mail\\/", "MacOutlook", "Outlook", "Microsoft Office"),
    *("Microsoft Outlook", "Microsoft Data", "Microsoft-WebDAV", "DavClnt", "Word\\/", "Excel\\/"),
    *("PowerPoint", "InDesign", "Mindjet", "Apache OpenOffice", "URL\\/Emacs", "Asana", "Slack"),
    *(
        "mattermost",
        "WhatsApp",
        "GoogleMessages",
        "MailChimp",
        "Mail\\.Ru",
        "twibble",
        "chatterino",
    ),
    *(
        "Zapier",
        "dlvr",
        "Iframely",
        "AppEngine-Google",
        "Grammarly",
        "GoSpotCheck",
        "github",
        "git\\/",
    ),
    # Downloaders: fans use them, too.
    *("FDM ", "FlashGet", "GetRight", "Go!Zilla", "GoZilla", "JetCar", "LeechGet", "NetAnts"),
    *("ReGet", "RealDownload", "SmartDownload", "QQDownload", "Download Wonder", "Mass Down"),
    # Browsers, what is built into them, telephones, and plain words in their names.
    *("StumbleUpon", "PeoplePal", "SiteBar", "teoma", "lycos", "voyager", "Webster", "libwww"),
    *(
        "Dolphin",
        "DMBrowser",
        "Genieo",
        "MSFrontPage",
        "FavOrg",
        "Turingos",
        "SpaceBison",
        "Screaming",
    ),
    *("acebookexternalhit", "DTS Agent", "webmon", "x22", "x09", "cmcm", "terrainformatica"),
    *("008", "Astute", "Octopus", "OPPO", "speedy", "Zeus", "Zoom", "Snake", "Anemone", "updated"),
    *(
        "Mojeek",
        "Integrity",
        "Observatory",
        "Optimizer",
        "PTST",
        "link-check",
        "MVAClient",
        "Twice",
    ),
    *(
        "Hloader",
        "MovableType",
        "Go-Ahead",
        "RPT-HTTP",
        "POE-",
        "Fetch\\/",
        "WordPress\\/",
        "Photon",
    ),
)
"""The same for CrawlerDetect's patterns."""
