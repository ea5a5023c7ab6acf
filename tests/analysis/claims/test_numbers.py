"""Numbers in claims: arithmetic with the largest of several, comparisons, and means that lack trials."""

import itertools
import math

import numpy as np
import pytest

from concexp.analysis.claims import numbers
from concexp.analysis.claims.numbers import Choice, Drawn, compared, largest, spread
from concexp.analysis.claims.truth import FALSE, TRUE, Truth, both
from concexp.analysis.stats.draws import joint_draws, verdict


def means(values, seed=1, noise=0.01, trials=10):
    """Draws of cells with these means."""
    rng = np.random.default_rng(seed)
    samples = {
        place: dict(enumerate((value * np.exp(rng.normal(0, noise, trials))).tolist()))
        for place, value in enumerate(values)
    }
    return [Drawn(one, one, trials - 1) for one in joint_draws(samples, set(samples)).values()]


def word(truth):
    return verdict(truth.share)


@pytest.mark.parametrize(
    ("build", "value"),
    [
        (lambda a, b, c: largest([a, b, c]), 3),
        (lambda a, b, c: largest([a, b, c], smallest=True), 1),
        (lambda a, b, c: spread([a, b, c]), 3),
        (lambda a, b, c: numbers.arithmetic("+", largest([a, b]), c), 5),
        (lambda a, b, c: numbers.arithmetic("-", c, largest([a, b])), 1),
        (lambda a, b, c: numbers.arithmetic("*", largest([a, b]), -2), -4),
        (lambda a, b, c: numbers.quotient(largest([a, b, c]), largest([a, b, c], smallest=True)), 3),
        (lambda a, b, c: numbers.quotient(numbers.negated(c), largest([a, b])), -1.5),
        (lambda a, b, c: numbers.called("abs", [numbers.arithmetic("-", a, c)]), 2),
        (lambda a, b, c: numbers.called("log", [largest([b, c]), 3]), 1),
        (lambda a, b, c: numbers.called("max", [a, 2.5, b]), 2.5),
        (lambda a, b, c: numbers.called("floor", [numbers.arithmetic("+", b, 0.5)]), 2),
        (lambda a, b, c: numbers.geometric_mean([a, b, c]), 6 ** (1 / 3)),
        (lambda a, b, c: Choice(Truth(0.001, 0.999), largest([a, b]), c), 2),
        (lambda a, b, c: numbers.arithmetic("*", Choice(Truth(0.999, 0.001), a, b), 3), 6),
    ],
)
def test_arithmetic_with_the_largest_of_several(build, value):
    """Whatever is done with the largest, the smallest or a choice, comparisons find its value, from above and from below."""
    result = build(*means([1, 2, 3], noise=0.002))
    size = abs(value)
    assert (
        word(compared(">", result, value - 0.05 * size))
        == word(compared("<", result, value + 0.05 * size))
        == "supported"
    )
    assert (
        word(compared(">", result, value + 0.05 * size))
        == word(compared("<", result, value - 0.05 * size))
        == "refuted"
    )


def test_noise_is_not_taken_for_signal():
    """Of 16 equal cells the largest draw lies above their mean in nearly all draws; the claim that one of them does is open."""
    cells = means([1.0] * 16, noise=0.05)
    top = np.maximum.reduce([one.low for one in cells])
    assert np.mean(top > 1) > 0.99
    assert word(compared(">", largest(cells), 1.0)) == "inconclusive"
    assert word(compared("<=", spread(cells), 1.05)) == "inconclusive"


ON_THEIR_BOUNDARY = {
    "max": lambda cells, reference: compared(">", largest(cells), reference),
    "every": lambda cells, reference: compared("<", reference, largest(cells, smallest=True)),
    "spread": lambda cells, reference: compared("<=", spread(cells[:6]), 1.02),
}


@pytest.mark.parametrize("claim", ON_THEIR_BOUNDARY)
def test_claims_on_their_boundary_are_decided_by_chance_as_rarely_as_one_comparison(claim):
    """16 equal cells, 150 runs: at most 2.5 % per direction, here with the room that 150 runs need (5.3 % is 8 of them)."""
    decided = {"supported": 0, "refuted": 0, "inconclusive": 0}
    for seed in range(150):
        *cells, reference = means([1.0] * 17, seed, noise=0.05)
        decided[word(ON_THEIR_BOUNDARY[claim](cells, reference))] += 1
    assert max(decided["supported"], decided["refuted"]) <= 8


def test_equality_within_a_width_that_the_data_cannot_resolve_is_open():
    """Two equal cells are not refuted to be equal within a hair's breadth, though hardly any draw lies there."""
    one, other = means([1, 1], noise=0.05)
    ends = numbers.arithmetic("*", other, 0.9999), numbers.arithmetic("*", other, 1.0001)
    inside = np.mean((one.low >= ends[0].operands[0].low * 0.9999) & (one.low <= other.low * 1.0001))
    assert inside < 0.025
    assert word(both([compared(">=", one, ends[0]), compared("<=", one, ends[1])])) == "inconclusive"


def missing(low, high, degrees=9):
    return Drawn(np.full(1000, low), np.full(1000, high), degrees)


def test_only_what_is_true_whatever_is_missing_is_certain():
    """A mean between 2 and 5 is above 1, not above 6, and above 3 or not."""
    between = missing(2.0, 5.0)
    assert (compared(">", between, 1), compared(">", between, 6)) == (TRUE, FALSE)
    assert word(compared(">", between, 3)) == word(compared("<", between, 3)) == "inconclusive"


@pytest.mark.parametrize("sign", ["+", "-", "*", "/"])
def test_bounds_go_through_arithmetic(sign):
    """The bounds of a result are its extremes over the corners."""
    ends = [(2.0, 5.0), (-1.0, 4.0), (0.5, 3.0)]
    for one, other in itertools.product(ends, [ends[0], ends[2]]):
        result = numbers.drawn(numbers.arithmetic(sign, missing(*one), missing(*other)))
        corners = [numbers.expressions.ARITHMETIC[sign](a, b) for a in one for b in other]
        assert (result.low[0], result.high[0]) == pytest.approx((min(corners), max(corners)))


def test_infinite_bounds_are_no_numbers_by_accident():
    """What may be anything between 0 and infinity may have any quotient and any difference."""
    unknown = missing(0.0, math.inf)
    for sign, low in (("-", -math.inf), ("+", 0.0), ("*", 0.0)):
        result = numbers.drawn(numbers.arithmetic(sign, unknown, unknown))
        assert (result.low[0], result.high[0]) == (low, math.inf)
    assert word(compared(">", numbers.arithmetic("-", unknown, unknown), 0)) == "inconclusive"


def test_a_count_beside_0_is_a_fact_and_beside_all_else_a_mean():
    """0 lost in the trials seen is exactly that; 3 against 100 is a comparison of means."""
    draws = means([3], noise=0.5)[0]
    none, some = Drawn(draws.low, draws.low, 9, (0.0, 0.0)), Drawn(draws.low, draws.low, 9, (3.0, 3.0))
    assert [compared(sign, none, 0) for sign in ("==", "!=", ">", "<=")] == [TRUE, FALSE, FALSE, TRUE]
    assert [compared(sign, 0, some) for sign in ("==", "!=", "<", ">=")] == [FALSE, TRUE, TRUE, FALSE]
    assert not compared("<", some, 3.2).exact
    unseen = Drawn(draws.low, draws.low, 9, (0.0, math.inf))
    assert word(compared("==", unseen, 0)) == "inconclusive"


def test_what_is_not_a_number_is_not_compared():
    """ValueError, which becomes an inconclusive verdict."""
    with pytest.raises(ValueError, match="cannot be computed"):
        compared(">", numbers.called("sqrt", [-1.0]), 0)
    with pytest.raises(ZeroDivisionError):
        numbers.quotient(1.0, 0)


def test_too_many_candidates_are_refused():
    """Rather than hours of computing."""
    with pytest.raises(ValueError, match="10,000 are the most"):
        spread([Drawn(np.ones(2), np.ones(2), 9) for _ in range(102)])
