"""What a program's own words say that it is, whatever it is built with; and who has them by chance."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shippedpolicy import shipped_policy
from stagedoor.identify.matcher import Matcher, plain
from stagedoor.identify.own_words import HINTS, NAMES, ON_AIR, REMARKS, SOUND, WORK, own_word
from stagedoor.load import public_patterns
from stagedoor.model.facts import ANONYMOUS, PEOPLE, UNKNOWN, Client, as_header
from stagedoor.rules.policy import Policy

PIECES = [
    *re.findall("[a-z]{3,}", " ".join(expression for *_, expression in (*NAMES, *WORK, *REMARKS))),
    *re.findall("[a-z0-9]{3,}", f"{SOUND} {ON_AIR}"),
    *" /1;(-_.",
]
IPHONE = "CFNetwork/1408.0.4 Darwin/22.5.0"
PLATFORMS = (
    IPHONE,
    "Lavf/61.7.100",
    "okhttp/4.12.0",
    "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 6 Build/TQ3A.230805.001)",
    "(Linux;Android 13) ExoPlayerLib/2.18.7",
    "AppleCoreMedia/1.0.0.20G75 (iPhone; U; CPU OS 16_6 like Mac OS X; en_us)",
    "stagefright/1.2 (Linux;Android 9)",
    "GStreamer souphttpsrc 1.22.0 libsoup/3.2.2",
    "VLC/3.0.21 LibVLC/3.0.21",
    "libmpv",
    "Kodi/20.1 (X11; Linux x86_64) Ubuntu/22.04",
    "Electron/28.1.0",
    "AndroidXMedia3/1.4.1",
)


@cache
def shipped() -> Policy:
    return shipped_policy()


def known(agent: str) -> Client:
    return shipped().identify(as_header(agent))


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("MyCrawler/1.0", "robot"),
        ("Zorbulon Spider/2", "robot"),
        ("ZorBot/1.0", "robot"),
        ("SiteScraper/0.3", "robot"),
        ("ZorArchiver/1", "robot"),
        ("AudioScraper/2.0", "audio-harvester"),
        ("podcast-research/0.1", "audio-harvester"),
        ("Music%20Dataset%20Builder/1", "audio-harvester"),
        ("Overcast%20Transcriber/1", "transcriber"),
        ("zor-transcriber/2.0", "transcriber"),
        ("Podcast+Downloader/2", "downloader"),
        ("Zor Downloader/1.0", "downloader"),
    ],
)
def test_a_library_does_not_hide_what_a_program_calls_itself(
    name: str, purpose: str, platform: str
) -> None:
    assert known(f"{name} {platform}").purpose == purpose


@pytest.mark.parametrize(
    "agent",
    [
        f"Zorbulon/1 {IPHONE}",
        f"Talbot/3 {IPHONE}",
        f"Robot%20Heart%20Music/1 {IPHONE}",
        f"Spider-Man%20Podcast/1 {IPHONE}",
        f"Crawler%20Trax/1 {IPHONE}",
        f"Downloader%20Pro/1 {IPHONE}",
        f"Live%20Music%20Archive/3.2 {IPHONE}",
        f"Music%20Collection/2 {IPHONE}",
        f"Audio%20Analyzer/3 {IPHONE}",
        f"Voice%20Training/1 {IPHONE}",
        f"Research%20Podcast/1 {IPHONE}",
        f"Corpus%20Christi%20Radio/1 {IPHONE}",
        f"Harvest%20Church%20Podcast/1 {IPHONE}",
        f"Whisper/4 {IPHONE}",
        "VLC/3.0.21 LibVLC/3.0.21",
        "Lavf/61.7.100",
        "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)",
        "iTunes/12.9 (Macintosh; archive of audio)",
        "Mozilla/5.0 (Linux; Android 13; Spider 8) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/124.0.0.0 Mobile Safari/537.36",
    ],
)
def test_who_listens_is_not_taken_for_a_robot_by_a_word_of_its_name(agent: str) -> None:
    assert known(agent).purpose in PEOPLE


HARVESTERS = (
    "my-podcast-research/0.1 (contact@university.example)",
    "python script for audio dataset",
    "EpisodeIndexer",
    "podcast-corpus-builder/1.0 (mailto:me@university.example)",
    "podcast_scraper",
    "PodcastScraper 1.0",
    "PodEnrich/0.3",
    "PodcastMining/0.1",
    "speech-corpus-collector",
    "music-dataset-crawler/1.0",
    "my podcast archive script",
    "sound-archive-bot",
    "AudioCollector",
    "LLM-Podcast-RAG/1.0",
    "whisper-podcast-pipeline",
    "Podcast summarizer (LLM) v2",
    "podcast-dl (research archive)",
    "https://github.com/someone/podcast-embeddings",
    "Mozilla/5.0 (compatible; AudioDatasetBuilder/0.1; +https://lab.example)",
    "Mozilla/5.0 (X11; Linux x86_64) podcast-corpus",
    "python-requests/2.31.0 (podcast research; contact: x@university.example)",
    "Go-http-client/2.0 podcast-pipeline",
    "Sprachkorpus-Sammler/1.0 (Uni)",
    "podcast-forschung/1.0",
    "Lavf/60.3.100 (audio corpus builder)",
    "VLC/3.0.18 LibVLC/3.0.18 (podcast dataset)",
    "EpisodeHarvester+(+https://example.org)",
)
TRANSCRIBERS = (
    "podwhisper/1.0",
    "EpisodeTranscriptionService/2",
    "curl/8.0 (podcast transcription)",
    "speech-to-text for podcasts",
    "podcast stt 1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36 (podcast transcription)",
)


@pytest.mark.parametrize("agent", HARVESTERS)
def test_who_says_that_it_collects_sound_is_a_harvester(agent: str) -> None:
    assert known(agent).purpose == "audio-harvester"


@pytest.mark.parametrize("agent", TRANSCRIBERS)
def test_who_says_that_it_writes_sound_down_is_a_transcriber(agent: str) -> None:
    assert known(agent).purpose == "transcriber"


@pytest.mark.parametrize(
    "agent",
    [
        "PodcastPlayer/1.0 (archive support)",
        "Podcast Archive Player/2.1",
        "AudioBookPlayer/1.0 index",
        "MyPodcasts/1.0 (iPhone; iOS 17; archive)",
        "RadioArchive/1.0 (Android 14)",
        "podcast listening app with transcripts",
        "ZorPods/4.1 (https://podcastindex.org)",
        "Fountain/1.0 Podcast Index",
        "Zorbulon Podcasts/1 (research edition; listen everywhere)",
        "MusicReader/1.0 (whisper mode)",
        "Zorbulon/1.0 (music)",
        "ZorPlayer/1.0 (transcription by whisper)",
    ],
)
def test_players_keep_words_that_collectors_have_too(agent: str) -> None:
    assert known(agent).purpose in PEOPLE | {"unknown"}


@pytest.mark.parametrize(
    "agent",
    ["someone@podcast-lab.example", "mailto:audio@example.org", "https://github.com/x/audio-tool"],
)
def test_nothing_but_an_address_is_no_name(agent: str) -> None:
    assert known(agent).purpose == "robot"


def test_a_crawler_known_by_name_stays_that() -> None:
    assert known("Mozilla/5.0 (compatible; GPTBot/1.3; podcast research)").name == "GPTBot"
    assert known("SPoRC-Research-Downloader/1.0").name == "SPoRC-Research-Downloader"


def test_a_known_name_that_has_the_word_itself_stays_known() -> None:
    assert known(f"Music%20Download/1 {IPHONE}").name == "Music Download App"
    assert known("APKXDL (Linux; U; Android 4.4.4;nb_no; trlte/KTU84P) Downloader").name == (
        "APK Downloader"
    )
    assert known("FeedFetcher-Google; (+http://www.google.com/feedfetcher.html)").purpose in {
        "feed-reader",
        "search",
    }


def test_it_is_said_by_what_a_client_was_known() -> None:
    assert known("AudioScraper/2.0 Lavf/61").known == 'its own name: "scraper"'
    assert known("curl/8.5 (podcast research)").known == 'its own words: "research"'
    assert known("GPTBot/1.3").known.startswith('"GPTBot", rules/crawlers/openai.yaml:')
    assert known("Mozilla/5.0 (compatible; Zor/1.0; +http://zor.example)").known.startswith(
        "what robots write: "
    )


@pytest.mark.parametrize("pattern", ["Statastico/4.0", "Hardenize"])
def test_the_list_that_decided_is_named(pattern: str) -> None:
    assert known(pattern).known.endswith((" of crawler-user-agents", " of CrawlerDetect"))


def test_blanks_may_be_written_as_in_an_address() -> None:
    assert plain("Pocket%20Casts/1.0") == "Pocket Casts/1.0"
    assert plain("Pocket+Casts/1.0") == "Pocket Casts/1.0"
    assert plain("Mozilla/5.0+(compatible;+GPTBot/1.3;++https://openai.com/gptbot)") == (
        "Mozilla/5.0 (compatible; GPTBot/1.3; +https://openai.com/gptbot)"
    )
    assert plain("Zor/1.0 (+https://zor.example)") == "Zor/1.0 (+https://zor.example)"
    assert plain("Podcast%E2%80%99ler/1") == as_header("Podcast’ler/1")
    assert plain("100%/1 %0d%0a %zz") == "100%/1 %0d%0a %zz"
    assert known("Podcast Transcriber/1").purpose == known("Podcast%20Transcriber/1").purpose


@pytest.mark.parametrize("agent", ["", " ", "-", "--", '""', "''", "()"])
def test_without_a_letter_or_digit_nobody_is_named(agent: str) -> None:
    assert known(agent) == ANONYMOUS


@pytest.mark.parametrize("agent", ["Zorbulon", "0", "ж", "null"])
def test_a_name_that_nobody_knows_is_a_name(agent: str) -> None:
    assert known(agent) == UNKNOWN


def test_own_words_are_bounded() -> None:
    """An agent of two thousand characters costs what its length costs."""
    for agent in ("podcast " * 256, "/1 " * 680, "(" * 2048, "podcast research" + "a/1 " * 500):
        own_word(agent)
    assert own_word("a/1 " * 11 + "crawler/1") is not None
    assert own_word("a/1 " * 12 + "crawler/1") is None


@pytest.mark.parametrize("agent", [*HARVESTERS, *TRANSCRIBERS])
def test_every_own_word_has_a_hint_before_it_is_looked_for(agent: str) -> None:
    assert own_word(plain(agent)) is not None
    assert any(hint in agent.lower() for hint in HINTS)


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
def test_what_has_no_hint_has_no_own_word(agent: str) -> None:
    if own_word(agent) is not None:
        assert any(hint in agent.lower() for hint in HINTS)


def test_without_own_words_the_catalogue_stands_alone() -> None:
    one = Matcher(shipped().catalogue, public_patterns.second())
    assert one.identify("podcast-research/0.1 " + IPHONE).name == "Apple app"
