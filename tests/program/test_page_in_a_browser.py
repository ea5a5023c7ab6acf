"""The page in one file, in a real Chromium: what its buttons do, how it looks, and that no request leaves it.

CONCEXP_BROWSER=required makes a missing browser a failure, as in CI; otherwise these tests are skipped where there is none.
"""

import contextlib
import http.server
import json
import os
import re
import shutil
import threading

import pytest

from concexp import report
from concexp.analysis import results
from concexp.report import Look, html_page
from tests.helpers.program import ROOT

pytestmark = pytest.mark.slow

LARGEST = "ccbench"  # of the committed reports
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --force-color-profile=srgb"
)
WIDE, NARROW = (1280, 900), (390, 844)
FACTORS = {
    "": 1,
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "k": 1e3,
    "M": 1e6,
    "KiB": 1024,
    "MiB": 1 << 20,
}


def unavailable(what):
    (pytest.fail if os.environ.get("CONCEXP_BROWSER") == "required" else pytest.skip)(f"there is no {what}")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A Chromium that logs all its requests."""
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        unavailable("selenium: pip install -e '.[browser]'")
    paths = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in paths:
        unavailable("chromium with chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = paths[0]
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options, Service(paths[1]))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The HTML file of the largest committed report."""
    folder = tmp_path_factory.mktemp("reports")
    run = results.load(ROOT / "reports" / LARGEST)
    report.write(run, folder, look=Look("svg", html=True))
    return folder / f"{LARGEST}.html"


def opened(browser, address, size=WIDE):
    """Loads a page into a window of this size, as if nothing had been clicked yet; returns the document's root."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == NARROW},
    )
    browser.get("about:blank")
    for log in ("performance", "browser"):
        browser.get_log(log)
    browser.get(address)
    return browser.find_element("css selector", "html")


def system_colours(browser, scheme):
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )


def all_of(browser, selector):
    return browser.find_elements("css selector", selector)


def one(browser, selector):
    return browser.find_element("css selector", selector)


def column(table, number):
    """The texts of a column in the rows that are shown, from the top down."""
    cells = table.find_elements("css selector", f"tbody tr:not([hidden]) td:nth-child({number})")
    return [cell.text for cell in cells]


def value(text):
    """A figure of the page: `24.0 µs (22.2–25.9)`, `12,900 †`; None for anything else."""
    figure = re.fullmatch(r"([−\d.,]+) ?([a-zA-Zµ]*)[ †§‡]*(\(.*\))?", text)
    return figure and float(figure[1].replace(",", "").replace("−", "-")) * FACTORS[figure[2]]


def sent(browser):
    """The addresses that were asked for since the page was opened, but for those that hold their content themselves.

    Requests that the page's policy refused never left.
    """
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    refused = {event["params"]["requestId"] for event in events if event["params"].get("blockedReason") == "csp"}
    asked = {
        event["params"]["requestId"]: event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    }
    return [url for number, url in asked.items() if number not in refused and not url.startswith(("data:", "about:"))]


def click(browser, element):
    """Clicks where a reader would, with the element in the middle of the window and not under the bar at its top."""
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()


def unfold(browser):
    for fold in all_of(browser, "details:not([open]) > summary"):
        click(browser, fold)


def test_folds_open_by_a_click_and_by_a_link(browser, page):
    """Evidence is folded; its line opens and closes it, and a link to its heading opens it."""
    opened(browser, page.as_uri())
    folds = all_of(browser, "details")
    assert len(folds) >= 3
    table = one(browser, "details table")
    assert not table.is_displayed()
    click(browser, one(browser, "details summary"))
    assert table.is_displayed()
    click(browser, one(browser, "details summary"))
    assert not table.is_displayed()
    one(browser, "nav a[href='#how-far-to-trust-it']").click()
    assert one(browser, "#how-far-to-trust-it + details").get_attribute("open")
    assert 0 <= one(browser, "#how-far-to-trust-it").rect["y"] - browser.execute_script("return scrollY") < WIDE[1]
    assert browser.get_log("browser") == []


def test_rows_are_sorted_by_clicks(browser, page):
    """By a column's values, up, then down, then as before; the head says which, also to a screen reader; keys work as well."""
    opened(browser, page.as_uri())
    unfold(browser)
    table = max(all_of(browser, "main table"), key=lambda one: len(one.find_elements("css selector", "tbody tr")))
    heads = table.find_elements("css selector", "thead th")
    number = next(place for place, head in enumerate(heads, 1) if head.get_attribute("class") == "number")
    head, button = heads[number - 1], heads[number - 1].find_element("css selector", "button")
    before = column(table, number)
    known = [text for text in before if value(text) is not None]
    assert len({*known}) > 3
    assert sorted(known, key=value) != before[: len(known)]
    click(browser, button)
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(table, number) == [*sorted(known, key=value), *(text for text in before if value(text) is None)]
    button.send_keys("\ue007")
    assert head.get_attribute("aria-sort") == "descending"
    assert [value(text) for text in column(table, number)][: len(known)] == sorted(map(value, known), reverse=True)
    click(browser, button)
    assert head.get_attribute("aria-sort") == "none"
    assert column(table, number) == before


MIXED = """\
# Mixed

| name | time | size | python | share |
| --- | ---: | --- | --- | --- |
| a | 24.0 µs (22.2–25.9) | 64KiB | 3.9 | 0.5 |
| b | 2.41 ms | 1MiB | 3.13 | 0.25 |
| c | – | 1KiB | 3.11 | 1,000 |
| d | 293 µs † | 512B | 3.10 | −3 |
| e | never | 0KiB | 3.15 | 12 % |
| f | 1.2 s ‡ |  | 3.14 | 2 |
"""


@pytest.mark.parametrize(
    ("number", "up", "down"),
    [
        (1, "abcdef", "fedcba"),
        (2, "adbfce", "fbdace"),
        (3, "edcabf", "bacdef"),
        (4, "adcbfe", "efbcda"),
        (5, "dbafec", "cefabd"),
    ],
    ids=["text", "time", "size", "version", "share"],
)
def test_units_count_when_rows_are_sorted(browser, tmp_path, number, up, down):
    """Milliseconds are more than microseconds, 3.10 is later than 3.9, and what is no figure comes last in either direction."""
    (tmp_path / "x.html").write_text(html_page.render(MIXED, {}, {}), "utf-8")
    opened(browser, (tmp_path / "x.html").as_uri())
    table, button = one(browser, "table"), one(browser, f"th:nth-child({number}) button")
    for order in (up, down, "abcdef"):
        click(browser, button)
        assert "".join(column(table, 1)) == order


def test_rows_are_filtered_as_one_types(browser, page):
    """Only rows with all the words stay, whichever their cells and case; the count is said; an empty field brings all back."""
    opened(browser, page.as_uri())
    unfold(browser)
    label = one(browser, "label.filter")
    field, count = (label.find_element("css selector", name) for name in ("input", "output"))
    table = browser.execute_script("return arguments[0].nextElementSibling.querySelector('table')", label)
    rows = [row.text for row in table.find_elements("css selector", "tbody tr")]
    words = [column(table, number)[0] for number in (1, 2)]
    matching = [row for row in rows if all(word in row for word in words)]
    assert 0 < len(matching) < len(rows)
    field.send_keys(" ".join(words).upper())
    shown = [row.text for row in table.find_elements("css selector", "tbody tr") if row.is_displayed()]
    assert shown == matching
    assert count.text == f"{len(matching)} of {len(rows)} rows"
    field.clear()
    field.send_keys("x")
    field.send_keys("\ue003")
    assert all(row.is_displayed() for row in table.find_elements("css selector", "tbody tr"))
    assert count.text == ""


def luminance(colour):
    """Relative luminance of `rgb(r, g, b)`, as WCAG 2 defines it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(browser, selector, behind):
    found = [
        one(browser, selector).value_of_css_property("color"),
        one(browser, behind).value_of_css_property("background-color"),
    ]
    low, high = sorted(map(luminance, found))
    return (high + 0.05) / (low + 0.05)


def test_light_and_dark(browser, page):
    """As the system has it until the switch is used, then as chosen, also next time; all is readable, pictures lie on white."""
    for scheme, is_dark in (("dark", True), ("light", False)):
        system_colours(browser, scheme)
        root = opened(browser, page.as_uri())
        browser.execute_script("localStorage.clear()")
        unfold(browser)
        switch = one(browser, "button.theme")
        for expected in (is_dark, not is_dark, is_dark, not is_dark):
            assert switch.get_attribute("aria-pressed") == str(expected).lower()
            assert (luminance(one(browser, "body").value_of_css_property("background-color")) < 0.1) is expected
            for text in ("main p", "summary", "main a", "th", "p:has(> .picture) + p"):
                behind = "th" if text == "th" else "body"
                assert contrast(browser, text, behind) >= 4.5, text
            assert contrast(browser, "pre", "pre") >= 4.5
            assert one(browser, ".picture").value_of_css_property("background-color") == "rgba(255, 255, 255, 1)"
            switch.click()
        root = opened(browser, page.as_uri())
        assert root.get_attribute("data-theme") == ("dark" if is_dark else "light")
        browser.execute_script("localStorage.clear()")
    system_colours(browser, "light")


def test_on_a_phone(browser, page):
    """The page is as wide as the window; wide tables and pictures scroll in their boxes, and letters keep their size."""
    root = opened(browser, page.as_uri(), NARROW)
    browser.execute_script("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    assert root.get_property("scrollWidth") == NARROW[0]
    boxes = all_of(browser, ".table")
    assert any(box.get_property("scrollWidth") > box.get_property("clientWidth") for box in boxes)
    assert all(picture.rect["width"] >= 500 for picture in all_of(browser, ".picture img"))
    assert all(float(cell.value_of_css_property("font-size")[:-2]) >= 14 for cell in all_of(browser, "td")[:5])


def test_on_paper_nothing_is_folded(browser, page):
    """For printing all folds open, and afterwards those close that were closed before."""
    opened(browser, page.as_uri())
    click(browser, one(browser, "details summary"))
    states = [fold.get_attribute("open") for fold in all_of(browser, "details")]
    assert {*states} == {"true", None}
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert {fold.get_attribute("open") for fold in all_of(browser, "details")} == {"true"}
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert [fold.get_attribute("open") for fold in all_of(browser, "details")] == states


@contextlib.contextmanager
def server(files):
    """Serves these files at an address of this machine; yields it, and the paths that were asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            content = files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{served.server_port}", asked
        finally:
            served.shutdown()
            thread.join()


LEAKS = (
    b'<img src="/leak.png"><script src="/leak.js"></script><link rel="stylesheet" href="/leak.css">'
    b'<iframe src="/leak"></iframe>'
)


def test_no_request_leaves_the_page(browser, page):
    """From a disk or a server only the file itself is asked for; what is added is refused, and would be seen here otherwise."""
    opened(browser, page.as_uri())
    unfold(browser)
    assert sent(browser) == [page.as_uri()]
    assert browser.get_log("browser") == []
    content = page.read_bytes()
    leaking = content.replace(b"</main>", LEAKS + b"</main>")
    policy = re.search(rb"<meta http-equiv=[^>]*>", content)[0]
    files = {"/page": content, "/leaking": leaking, "/open": leaking.replace(policy, b"")}
    with server(files) as (address, asked):
        for path, expected in (("/page", {"/page"}), ("/leaking", {"/leaking"})):
            opened(browser, address + path)
            assert {*sent(browser)} == {address + one for one in expected}
            assert {*asked} == expected
            asked.clear()
        opened(browser, address + "/open")
        assert {*asked} == {"/open", "/leak.png", "/leak.js", "/leak.css", "/leak"}


def test_it_is_small_enough_to_send(page):
    """The file of the largest committed report has less than 3 MB."""
    assert page.stat().st_size < 3_000_000
