"""The 99th percentile in the sentences of the page and the answer."""

import pytest

from concexp.report.answer import answer
from concexp.report.sections import latency
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


@pytest.mark.parametrize(
    ("place", "rest"),
    [
        (1200, "; `processes` has 2.94x of it."),
        (1100, ", not resolved from `processes`."),
        (990, ", of `processes`; `threads` has 2.93x of it."),
    ],
)
def test_sentences_on_latency(tmp_path, place, rest):
    """The cell with the lowest 99th percentile, how much more the others have, or that it is not resolved."""
    cells = [
        journal_builder.cell(
            model=model, workers=2, facts={"service_time": sorted([[1000, 100], [own, 20 + (own == place)]])}
        )
        for model, own in (("threads", 1100), ("processes", place))
    ]
    spec = {"baseline": {}, "metrics": ["throughput", "service_time_p99_s"]}
    (text,) = latency.sentences(View(journal_builder.write(tmp_path, cells, spec=spec)))
    assert text.startswith("The lowest 99th percentile of the service time is ")
    assert text.endswith(rest)


def test_the_answer_on_an_open_loop(tmp_path):
    """For requests at a given rate the answer reports latency, and names no winner in throughput."""
    text = answer(View(journal_builder.write(tmp_path, **scenarios.recorded(open_loop=True))))
    assert text[0].startswith("The lowest 99th percentile of the latency goes from 5.01 ms (size ")
    assert not any("is best" in one or "best throughput" in one for one in text)


def test_the_answer_on_one_open_loop(tmp_path):
    """One cell has a percentile, too."""
    facts = {"latency": journal_builder.histogram(0.05), "service_time": journal_builder.histogram(0.005)}
    made = {"cells": [journal_builder.cell("echo", "threads", workers=4, facts=facts)], "spec": {"baseline": {}}}
    assert (
        answer(View(journal_builder.write(tmp_path, **made)))[0]
        == "The 99th percentile of the latency of `threads` is 14.7 ms."
    )
