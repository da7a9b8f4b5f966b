"""Words that robots write into a user agent and people's clients do not, and their exceptions.

Tables of RE2 expressions, and tables of what speaks against them; all were held against people's
clients by `./run bench quality`. What is found counts unless one of these is found, too:

    BARE   nothing but a mail address or source code        PLAYERS
    FORMS  the whole agent as robots write it               APPS, DISGUISES, DESKS
    SURE   what nobody but a robot writes                   LISTENERS, WHOLE
    SIGNS  ways of reaching its operator, other forms       LISTENERS, DISGUISES, DEVICES, DESKS, WHOLE
    WORDS  what it came for, in the words of the trade      LISTENERS, DISGUISES, DEVICES, DESKS, WHOLE

    APPS       a podcast app, a player, a radio, a reader, under whatever name
    LISTENERS  these, whatever has to do with sound, and programs on people's machines
    DISGUISES  an old or odd browser, with all that is built into it
    DEVICES    a phone, a television, a console: there are phones called "M bot" and "Spider 8"
    DESKS      a desk phone, an e-reader, hi-fi: small browsers that call themselves compatible
    WHOLE      a browser in its full form, with the name of another behind it or in a phone's brackets
    PLAYERS    a player, whose makers give their address

A word that could name a listener's program is no sign: `collector`, `download`, `archive`, `client`
and `agent` would find a few robots more. Neither is a bare `Name/1.0`: that is what a podcast app
nobody has heard of writes. A miss is noted; a false block costs a fan.
"""

from __future__ import annotations

from collections.abc import Sequence

Table = Sequence[tuple[str, str]]
"""A sign's name, for people to read, and its expression."""

BARE: Table = (
    # Programs that people use have a name.
    ("nothing but a mail address", r"(?i)^(mailto:)?[\w.+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$"),
    (
        "nothing but its source code",
        r"(?i)^[<(+ ]*(https?://)?(www\.)?((github|gitlab|bitbucket)\.com|codeberg\.org|huggingface\.co)/[^ ]+$",
    ),
)

FORMS: Table = (
    # As none of OPAWG's 968 podcast apps calls itself. It counts even for what is called after music,
    # as companies that learn from it are; feeds and pages stay open to it.
    (
        "a robot's form",
        r"^Mozilla/5\.0 \(compatible; ([^();/]+/[\w.-]+|[^()]*https?://[^()]*)\)$",
    ),
)

SURE: Table = (
    ("asks to be looked up", r"\+ ?(?i:https?:|www\.|mailto:)|\+[a-z]+@[a-z]"),
    # A colon for a semicolon, and a form never filled in, are nothing that a browser writes.
    # Behind a browser's own words, a phone's too; people's browsers say "compatible" at the beginning.
    (
        "compatible, behind a browser",
        r"(Chrome|Safari|Firefox|Gecko)/[0-9.]+ (Mobile )?\(compatible; [^()]*(/[0-9]|https?:|www\.|@)",
    ),
    ("copies a browser badly", r"Macintosh[: ] ?Intel|; ?\{\} ?[;)]"),
    ("runs on Node.js", r"(?i)\bnode\.?js/\d"),
)

SIGNS: Table = (
    ("gives its address", r"(?i)https?:/|\bwww\.[a-z0-9-]+\.[a-z]"),
    (
        "gives a mail address",
        r"(?i)[a-z0-9]@[a-z0-9-]+\.[a-z]|\((at|@)\)[a-z0-9-]+\.[a-z]"
        r"|[a-z0-9] (at|\(at\)|\[at\]) [a-z0-9.-]+ (dot|\[dot\]|\.) ?[a-z]",
    ),
    # Nothing but a site and perhaps a version. Programs' identifiers go the other way round: com.…
    (
        "is called by its site",
        r"(?i)^[a-z0-9.-]+\.(com|net|org|info|io|ai|co|de|ru|cz|eu|ch|at|pl|fr|uk|it|nl|se|dk|no|es|us"
        r"|br|cn|jp)([/ ]|$)",
    ),
    # The whole agent: real browsers that call themselves compatible go on after the bracket.
    ("compatible", r"(?i)^Mozilla/[1-6]\.0 \(compatible; [^)]+\)$"),
    ("compatible, with a version", r"(?i)compatible; [a-z][a-z0-9._-]*/"),
    ("with a version", r"(?i)(bot|spider|crawler)[/;]"),
    # In a phone's disguise, too.
    ("Google", r"\bGoogle-[A-Za-z]|(?i:page ?speed|google search console)"),
    # What was to be filled in before it went out, and what is meant for the server to run.
    (
        "fills in a form",
        r"(?i)\{\{|\b(your|default)[ _-]?user[ _-]?agent|^CustomUserAgent|NameOfAgent|geckotrail",
    ),
    ("tries to break in", r"(?i)\$\{|<\?|<%|\bjndi:|<script|/etc/passwd|\bunion\W+select\b"),
)

WORDS: Table = (
    ("crawler", r"(?i:crawl|spider|spyder|bot\b|bot_|b0t\b|\bscraper?\b)|[A-Za-z]Bot[A-Z0-9]"),
    (
        "crawling software",
        r"(?i)larbin|ht-?dig\b|nutch|heritrix|mnogosearch|datapark|search ?engine",
    ),
    ("search", r"(?i)^([^M]|M[^o]).*search\b"),
    ("fetcher", r"(?i)\bfetch(er)?\b|[a-z]fetcher\b"),
    ("indexer", r"(?i)index(er|ing)?\b|harvest"),
    ("archiver", r"(?i)archiver|web ?archiv"),
    ("checker", r"(?i)check(s|er|ing)?\b|validat|verif(y|ier|ication)"),
    ("monitor", r"(?i)monitor|uptime|health ?-?check|\bprob(e|er)\b|\bping(er)?\b|synthetic|PTST"),
    ("scanner", r"(?i)scan(ner|ning)?\b|vulnerab|\baudit|\brecon\b|pentest|exploit"),
    ("SEO", r"\bSEO|\bSeo[A-Z]|\bseo\b|SEO\b|[Bb]acklink|[Pp]age ?[Rr]ank"),
    ("sales", r"(?i)prospect|\blead ?-?(gen|radar)|[a-z]Lead(Gen|Radar)"),
    ("analyser", r"(?i)analy[sz](e|er|is|ing)\b|plagiar|survey|census|research|experiment\b"),
    ("transcriber", r"(?i)transcrib|transcriptions?\b|whisper"),
    (
        "data for models",
        r"(?i)\bdata ?-?sets?\b|\bcorp(us|ora)\b|embeddings?\b|training data|machine learning|\bllms?\b",
    ),
    (
        "pictures of pages",
        r"(?i)thumb(s|nail|nailer|shot)?\b|screen-?_? ?shot|(web|site|page) ?-?shot|webthumb"
        r"|favicon|screenie",
    ),
    (
        "links",
        r"(?i)(link|url) ?(analy|check|exam|expan|monitor|previe|resol|shorten|verif)"
        r"|unfurl|unshort|shortener|resolver|sitemap|webhooks?\b",
    ),
    (
        "extractor",
        r"(?i)extract(or|ion)|grabber|(html|link) ?parser|mail[ _]?(siphon|collect|hunt|wolf|exract)"
        r"|(site|web|page)[ _-]?(suck|snag|strip|leech|reap|whack|cop(y|ier))",
    ),
    # What a program is written with, where a browser would name its engine.
    (
        "script",
        r"^([^M]|M[^o]).*(\bCPython/|\bNode\.js|\b(PHP|Ruby|Perl|perl|golang)\b"
        r"|(?i:http[ _-]?(client|request|get|fetch|kit|lib)))",
    ),
    ("tester", r"(?i)tester\b|generator\b|tracer\b|\w::\w"),
    # Words that browsers and what is built into them have, too.
    (
        "data and domains",
        r"(?i)^([^M]|M[^o]).*(statisti|intelligen|keyword|classifi|semantic|enrich|\bdns|domain"
        r"|whois)",
    ),
)

PLAYERS = r"(?i)player|listen|radio|/feeds?\b|\.(fm|app)\b"

APPS = (
    # Who listens and reads, under whatever name.
    r"(?i)pod|\bcast|cast(ing|s|er)?\b|player|radio|\blisten|FM\b|\.(fm|app)\b|subscriber|reader|RSS"
    r"|feed([^b]|$)|news(gator|fire|life|blur)"
)

LISTENERS = (
    APPS
    # What is listened to.
    + r"|music|audio|sound|song|tracks?\b|tune|stream|\bmedia"
    # Programs on people's machines, which say what machine it is, those that people publish, and
    # the identifiers of apps.
    r"|CFNetwork|Darwin[/ ]|^([^M]|M[^o]).*(iPhone|iPad|iOS|Android|Windows|Mac ?OS|Linux[; )])"
    r"|^([^M]|M[^o]).*(github\.|gitlab|readthedocs|sourceforge|sf\.net)|Google-HTTP-Java"
    r"|^(app|at|au|ch|co|com|de|dev|fm|fr|io|it|me|net|nl|org|se|tv|uk|us)\.[a-z]"
    # What old browsers carry the address of.
    r"|toolbar|K-Meleon"
)

DISGUISES = (
    # Old and odd browsers, and what is built into them.
    r"(?i)^Mozilla.*MSIE\s+[1-9]|Konqueror|Trident|iCab|OmniWeb|WebTV|NetFront|NetPositive|brows(e|er)\b"
    r"|[IA]Browse|Maple|Galeon|Netscape|Mosaic|AOL [0-9]|AvantGo|Opera|Polaris|Dillo|Lynx|Links \("
    r"|rv:1\.[0-8]|\.NET CLR|askbar|desktop|proxomitron|anonymouse|FrontPage|Lotus-Notes"
    r"|Powermarks|PrintSmart|Contiki|^Mozilla.*\(compatible; ([^)]*; )?(Linux|Ubuntu|Win|en-)"
    # Old and odd machines.
    r"|Symbian|Series60|Nokia|PalmOS|Windows CE|RISC OS|Amiga|Haiku|Teleca|Zune|RIM[0-9]|MIDP|CUBOT"
    r"|Forum:|WAChat|\bvia\b"
)

DEVICES = (
    r"(?i)Android|iPhone|iPad|Build/|MAUI|UP\.(Browser|Link)|BlackBerry|Windows Phone|Tizen|web0s"
    r"|\bTV|HbbTV|samsung|nintendo|playstation|PS Vita|\bHTC|Arduino|ESP(32|8266)|M5Stack|RTL8"
)

DESKS = (
    # What stands on a desk or in a rack of hi-fi and has a small browser or player inside: whole
    # names, perhaps with a model's number behind.
    r"(?i)\b(snom|aastra|mitel|polycom|VVX|yealink|grandstream|gigaset|avaya|fanvil|htek|innovaphone"
    r"|openstage|optipoint|panasonic|alcatel|nortel|3CX|shoretel|digium|linksys|spectralink|audiocodes"
    r"|sangoma|thomson|NEC|SIP|VoIP|(ip|desk)? ?phone|kindle|kobo|roku|sonos|squeezebox|denon|marantz"
    r"|yamaha|onkyo|bluesound|bose|tesla|qtcarbrowser|set-?top|STB|dreambox|enigma2|dlna|upnp)[0-9]*\b"
)

WHOLE = (
    # A whole browser, and behind it the name of another that is built on it.
    r"^Mozilla/5\.0 \([^()]*\) (AppleWebKit|Gecko)/.*(Safari|Firefox)/[0-9.]+"
    r"( [A-Za-z][\w.]*/[\w.~-]+( \([\w.+~-]*\))?)+$"
    # A phone's, with nothing but names: what stands in its brackets is the phone.
    r"|^Mozilla/5\.0 \((Linux; |iPhone|iPad)[^()]*\) AppleWebKit/[0-9.+]+ \(KHTML, like Gecko\)"
    r"( [A-Za-z][\w.]*/[\w.~-]+| Mobile| Safari)*$"
)
