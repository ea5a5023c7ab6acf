"""The text of an experiment for its run's folder: read again, it is the same experiment."""

import pytest

from concexp.experiment import load, parse_text
from concexp.experiment.standalone import text_of

SHORT = "# why\nworkload: cpu_sum\nmodel: serial\nsweep: {workers: [1, 2]}\n"


@pytest.mark.parametrize(
    ("text", "sets", "expected"),
    [
        (f"name: x\n{SHORT}", (), f"name: x\n{SHORT}"),
        (SHORT, (), f"{SHORT}name: x\n"),
        (f"{SHORT}question: |\n  Is it?\n\n", (), f"{SHORT}question: |\n  Is it?\nname: x\n"),
        ("{workload: cpu_sum, model: serial}", (), None),
        (SHORT, ("measure.repetitions=3",), None),
        (f"extends: base.yaml\n{SHORT}", (), None),
        (f".all: &all [serial, threads]\n{SHORT.replace('serial', '*all')}", (), None),
    ],
)
def test_the_copy_is_the_same_experiment(text, sets, expected, write):
    """As written, where that suffices; the name of the file is part of it."""
    write("base.yaml", "measure: {iterations: 2}\ntags: [a]\n")
    spec = load(write("x.yaml", text), sets)
    copy = text_of(spec)
    assert parse_text(copy, "elsewhere/experiment.yaml").resolved() == spec.resolved()
    if expected is not None:
        assert copy == expected
