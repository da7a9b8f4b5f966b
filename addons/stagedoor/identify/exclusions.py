"""Patterns of other lists of crawlers that are not taken.

LEFT_OUT is about crawler-user-agents, FURTHER_LEFT_OUT about CrawlerDetect; both name the beginnings
of patterns, after `^`. Most hit somebody in `./run bench quality --fixtures DIR`, or name a program in
front of which a person sits.
"""

from __future__ import annotations


def _each(names: str) -> tuple[str, ...]:
    return tuple(names.split(", "))


LEFT_OUT = (
    # Apps and readers with which people listen.
    *_each(
        r"Overcast, Podimo, PocketCasts, NewsBlur, Instapaper, Iframely, IFTTT, AppEngine-Google, okhttp, "
        r"BTWebClient, Fever, FeedFlow, Asana"
    ),
    # Pages shown inside apps, and browsers: the names stand in people's agents too.
    *_each(
        r"WhatsApp, Viber, MetaIAB, Bluesky\/, Goodreads, PayPal, NING, Tweakers, "
        r"CapitalOneShopping, Grammarly, Chrome Privacy Preserving, Sogou, Silk\/, Fluid, "
        r"RED\/, speedy, Teoma, Chirp|, Code\/, Trae, Hotjar, Blackboard, GoogleDocs, "
        r"Known Agent, Mastodon, Notion\/, Tumblr\/"
    ),
    # Phones, builds of Android and plain words.
    *_each(
        r"AP3A, Sonic, Butterfly, Expanse, 008, Charlotte, Adventurer, Magellan, Hello World, "
        r"Optimizer, Fetch, Splunk, Nuzzel, Digg"
    ),
)

FURTHER_LEFT_OUT = (
    # Its words of the trade, also inside other words: `signs.WORDS` are ours. And what RE2 does not
    # take; Yandex has a file in the catalogue.
    r"[a-z0-9\-_]*(bot",
    "Yandex(?!",
    # Apps, players and readers, and what they are built on.
    *_each(
        r"PodcastAddict, WinPodder, RadioPublic, Google-Podcast, LibVLC, Lavf, RMA\/, "
        r"RealPlayer, dBpoweramp, Recorder, okhttp, Dart\/, Embarcadero, HttpUrlConnection, gvfs, "
        r"AndroidDownloadManager, Java\/, Telesphore, NetworkingExtension, Wallpapers, "
        r"BazQux, Bloglines, Bloglovin, Blogtrottr, BlogBridge, CommaFeed, Feed, feeder, "
        r"Fever, Fiery, FreshRSS, Gofeed, GreatNews, Gregarius, Instapaper, intraVnews, "
        r"Liferea, MagentaNews, MagpieRSS, Miniflux, Morning Paper, NetNewsWire, NewsGator, "
        r"newsme, Netvibes, Nuzzel, Open Source RSS, ownCloud, page2rss, Plagger, Protopage, "
        r"Pump, QuiteRSS, Reeder, RSSOwl, RSSMix, SimplePie, Snarfer, Sottopop, "
        r"Specificfeeds, Syndirella, Tiny Tiny, UniversalFeed, Windows-RSS, AppleSyndication, "
        r"acrylicapps, endo\/, Bandit, Demon, Buddy, Digg, FlipboardRSS"
    ),
    # Mail, messages and offices, in which links are opened.
    *_each(
        r"Airmail, Canary, Polymail, Mail\/, MacOutlook, Outlook, Microsoft Office, "
        r"Microsoft Outlook, Microsoft Data, Microsoft-WebDAV, DavClnt, Word\/, Excel\/, "
        r"PowerPoint, InDesign, Mindjet, Apache OpenOffice, URL\/Emacs, Asana, Slack, "
        r"mattermost, WhatsApp, GoogleMessages, MailChimp, Mail\.Ru, twibble, chatterino, "
        r"Zapier, dlvr, Iframely, AppEngine-Google, Grammarly, GoSpotCheck, github, git\/"
    ),
    # Downloaders: fans use them, too.
    *_each(
        r"FDM , FlashGet, GetRight, Go!Zilla, GoZilla, JetCar, LeechGet, NetAnts, ReGet, "
        r"RealDownload, SmartDownload, QQDownload, Download Wonder, Mass Down"
    ),
    # Browsers, what is built into them, phones, and plain words in their names.
    *_each(
        r"StumbleUpon, PeoplePal, SiteBar, teoma, lycos, voyager, Webster, libwww, Dolphin, "
        r"Genieo, MSFrontPage, FavOrg, Turingos, SpaceBison, Screaming, "
        r"DTS Agent, webmon, x22, x09, cmcm, terrainformatica, 008, "
        r"Google Desktop, pinterest, GitLab, LibWeb, Voil, Astute, Octopus, OPPO, speedy, Zeus, Zoom, Snake, Anemone, updated, Mojeek, "
        r"Integrity, Optimizer, link-check, MVAClient, Twice, Hloader, "
        r"MovableType, Go-Ahead, RPT-HTTP, POE-, Fetch\/, WordPress\/, Photon"
    ),
    # Plain words, by which an app may be called as well.
    *_each(
        r"Aether, Alligator, Anthill, Attach, Autonomy, Bigfoot, Brodie, Buck, Butterfly, "
        r"Charlotte, Chirp, cortex, Craw\/, GoogleDocs, "
        r"Crescent, curb, Devil, Dispatch, Drip, fluffy, Flunky, Goose\/, Grabber, Holmes, Jaunt, "
        r"Jigsaw, Moreover, Needle, nettle, Nibbler, Orbiter, Railgun, Readability, Scoop, scooter, "
        r"Scrubby, Scrutiny, Seeker, Siege, Siphon, Snappy, Snoopy, Spanner, Steeler, Synapse, "
        r"tAkeOut, Tarantula, Teleport, Tetrahedron, Topster, Vacuum, Verity, voltron, wangling"
    ),
)
