"""The page as one HTML file to send around: what README.md says, with pictures, style and the table of cells inside.

Nothing is fetched when it is opened: the file forbids it by a policy of its own, and what does not travel with it, such as the
run's folder, is named and not linked. Without scripts it is a plain page; with them tables can be sorted and filtered.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from concexp.analysis.results import Run
from concexp.experiment.reader import NAME
from concexp.report.text.language import current, message, say, translated

# The only HTML of README.md; anything else that looks like HTML is shown as text.
FOLD = re.compile(r"<details><summary>[^<>]*</summary>\s*|</details>\s*")
VERSIONS = "python"  # the axis whose labels look like decimal numbers, and are none
# What the script says, by the names under which it finds that.
WORDS = {
    "filter": message("Filter the rows"),
    "shown": message("{shown} of {all} rows"),
    "order": message("Sort the rows by this column; a third click brings back their order"),
}


class Heading(NamedTuple):
    """A heading of the page: its anchor, and its text."""

    anchor: str
    text: str


def path(run: Run, page: Path) -> Path:
    """Where the HTML file of a page lies, beside it: named like the experiment, since it travels alone."""
    name = run.spec["name"]
    _, *language = page.stem.split(".")  # README.zh.md
    return page.with_name(".".join([name if NAME.fullmatch(name) else "report", *language, "html"]))


def render(text: str, pictures: Mapping[str, bytes], tables: Mapping[str, bytes]) -> str:
    """Makes the HTML file from the Markdown of the page, in the language that texts are written in.

    pictures  each picture as SVG, by its path in the Markdown
    tables    CSV files to download from the page, by their paths in the Markdown
    """
    parser = MarkdownIt("commonmark", renderer_cls=_Renderer).enable("table")
    tokens = parser.parse(text)
    images = {parser.normalizeLink(name): _data("image/svg+xml", svg) for name, svg in pictures.items()}
    files = {parser.normalizeLink(name): _data("text/csv", table) for name, table in tables.items()}
    headings = list(_anchored(tokens))
    for token, following in pairwise(tokens):
        if token.type in ("th_open", "td_open"):
            token.attrs = _kind_of_cell(token, following)
        elif token.children:
            token.children = list(_inside(token.children, images, files))
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("concexp.report"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    style, script = (_source(templates, name) for name in ("page.css", "page.js"))
    return templates.get_template("page.html").render(
        language=current(),
        dark=say("Dark"),
        policy=_policy(style, script),
        title=next((heading.text for level, heading in headings if level == "h1"), ""),
        sections=[heading for level, heading in headings if level == "h2"],
        words={name: translated(text) for name, text in WORDS.items()},
        style=style,
        script=script,
        body=parser.renderer.render(tokens, parser.options, {}),
    )


def _policy(style: str, script: str) -> str:
    """The content security policy: this style and this script, pictures that lie in the file, and nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _source(templates: jinja2.Environment, name: str) -> str:
    assert templates.loader is not None
    return templates.loader.get_source(templates, name)[0].strip()


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _anchored(tokens: Sequence[Token]) -> Iterator[tuple[str, Heading]]:
    """Gives each heading the anchor that a repository host would give it, and each table the name of its heading."""
    taken: set[str] = set()
    text = ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            text = _plain(tokens[place + 1])
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            anchor = next(one for n in count() if (one := f"{slug}-{n}" if n else slug) not in taken)
            taken.add(anchor)
            token.attrs["id"] = anchor
            yield token.tag, Heading(anchor, text)
        elif token.type == "table_open":
            token.meta["title"] = text


def _kind_of_cell(cell: Token, content: Token) -> dict[str, str | int | float]:
    """The class of a cell: the script sorts a `number` by its value, and a `version` by its parts: 3.9 comes before 3.10."""
    if "right" in str(cell.attrs.get("style")):
        return {"class": "number"}
    return {"class": "version"} if cell.type == "th_open" and content.content == VERSIONS else {}


def _plain(inline: Token) -> str:
    """The text of a heading without its markup."""
    return "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))


def _inside(tokens: Sequence[Token], images: Mapping[str, str], files: Mapping[str, str]) -> Iterator[Token]:
    """What stands in a line, with nothing that leads out of the file: of other links, only their text is left."""
    links: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            target = str(token.attrs["href"])
            if target in files:
                token.attrs = {"href": files[target], "download": target.rpartition("/")[2]}
            links.append(target in files or target.startswith("#"))
            if links[-1]:
                yield token
        elif token.type == "link_close":
            if links.pop():
                yield token
        elif token.type != "image":
            yield token
        elif (source := images.get(str(token.attrs["src"]))) is not None:
            token.attrs["src"] = source
            yield token


class _Renderer(RendererHTML):
    """HTML from tokens: no raw HTML but folds, and around each table a box in which it can be scrolled."""

    def html_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        content = tokens[idx].content
        return content if FOLD.fullmatch(content) else f"<pre>{escapeHtml(content)}</pre>\n"

    def html_inline(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return escapeHtml(tokens[idx].content)

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        alt = escapeHtml(self.renderInlineAsText(tokens[idx].children, options, env))
        return f'<span class="picture"><img src="{tokens[idx].attrs["src"]}" alt="{alt}"></span>'

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        title = escapeHtml(tokens[idx].meta["title"])
        return f'<div class="table" role="region" tabindex="0" aria-label="{title}"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return "</table></div>\n"
