"""Trees as texts: a part of a condition is named as it was written."""

import pytest

from concexp.experiment.expression_text import text_of
from concexp.experiment.expressions import parse


@pytest.mark.parametrize(
    "text",
    [
        "cpus >= 4",
        "cpus >= 6 and effective_cpus >= 5.4",
        "(workers > 1 or cpus > 2) and not model == threads",
        "not (workers > 1 and cpus > 2)",
        '1 < workers <= 8 and python == "3.14t"',
        "throughput[threads, workers=2*cpus] >= 0.9 * throughput[load.rate=100/s]",
        "a - (b - c) > -(d + 1) / (2 * e)",
        "speedup == min(workers, 4) within 10%",
        "startup_s == 27 * startup_s[model=forked] within 2x",
        "max(speedup over workload) in [1, 2]",
        "first(workers where speedup > 1.5) > 1",
    ],
)
def test_a_text_parses_to_the_same_tree(text):
    """Whatever binds more loosely stands in brackets; what was written is kept, blanks apart."""
    tree = parse(text, claim=True)
    again = text_of(tree)
    assert again.replace(" ", "") == text.replace(" ", "")
    assert text_of(parse(again, claim=True)) == again


def test_a_long_chain_is_a_long_text():
    """Each part is looked at once, however deep the tree is."""
    text = " + ".join("a" * 180) + " > 1"
    assert text_of(parse(text, claim=True)) == text


def test_a_part_is_named_alone():
    """What binds the parts together is left out."""
    first, second = parse("workers > 1 and (cpus >= 4 or gil == off)", claim=True).parts
    assert (text_of(first), text_of(second)) == ("workers > 1", "cpus >= 4 or gil == off")
