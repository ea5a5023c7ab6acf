"""Arguments and options that several commands share, and the values that options take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from concexp.commands import completion

Specs = Annotated[
    list[Path],
    typer.Argument(
        metavar="SPEC...", help="experiment files (YAML), or folders of them", autocompletion=completion.experiments
    ),
]
Tags = Annotated[
    list[str] | None, typer.Option("--tag", metavar="TAG", help="only experiments with this tag, or one of several")
]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="K=V", help="override one key of the experiment")]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="print neither progress nor answer: only where the page is, and what failed"),
]
Against = Annotated[str, typer.Option(metavar="REVISION", help="compare your code with this git revision of it")]
Tolerance = Annotated[
    str,
    typer.Option(
        metavar="PERCENT", help="by how much a version may be slower where that is checked; 5% with --against"
    ),
]
JUnit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="the verdicts as JUnit XML, for a CI")]
SummaryFile = Annotated[
    Path | None, typer.Option("--summary-file", metavar="FILE", help="append answer and verdicts as Markdown, for a CI")
]
Cluster = Annotated[
    str,
    typer.Option(metavar="NAME", help="run the trials on a Dask cluster: tcp://host:8786, local:4, or module:function"),
]
Only = Annotated[str, typer.Option(help="only the cells that meet a condition, such as 'model=threads'")]


class Progress(StrEnum):
    """Values of --progress."""

    auto = "auto"
    plain = "plain"
    none = "none"


class Figures(StrEnum):
    """Values of --figures."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


class Language(StrEnum):
    """Values of --language, those of `report.language`."""

    en = "en"
    zh = "zh"


Pages = Annotated[
    Language | None,
    typer.Option(help="of the page and its pictures; a page in Chinese is README.zh.md beside the other"),
]


class Format(StrEnum):
    """Values of --format."""

    csv = "csv"
    parquet = "parquet"
    json = "json"
    pyperf = "pyperf"


Html = Annotated[
    bool, typer.Option("--html", help="also the page as one file to send around: pictures and table inside, no network")
]
Drawn = Annotated[
    Figures | None, typer.Option("--figures", help="the format of the pictures; without it what the experiment names")
]
