"""The pages of the documentation that are not written: made from what the program validates by, and from files of the root.

MkDocs calls `on_files` and `on_page_markdown` when it builds (`hooks:` in mkdocs.yml), so a generated page is never out of date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from concexp import catalog
from concexp.commands import catalogue, reference
from concexp.experiment import keys
from concexp.experiment.keys import Key

ROOT = Path(__file__).parents[1]
COPIED = {"architecture.md": "ARCHITECTURE.md", "contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
TITLES = {
    "workload": "Workloads",
    "model": "Models",
    "sync": "Primitives",
    "metric": "Metrics",
    "plot": "Pictures",
}
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def on_files(files: Any, config: Any) -> Any:
    """Adds the generated pages."""
    from mkdocs.structure.files import File

    for path, text in pages():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **about: Any) -> str:
    """Takes links away that lead out of the documentation: what they name lies in the repository."""
    known = {file.src_uri for file in about["files"]}
    return without_links_out(markdown, known)


def pages() -> Iterator[tuple[str, str]]:
    """Each generated page: its path, and its text in Markdown."""
    yield "reference/yaml.md", yaml_page()
    for kind in TITLES:
        yield f"reference/{kind}.md", plug_ins_page(kind)
    for path, source in COPIED.items():
        yield path, (ROOT / source).read_text("utf-8")


def without_links_out(markdown: str, known: Iterable[str]) -> str:
    """The text, with the words of a link in place of each link to no page of these."""
    known = {name.rpartition("/")[2] for name in known} | set(COPIED)

    def replaced(link: re.Match[str]) -> str:
        text, target = link.groups()
        name = target.partition("#")[0].rpartition("/")[2]
        if target.startswith(("https:", "http:", "#")) or (name in known and ".." not in target):
            return link[0]
        at_root = {source: path for path, source in COPIED.items()}
        return f"[{text}]({at_root[name]})" if name in at_root else text

    return LINK.sub(replaced, markdown)


# The YAML ---------------------------------------------------------------------------------------------------------------


def yaml_page() -> str:
    """All keys of an experiment: what each takes, its default, its meaning and an example."""
    parts: dict[str, Callable[[], str]] = {
        "An experiment": lambda: _keys(keys.ROOT),
        "Entries of workload, model, sync and background": lambda: _keys(keys.ENTRY),
        **{f"`{name}`": lambda name=name: _keys(keys.of_block(name), f"{name}.") for name in keys.BLOCKS},  # type: ignore[misc]
        "`sweep`": lambda: _keys(keys.of_sweep(), "sweep."),
        "Values with a label, and ranges": lambda: _keys(
            {**keys.VALUE, keys.REQUIREMENTS.name: keys.REQUIREMENTS, **keys.RANGE}
        ),
        "`claims`": lambda: _keys(keys.CLAIM, "claims."),
        **{f"`concexp show {name}`": lambda name=name: _plain(reference.TOPICS[name]()) for name in _in_words()},  # type: ignore[misc]
    }
    return (
        "\n\n".join(["# The YAML of an experiment", *(f"## {title}\n\n{text()}" for title, text in parts.items())])
        + "\n"
    )


def _in_words() -> list[str]:
    """Topics that are told in words rather than key by key."""
    return [name for name in reference.TOPICS if name not in (*keys.BLOCKS, "yaml", "metrics", "report")]


def _keys(table: Mapping[str, Key], prefix: str = "") -> str:
    return "\n\n".join(_key(name, key, prefix) for name, key in table.items())


def _key(name: str, key: Key, prefix: str) -> str:
    takes = key.values + (f" ({key.unit})" if key.unit else "")
    default = "required" if key.default == "required" else f"default: {key.default}" if key.default else ""
    facts = " · ".join(_escaped(text) for text in (takes, default) if text)
    parts = [
        f"### `{prefix}{name}`",
        f"*{facts}*" if facts else "",
        _escaped(key.meaning[:1].upper() + key.meaning[1:] + "."),
    ]
    return "\n\n".join([*filter(None, parts), f"```yaml\n{key.example}\n```" if key.example else ""]).rstrip()


# Plug-ins ---------------------------------------------------------------------------------------------------------------


def plug_ins_page(kind: str) -> str:
    """All plug-ins of a kind, as `concexp show KIND/NAME` tells of them."""
    summaries = [
        f"| [`{name}`](#{name}) | {_escaped(catalog.summary(cls))} |" for name, cls in catalog.classes(kind).items()
    ]
    texts = [f"## {name}\n\n{_plain(_shown(kind, name))}" for name in catalog.names(kind)]
    head = f"| {TITLES[kind][:-1].lower()} | what it is |\n| --- | --- |"
    return "\n\n".join([f"# {TITLES[kind]}", "\n".join([head, *summaries]), *texts]) + "\n"


def _shown(kind: str, name: str) -> str:
    return catalogue.description(f"{kind}/{name}").partition("\n")[2].strip("\n")


def _plain(text: str) -> str:
    return f"```text\n{text}\n```"


def _escaped(text: str) -> str:
    """Text as Markdown that shows it as it is; what stands between backticks is code already."""
    parts = text.split("`")
    return "`".join(
        re.sub(r"([\\*_\[\]<>|])", r"\\\1", part) if number % 2 == 0 else part for number, part in enumerate(parts)
    )
