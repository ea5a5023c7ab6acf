"""Text of a user's is shown by Markdown, and does nothing else. markdown-it plays the repository host."""

import html
import re

import pytest
from markdown_it import MarkdownIt

from concexp.report.text.markdown import code, escaped, fenced, plain, unlinked, with_links

HOST = MarkdownIt("commonmark").enable("table").enable("strikethrough")
NASTY = [
    "plain", "a|b", "*b* _i_ ~~s~~", "`tick` ``ticks``", "<script>alert(1)</script>", "</details>", "[x](http://y)", "![x](y)",
    "# heading", "- item", "+ item", "1. item", "12) item", "---", "===", "> quote", "&amp; &lt;", "\\ \\| \\`", "$x$ $$y$$",
    "two\nlines\n\n# and more", "|", "`", "``", "x`", "~~~", "```", "-5", "3.11.7", "=1+1", "日本語 é",
]  # fmt: skip


def shown(text):
    """What a reader sees of a piece of HTML."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("place", ["{}", "word {} word", "# {}", "- {}", "| a | b |\n| --- | --- |\n| {} | c |"])
def test_escaped(text, place):
    """An escaped text appears as it was written in every place, and has no effect."""
    page = HOST.render(place.format(escaped(text)))
    wanted = HOST.render(place.format("X"))
    assert shown(page) == shown(wanted).replace("X", " ".join(text.split()))
    assert re.findall(r"<\w+", page) == re.findall(r"<\w+", wanted)


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("place", ["word {} word", "- {}", "| a | b |\n| --- | --- |\n| {} | c |"])
def test_code(text, place):
    """A name in a code span is shown as it is, whatever ticks and bars it has."""
    page = HOST.render(place.format(code(text)))
    assert shown(page) == shown(HOST.render(place.format("X"))).replace("X", " ".join(text.split()))
    assert page.count("<td>") == HOST.render(place.format("X")).count("<td>")


@pytest.mark.parametrize("text", [*NASTY, "````\n```\n`````\n<b>", "~~~\n```"])
def test_fenced(text):
    """A block holds all of its text and ends where it ends."""
    page = HOST.render(f"before\n\n{fenced(text)}\n\nafter")
    assert page.count("<pre>") == 1
    assert page.rstrip().endswith("<p>after</p>")
    inside = re.search(r"<pre><code[^>]*>(.*)</code></pre>", page, re.DOTALL)[1]
    assert html.unescape(inside).rstrip("\n") == text.rstrip()


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("write", [escaped, code])
@pytest.mark.parametrize(
    "place",
    ["{}", "word {} word", "**word** {}: see [what went wrong](#there)", "{} in 2 cells ([how we know](#there))."],
)
def test_plain(text, write, place):
    """What a reader of the page sees is what a terminal shows: the text as it was written, and no marks around it."""
    bare = place.replace("**", "").replace("[what went wrong](#there)", "what went wrong")
    bare = bare.replace(" ([how we know](#there))", "")
    assert plain(place.format(write(text))) == bare.replace("{}", " ".join(text.split()))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("https://x.org/a", '<a href="https://x.org/a">x.org</a>'),
        ("A. *B*, https://x.org/a_b/, 2025.", 'A. *B*, <a href="https://x.org/a_b/">x.org</a>, 2025.'),
        (
            "http://a.b/?x=1&y=2 and https://c.d",
            '<a href="http://a.b/?x=1&amp;y=2">a.b</a> and <a href="https://c.d">c.d</a>',
        ),
        ("javascript:alert(1) file:///etc", "javascript:alert(1) file:///etc"),
        (
            "https://x.org/a) [b](https://y.z)",
            '<a href="https://x.org/a">x.org</a>) [b](<a href="https://y.z">y.z</a>)',
        ),
        ("", ""),
    ],
)
def test_addresses_are_links(text, html):
    """Each by its host's name; all else of a user's text shows literally, and nothing in it makes a link of its own."""
    assert HOST.renderInline(with_links(text)) == html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see [what went wrong](#there) and [a \\[b\\]](c.csv)", "see what went wrong and a \\[b\\]"),
        ("2 cells ([how we know](#there)).", "2 cells."),
        ("![a picture](x.png)", "a picture"),
        ("`[a](b)` and \\[a\\](b)", "`[a](b)` and \\[a\\](b)"),
        ("**no link** at all", "**no link** at all"),
    ],
)
def test_unlinked(text, expected):
    """Links and pictures become their texts, mere references go; code and escaped brackets stay."""
    assert unlinked(text) == expected
