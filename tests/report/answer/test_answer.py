"""All sentences of the answer: their numbers come from cells.csv, their language is sound, and they are few."""

import csv
import itertools
import math
import re

import numpy as np
import pytest

from concexp.analysis import results
from concexp.analysis.stats.intervals import Interval, of_the_best, t_quantile
from concexp.report.answer import answer, in_detail, what_to_do
from concexp.report.sections import fairness, latency
from concexp.report.text.numbers import sentence_case
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import agrees, every_sentence

FACTORS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}
FIGURE = re.compile(r"([\d,.]+)(x| (?:([kMG]) )?[a-z][a-z ]*/s)(?: \(|, )([\d,.]+)–([\d,.]+)\)")


def ratios(run):
    """Mean and ends of the paired ratio of throughputs of any two cells, computed independently."""
    frame = run.trials.dropna(subset=["throughput"])
    frame = frame[(frame["doubts"] == "")]
    logs = np.log(frame["throughput"].astype(float)).groupby([frame["cell"], frame["block"]]).mean().unstack()
    for above, below in itertools.permutations(logs.index, 2):
        both = (logs.loc[above] - logs.loc[below]).dropna()
        half = t_quantile(len(both) - 1) * both.std(ddof=1) / math.sqrt(len(both))
        yield tuple(math.exp(value) for value in (both.mean(), both.mean() - half, both.mean() + half))


@pytest.mark.parametrize(
    "make", [scenarios.scaling, scenarios.syncs, scenarios.waiting, scenarios.parameters, scenarios.partly_withheld]
)
def test_numbers_are_those_of_the_cells(tmp_path, make):
    """Every figure with an interval is that of a cell in cells.csv, as such or as the best of some, or a ratio of two cells."""
    run = journal_builder.write(tmp_path, **make())
    results.write(run)
    with (run.folder / "cells.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    cells = [
        Interval(*(float(row[f"{metric}{end}"]) for end in ("", "_lo", "_hi")), int(row["trials"]))
        for row in rows
        for metric in ("throughput", "speedup")
        if row.get(f"{metric}_lo")
    ]
    best = [of_the_best(cell, count) for cell in cells for count in range(1, len(rows) + 1)]
    known = [(one.mean, one.lo, one.hi) for one in best] + list(ratios(run))
    text = "\n".join(every_sentence(View(run)))
    figures = FIGURE.findall(text)
    assert len(figures) >= 3
    for mean, _, prefix, low, high in figures:
        factor = FACTORS[prefix]
        assert any(
            agrees(mean, values[0] / factor) and agrees(low, values[1] / factor) and agrees(high, values[2] / factor)
            for values in known
        ), (mean, low, high)


@pytest.mark.parametrize("make", scenarios.ALL)
def test_language(tmp_path, make):
    """No sentence contains a missing number, a doubled sign, or a singular with several."""
    run = journal_builder.write(tmp_path, **make())
    view = View(run)
    advice = list(filter(None, [what_to_do(view)]))  # a line with a head of its own
    for sentence in [
        *every_sentence(view),
        *latency.sentences(view),
        *fairness.sentences(view),
        *map(sentence_case, advice),
    ]:
        assert not re.search(r"\bnan\b|\bNone\b|\binf\b|\d\.\d{5,}|  |,,|\.\.|;\.|\(\)| ,", sentence), sentence
        assert not re.search(r"\b1 (workers|trials|cells|CPUs)\b|\b[2-9] (worker|trial|cell|CPU)\b", sentence), sentence
        assert sentence[0].isupper() or sentence[0] in "`*0123456789", sentence
        assert sentence.endswith((".", ").", "**")), sentence


@pytest.mark.parametrize("make", scenarios.ALL)
def test_the_answer_is_short(tmp_path, make):
    """The first screen has at most four items, whatever was run; a single comparison has more to say further down."""
    view = View(journal_builder.write(tmp_path, **make()))
    assert 1 <= len(answer(view)) <= 4
    assert not set(in_detail(view)) & set(answer(view))
    assert not in_detail(view) or len(view.comparisons) == 1
