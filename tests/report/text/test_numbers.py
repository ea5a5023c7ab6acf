"""Numbers as a reader sees them."""

import math
import random

import pytest

from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.report.text.numbers import enumerated, many, plural, rounded, scale_of, spread


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1, "1.00"), (0.5, "0.500"), (1234.5, "1,234"), (12.345, "12.3"), (-3.14159, "−3.14"), (1e-4, "0.000100"),
     (9.999, "10.00"), (123456, "123,456")],
)  # fmt: skip
def test_rounded(value, text):
    """Three significant digits, thousands apart, a true minus, never an exponent."""
    assert rounded(value) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((1.8237, 1.7812, 1.8643), "1.82x (1.78–1.86)"),
        ((1.0004, 0.9998, 1.0011), "1.000x (1.000–1.001)"),
        ((995.2, 973.1, 1017.7), "995x (973–1,018)"),
        ((1895.49, 1862.18, 1929.4), "1,895x (1,862–1,929)"),
        ((0.0999, 0.05, 0.2), "0.0999x (0.0500–0.2000)"),
        ((5, -3, 13), "5.00x (−3.00 to 13.00)"),
        ((0.01, -50, 50), "0.0x (−50.0 to 50.0)"),
        ((0.2134, 0.00002, 2351), "0.21x (0–2,351)"),
        ((1.234, 0.1, 1513), "1.2x (0.1–1,513)"),
        ((2.5, math.nan, math.nan), "2.50x"),
        ((0, 0, 0), "0x"),
        ((1, 1, 1), "1.00x"),
    ],
)
def test_spread(values, text):
    """Three digits of the mean, four where the ends would be too near; no brackets without an interval."""
    assert spread(Interval(*values, 5), "x") == text


def test_no_value():
    """What was not measured is a dash."""
    assert spread(UNKNOWN, " s") == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [(math.inf, "infinite"), (-math.inf, "−infinite"), (math.nan, "not a number"), (1e308, "1" + "0" * 3)],
)
def test_what_is_no_number_is_said_in_words(value, text):
    """Infinity and NaN, by themselves, as a mean, as an end, and among values that need a unit."""
    assert rounded(value).replace(",", "").startswith(text)
    if not math.isfinite(value):
        assert spread(Interval(value, math.nan, math.nan, 3), " s") == ("–" if math.isnan(value) else text)
        assert spread(Interval(1.0, value, value, 3), " s") == "1.00 s"
    assert scale_of([value, 0.5], "s")[1] in ("s", "ms")
    assert scale_of([math.inf, 5e6], "1/s") == (1e6, "M")


def test_ends_enclose_the_mean():
    """Whatever is rounded, the ends shown enclose the mean shown, and no number is longer than it needs to be."""
    rng = random.Random(3)
    for _ in range(3000):
        mean = 10 ** rng.uniform(-3, 4)
        half = mean * 10 ** rng.uniform(-4, -0.1)
        text = spread(Interval(mean, mean - half, mean + half, 5))
        shown = [float(part.replace(",", "")) for part in text.rstrip(")").replace(" (", "–").split("–")]
        assert shown[0] == pytest.approx(mean, rel=0.006)
        if len(shown) == 3:
            assert shown[1] <= shown[0] <= shown[2]
            assert shown[1] < shown[2]
        digits = text.partition(" ")[0].replace(",", "").replace(".", "").lstrip("0")
        assert len(digits) <= 5


@pytest.mark.parametrize(
    ("values", "unit", "found"),
    [
        ([0.004, 0.02], "s", (1e-3, "ms")),
        ([3e-7], "s", (1e-9, "ns")),
        ([70], "s", (1.0, "s")),
        ([9_999], "1/s", (1.0, "")),
        ([10_000], "1/s", (1e3, "k")),
        ([5, 2_400_000], "1/s", (1e6, "M")),
        ([5_000_000], "x", (1.0, "x")),
        ([math.nan], "1/s", (1.0, "")),
        ([], "s", (1.0, "s")),
    ],
)
def test_scale(values, unit, found):
    """The unit in which the largest value reads best; factors and CPUs take no prefix."""
    assert scale_of(values, unit) == found


def test_words():
    """Singular and plural, lists of one, two and three."""
    assert plural(1, "trial") == "1 trial"
    assert plural(0, "trial") == "0 trials"
    assert plural(1200, "stretch") == "1,200 stretches"
    assert many("round trip to a file") == "round trips to a file"
    assert enumerated(["a"]) == "a"
    assert enumerated(["a", "b"], "or") == "a or b"
    assert enumerated(["a", "b", "c"]) == "a, b and c"
