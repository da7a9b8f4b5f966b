"""Request targets: what is matched must be what the origin will serve."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.resources.paths import MAX_TARGET, extensions, normalise


@pytest.mark.parametrize(
    "target",
    [
        "/music/a.mp3",
        "/music/a.MP3",
        "/music/a.Mp3?t=1",
        "/music/a.mp3#t=30",
        "/music/a.mp3?a#b?c",
        "/music/%61.mp3",
        "/music/a%2Emp3",
        "/music/a.%6d%70%33",
        "/%6D%75sic/a.mp3",
        "//music/a.mp3",
        "/music///a.mp3",
        "/music/./a.mp3",
        "/./music/a.mp3",
        "/music/%2e/a.mp3",
        "/x/../music/a.mp3",
        "/x/%2e%2e/music/a.mp3",
        "/x/%2E./music/a.mp3",
        "/../../music/a.mp3",
        "/music/live/../a.mp3",
        "/music%2fa.mp3",
        "/music%2Fx%2F..%2Fa.mp3",
        "/music\\a.mp3",
        "/music/%5ca.mp3",
        "\\music\\a.mp3",
        "/music/a.mp3%00",
        "/music/a.mp3%00.html",
        "music/a.mp3",
        "http://example.org/music/a.mp3",
        "HTTPS://example.org:443//music/a.mp3?x",
        "/x;/../music/a.mp3",
    ],
)
def test_many_spellings_of_one_file_are_one_path(target: str) -> None:
    assert normalise(target) == "/music/a.mp3"


@pytest.mark.parametrize(
    "target",
    [
        "/" * 6000 + "music/a.mp3",
        "/x/.." * 1200 + "/music/a.mp3",
        "/." * 3000 + "/music/a.mp3",
        "/%2e" * 1700 + "/music/a.mp3",
    ],
)
def test_a_long_way_round_leads_to_the_same_file(target: str) -> None:
    # Origins take request lines of 8 kB, and shorten such a path before they look for the file.
    assert len(target) < 8000
    assert normalise(target) == "/music/a.mp3"


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("", "/"),
        ("/", "/"),
        ("*", "/*"),
        ("?a=/music/a.mp3", "/"),
        ("http://example.org", "/"),
        ("/..", "/"),
        ("/a/..", "/"),
        ("/a/b/..", "/a/"),
        ("/a/.", "/a/"),
        ("/music/", "/music/"),
        ("/music//", "/music/"),
        ("/a/.../b", "/a/.../b"),
        ("/.well-known/x", "/.well-known/x"),
        ("/Music/A.MP3", "/Music/A.mp3"),
        ("/V1.0/Song", "/V1.0/Song"),
        ("/A.MP3/", "/A.mp3/"),
        ("/%2561", "/%61"),
        ("/%252e%252e/a", "/%2e%2e/a"),
        ("/%", "/%"),
        ("/%zz", "/%zz"),
        ("/%ff", "/�"),
        ("/%c0%ae%c0%ae/a", "/����/a"),
        ("/%C3%A9", "/é"),
        ("/\xc3\xa9", "/é"),
        ("/a%3Fb", "/a?b"),
        ("/a%20b", "/a b"),
        ("/a+b", "/a+b"),
        ("/%00", "/"),
        ("/a:b@c", "/a:b@c"),
        ("/go?to=http://x/y", "/go"),
        ("/http://x/y", "/http:/x/y"),
    ],
)
def test_a_target_has_one_path(target: str, path: str) -> None:
    assert normalise(target) == path


TARGETS = st.text(
    st.one_of(st.sampled_from("/.%\\;?#:2eEfF5cC0a"), st.characters(max_codepoint=255)), max_size=40
)


@given(TARGETS)
def test_nothing_raises_and_no_way_leads_upwards(target: str) -> None:
    path = normalise(target)
    assert path.startswith("/")
    assert not {"..", "."} & set(path.split("/"))
    assert "//" not in path
    assert "\0" not in path
    assert "\\" not in path
    assert len(path) <= MAX_TARGET + 1


@given(st.text(max_size=40))
def test_characters_that_no_header_can_hold_do_not_raise(target: str) -> None:
    assert normalise(target).startswith("/")


@given(TARGETS)
def test_a_path_without_anything_to_decode_is_its_own_path(target: str) -> None:
    path = normalise(target)
    if path.isascii() and not set("%?#") & set(path):
        assert normalise(path) == path


SEGMENTS = st.text("abcXYZ019-_~ ü", min_size=1, max_size=6)


@given(st.lists(SEGMENTS, min_size=1, max_size=4), st.data())
def test_however_a_path_is_dressed_up_it_stays_the_same(
    segments: list[str], data: st.DataObject
) -> None:
    plain = "/" + "/".join(segments) + ".mp3"
    dressed = ""
    for segment in [*segments[:-1], segments[-1] + ".mp3"]:
        dressed += data.draw(
            st.sampled_from(
                [
                    "/",
                    "//",
                    "/./",
                    "/x/../",
                    "/%2e/",
                    "/%2E%2e/" if not dressed else "/",
                    "%2f",
                    "\\",
                ]
            )
        )
        for byte in segment.encode():
            plainly = chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02x}"
            dressed += data.draw(st.sampled_from([plainly, f"%{byte:02X}"]))
    assert normalise(dressed) == plain
    assert normalise(f"http://h{dressed}?q") == plain or not dressed.startswith("/")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/a.mp3", ("mp3",)),
        ("/a.MP3", ("mp3",)),
        ("/a", ()),
        ("/", ()),
        ("/a.b/c", ()),
        ("/a.mp3/", ("mp3",)),
        ("/a.mp3.", ("mp3",)),
        ("/a.mp3 ", ("mp3",)),
        ("/a.mp3. /", ("mp3",)),
        ("/a.mp3;v=2", ("mp3;v=2", "mp3")),
        ("/a.tar.gz", ("gz",)),
        ("/.htaccess", ("htaccess",)),
        ("/a;b.mp3", ("mp3",)),
        ("/a.html;b.mp3", ("mp3", "html")),
    ],
)
def test_extensions_are_those_an_origin_may_go_by(path: str, found: tuple[str, ...]) -> None:
    assert extensions(path) == found


@given(st.text(max_size=40))
def test_extensions_never_raise(path: str) -> None:
    assert all(extension == extension.lower() for extension in extensions(path))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/a.mp3.bak", ("bak", "mp3")),
        ("/a.mp3~", ("mp3~", "mp3")),
        ("/a.mp3.old.bak", ("bak", "old", "mp3")),
        ("/a.mp3.tmp.orig.old.bak", ("bak", "old", "orig")),  # nobody keeps so many
        ("/a.mp3;a.mp3", ("mp3",)),
        ("/a", ()),
    ],
)
def test_copies_keep_their_kind(path: str, found: tuple[str, ...]) -> None:
    assert extensions(path) == found
