"""Odd pages for the tests of tagging; `@@` stands where the tags belong, and nowhere where not."""

from __future__ import annotations

from dataclasses import dataclass

from stagedoor.signals.html.insertion import Outcome, Tags, meta

TAGS = Tags.of(meta("robots", "noai, noimageai") + meta("tdm-reservation", "1"))
HERE = b"@@"
UTF_8 = "text/html; charset=utf-8"
XHTML = "application/xhtml+xml"


@dataclass(frozen=True)
class Page:
    """`page` with its `@@`, already encoded; `outcome` what becomes of it."""

    name: str
    page: bytes
    kind: str = "text/html"
    outcome: Outcome = "tagged"
    wide: str = ""
    """The UTF-16 in which `@@` stands, if so."""

    @property
    def here(self) -> bytes:
        return HERE.decode().encode(self.wide) if self.wide else HERE

    @property
    def before(self) -> bytes:
        """The page as the site sends it."""
        return self.page.replace(self.here, b"")

    @property
    def after(self) -> bytes:
        """The page as visitors get it."""
        return self.page.replace(self.here, TAGS.text.encode(self.wide or "ascii"))

    @property
    def charset(self) -> str:
        return self.kind.partition("charset=")[2]


def _wide(text: str, encoding: str, mark: bytes, kind: str = "text/html") -> Page:
    return Page(f"{encoding} {kind} {mark!r}", mark + text.encode(encoding), kind, wide=encoding)


WORDPRESS = b"""<!DOCTYPE html>
<html lang="en-US" class="no-js">
<head><meta charset="UTF-8">@@
\t<meta name="viewport" content="width=device-width, initial-scale=1">
<script>document.documentElement.className = "js";</script>
<meta name='robots' content='max-image-preview:large' />
<title>The Band &#8211; Songs</title>
<link rel='https://api.w.org/' href='/wp-json/' />
<style id='wp-block-library-inline-css'>:root{--wp:"</head>"}</style>
</head>
<body class="home blog"><header class="site"><h1>The Band</h1></header></body></html>
"""

PAGES = (
    Page("wordpress", WORDPRESS),
    Page("wordpress, header", WORDPRESS, UTF_8),
    Page("simple", b"<!doctype html><html><head>@@<title>A</title></head><body>b</body></html>"),
    Page("attributes of head", b"<!doctype html><head a='>' b=\">\" c=x/>@@<title>A</title>"),
    Page("capitals", b"<!DOCTYPE HTML><HTML><HEAD>@@<TITLE>A</TITLE></HEAD><BODY>b"),
    Page("quirks", b"<html><head>@@<title>A</title></head><body>b"),
    Page("limited quirks", b'<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd"><html><head>@@<title>A</title></head><body>b'),
    Page("no head", b"<!doctype html><html lang=en>\n@@<body><p>b"),
    Page("no head, title", b"<!doctype html>\n@@<title>A</title>\n<p>b"),
    Page("no html", b"<!doctype html>@@<p>b"),
    Page("only text", b"<!doctype html>\n@@Hello, world"),
    Page("no doctype, title", b"@@<title>A</title><p>b"),
    Page("no doctype, body", b"\n@@<body bgcolor=red>b</body>"),
    Page("empty head", b"<!doctype html><html><head>@@</head><body>b"),
    Page("head ends that never began", b"<!doctype html><html>@@</head><body>b"),
    Page("comment first", b"<!-- <head> --><!doctype html><!-- <html><head> --><html><head>@@<title>A</title>"),
    Page("comments between", b"<!doctype html><html><!-- a --><!----><!--> <!---><head>@@<title>A</title>"),
    Page("odd comment ends", b"<!doctype html><!--!> <head> --!><html><!-- --!><!---!> <head> --><head>@@<title>A</title>"),
    Page("bogus comments", b"<!doctype html><?php echo '<head' ?><!ELEMENT x></ head><![CDATA[x]]><head>@@<title>A</title>"),
    Page("conditional", b'<!doctype html><!--[if IE 8]><html class="ie8"><![endif]--><!--[if !IE]><!--><html><!--<![endif]--><head>@@<title>A</title>'),
    Page("downlevel revealed", b"<!doctype html><html><![if !IE]><head>@@<title>A</title><![endif]>"),
    Page("head in an attribute", b"<!doctype html><html data-x='<head>' data-y=\"</head><head>\"><head>@@<title>A</title>"),
    Page("a quote in a name", b"<!doctype html><html a\"=b c'><head>@@<title>A</title>"),
    Page("an equals sign first", b"<!doctype html><html =a=' >' b = \">\" c=d'e><head>@@<title>A</title>"),
    Page("header is not head", b"<!doctype html><html>@@<header><head></header>"),
    Page("a script before", b"<!doctype html>@@<script>document.write('<head>')</script><title>A</title>"),
    Page("frameset", b"<html><head>@@<title>A</title></head><frameset cols=50%,50%><frame src=about:blank><frame src=about:blank></frameset></html>"),
    Page("frameset, no head", b"<html>\n@@<frameset cols=50%,50%><frame src=about:blank><frame src=about:blank></frameset></html>"),
    Page("mark", b"\xef\xbb\xbf<!doctype html><html><head>@@<title>\xc3\xa4</title>"),
    Page("mark, nothing else", b"\xef\xbb\xbf@@<title>\xc3\xa4</title>"),
    Page("mark beats header", b"\xef\xbb\xbf<!doctype html><html><head>@@<title>\xc3\xa4</title>", "text/html; charset=koi8-r"),
    Page("charset late", b"<!doctype html><html><head><title>A</title><style>p{}</style><script>1</script>" + b"<link rel=x href=y>" * 30 + b"<meta charset=koi8-r>@@</head><body>\xf0\xf2\xe9</body>"),
    Page("charset too late", b"<!doctype html><html><head>@@" + b"<link rel=x href=y>" * 60 + b"<meta charset=koi8-r></head><body>\xf0\xf2\xe9</body>"),
    Page("charset out of reach", b"<!doctype html><html><head>@@<template>" + b" " * 800 + b"</template><meta charset=koi8-r></head><body>\xf0\xf2\xe9</body>"),
    Page("charset at the edge", b"<!doctype html><html><head><template>" + b" " * 900 + b"</template><meta charset=koi8-r></head><body>\xf0\xf2\xe9</body>" + b" " * 500, outcome="charset"),
    Page("http-equiv", b"<html><head><title>A</title><meta http-equiv=Content-Type content='text/html; charset=windows-1251'>@@<body>\xcf"),
    Page("amp", b"<!doctype html><html \xe2\x9a\xa1><head><meta charset=utf-8>@@<script async src=x></script>", UTF_8),
    Page("charset not first, header", b"<!doctype html><html><head>@@<title>A</title><meta charset=utf-8>", UTF_8),
    Page("shift_jis", b"<html><head><title>\x83\x5c\x83\x7b</title><meta charset=shift_jis>@@<body>\x95\x5c"),
    Page("gbk", b"<html><head>@@<title>\xc4\x7c\x81\x5c</title><body>", "text/html; charset=GBK"),
    Page("euc-kr", b"<html><head>@@<title>\xb0\xa1</title><body>", "text/html; charset=euc-kr"),
    Page("big5", b"<html><head>@@<title>\xa4\x5c</title><body>", 'text/html; charset="big5"'),
    Page("iso-2022-jp", b"<html><head>@@<title>\x1b$B$3\x1b(B</title><body>", "text/html; charset=iso-2022-jp"),
    Page("iso-2022-jp, shifted", b"<!-- \x1b$B --><html><head><title>A</title>", "text/html; charset=iso-2022-jp", "charset"),
    Page("utf-7", b"<html><head><title>A</title>", "text/html; charset=utf-7", "charset"),
    Page("iso-2022-kr", b"<html><head><title>A</title>", "text/html; charset=iso-2022-kr", "charset"),
    Page("ebcdic", "<html><head><title>A</title>".encode("cp037"), "text/html; charset=cp037", "charset"),
    Page("utf-32", "<html><head><title>A</title>".encode("utf-32-be"), "text/html", "charset"),
    _wide("<!doctype html><html><head>@@<title>\U0001f3b5 \u0161</title>", "utf-16-le", b"\xff\xfe"),
    _wide("<!doctype html><html><head>@@<title>\U0001f3b5 \u3c3e</title>", "utf-16-be", b"\xfe\xff"),
    _wide("<!doctype html><!--\u3c00\u003e--><html><head>@@<title>\u0161</title>", "utf-16-be", b"", "text/html; charset=utf-16be"),
    _wide("<?xml version='1.0'?><html><head>@@<title>\u0161</title>", "utf-16-le", b""),
    Page("xhtml", b'<?xml version="1.0"?><?a b="<head>"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head>@@<title>A</title></head><body/></html>', XHTML),
    Page("xhtml as html", b'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head>@@<title>A</title></head><body></body></html>'),
    Page("xhtml, empty head", b'<html xmlns="http://www.w3.org/1999/xhtml"><head/><body/></html>', XHTML, "no-place"),
    Page("xhtml, prefixed", b'<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head/></h:html>', XHTML, "not-html"),
    Page("xhtml, entities", b'<!DOCTYPE html [<!ENTITY a "<head>">]><html xmlns="http://www.w3.org/1999/xhtml"><head></head></html>', XHTML, "not-html"),
    Page("json", b'{"html": "<html><head></head></html>"}', outcome="not-html"),
    Page("an error's text", b"Fatal error: <html> in /x.php", outcome="not-html"),
    Page("fragment", b"<div><title>x</title></div>", outcome="not-html"),
    Page("fragment with style", b"<style>p{}</style><script>'<html>'</script><p>x</p>", outcome="not-html"),
    Page("fragment with header", b"<header>x</header>", outcome="not-html"),
    Page("nothing", b"", outcome="not-html"),
    Page("space", b" \n", outcome="not-html"),
    Page("unfinished", b"<!doctype html><html><head", outcome="no-place"),
    Page("a comment without end", b"<!doctype html><!-- <head> ", outcome="no-place"),
    Page("a quote without end", b'<!doctype html><html a="><head>', outcome="no-place"),
)  # fmt: skip
