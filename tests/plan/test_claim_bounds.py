"""The bounds of a claim's numbers before anything is measured."""

import math

import pytest

from concexp.experiment import expressions
from concexp.plan.claim_bounds import ANY, LEAST, Bounds, Limits, Span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("3", Span(3, 3)),
        ("-wall_s", Span(-math.inf, -LEAST)),
        ("fairness", Span(0, 1)),
        ("2 * fairness + 1", Span(1, 3)),
        ("1 - fairness", Span(0, 1)),
        ("fairness / 2 - 1", Span(-1, -0.5)),
        ("1 / fairness", ANY),
        ("wall_s - wall_s", ANY),
        ("min(fairness, 0.5)", Span(0, 0.5)),
        ("max(fairness, 2)", Span(2, 2)),
        ("ceil(fairness / 2)", Span(0, 1)),
        ("mean(fairness over workers)", Span(0, 1)),
        ("r2(throughput over workers)", Span(0, 1)),
        ("slope(throughput over workers)", ANY),
        ("lost_updates", Span(0, math.inf)),
        ("cpus_used", Span(0, math.inf)),  # a sleeper may need no CPU time that a clock sees
        ("returned", ANY),
        ("workers", ANY),
        ("status", ANY),
    ],
)
def test_bounds_follow_from_the_nature_of_metrics(text, span):
    """A window is longer than 0, a count at least 0, a share at most 1; arithmetic goes by the corners."""
    found = Bounds(Limits(), {}).of(expressions.parse(text, claim=True))
    assert (found.low, found.high) == pytest.approx((span.low, span.high))


def test_limits_bound_what_they_are_about():
    """A timeout all seconds, the CPUs what is counted in CPUs."""
    bounds = Bounds(Limits(timeout=5.0, cpus=2), {})
    parsed = {name: bounds.of(expressions.parse(name, claim=True)) for name in ("startup_s", "cpus_used", "throughput")}
    assert parsed["startup_s"].high < 5
    assert parsed["cpus_used"].high == 2
    assert parsed["throughput"].high == math.inf
    assert bounds.of(expressions.parse("effective_cpus", claim=True)).high == 2
