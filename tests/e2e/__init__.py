"""The guard as a real process, between real programs.

    programs.py   start programs, wait for them, stop them
    clients.py    curl and raw sockets, and what they got
    site.py       a real music site: audio made by ffmpeg, served by nginx
    rawsite.py    an origin of bare sockets, for what no web server would do
    guarding.py   the guard: started, read from outside, stopped
    webdriver.py  Chromium, by the few WebDriver calls that playing music needs
    scripts/      scrapers, as people write them

Tests assert on what arrived, what the site heard, and what the guard says about both. Everything
is on loopback; a package of its own, so that no module's name can collide with a unit test's.
"""
