"""The table of targets: what is fuzzed, and what must hold for it."""

from __future__ import annotations

from collections.abc import Mapping

TARGETS: Mapping[str, str] = {
    "request_target": "the normal form has no dots, NUL or second slash, and is its own normal form",
    "user_agent": "a known purpose and nothing proven; the same answer twice",
    "header_traits": "headers of a browser give words of the vocabulary",
    "robots_lines": "every record stands in the file, on the line it names",
    "robots_access": "line ends and comments do not matter; /robots.txt is always open",
    "robots_merge": "twice is once; never weaker than the stance or the site; no line is lost",
    "content_usage": "what is written is read back; nothing else raises",
    "content_signal": "what is written is read back; a `no` is never lifted",
    "tdmrep": "what is quoted reads the same",
    "rsl": "a licence with any holder and scope reads as it was meant",
    "licence_inside": "what is written into a file is read back; the sound stays as it was",
    "robots_tag": "a second line never lifts a `no`",
    "response_headers": "any header lines; links and statements are bounded by what was sent",
    "ai_txt": "one statement for each agent, quoted from the file",
    "trust_txt": "where both stand, no counts",
    "c2pa_report": "any report; credentials that do not fit the file say nothing",
    "path_patterns": "`*` and `$` as a plain regular expression has them",
    "html_insertion": "the page minus the tags is the page, in whatever chunks it came",
    "html_head": "charsets and heads of any page; what is declared after insertion is the same",
    "transcoder": "gzip, deflate, br, zstd: the page minus the tags is the page; bombs are bounded",
    "broken_coding": "data that is not its coding goes out as it came, or ends; bounded",
    "web_bot_auth": "nothing is verified that was not signed",
    "structured_fields": "anything but ValueError is a fault",
    "key_directory": "thumbprints are those of the keys; private and test keys are left out",
    "signer_card": "bounded, printable text and https addresses, or a CardError",
    "ja4": "36 characters of the known shape; GREASE does not matter",
    "log_lines": "Common Log Format and its children: a hit, no request, or unreadable",
    "log_json": "JSON lines: a hit, no request, or unreadable",
    "log_har": "HAR: exchanges or unreadable; paths are normal",
    "front_log_lines": "lines of proxies: what went out, bounded; nothing, or ValueError",
    "media_heads": "a length between nothing and a week, whatever the chunks",
    "listings": "paths of the site alone, bounded, the same in whatever pieces",
    "marked_address": "what is put in comes off; nothing but marks goes; none was not signed",
    "link_marking": "without its marks it is what came, in whatever pieces",
    "address_lists": "networks of the Internet, narrow enough, sorted; or a ConfigError",
    "forwarded_for": "an address, and never one that nobody trusted has vouched for",
    "rule_yaml": "a document or problems with a place; bounded depth",
}
"""Each is a file of this name in targets/."""
