"""What the page says about the user's code."""

from concexp.report.sections import user_code
from concexp.report.view import View
from tests.helpers import journal_builder

ENTRY = {"form": "function", "version": "", "target": "mine.py:solve", "returns": "anything", "check": ""}


def remarks(folder, counts, entries=("solve",)):
    """The remarks of a run of two blocks of one iteration each, with 100 operations; `counts` by block."""
    cells = [journal_builder.cell(label, ops=100, counts=counts, plugins={"workload": "cpu_sum"}) for label in entries]
    run = journal_builder.write(folder, cells, repetitions=2, iterations=1)
    run.manifest["preflight"] = {"entries": dict.fromkeys(entries, ENTRY)}
    return [text for text in user_code.remarks(View(run)) if "not numbers" in text]


def test_which_answers_are_the_same_under_every_model(tmp_path):
    """A sentence on those that agree, on each that does not, and on those that could not be compared; nothing in old runs."""
    labels = ("a", "b", "c", "d", "e")
    run = journal_builder.write(
        tmp_path, [journal_builder.cell(label, "threads", workers=2) for label in labels], repetitions=2
    )
    run.manifest["preflight"] = {"entries": {label: {**ENTRY, "target": label} for label in labels}}
    assert not [text for text in user_code.remarks(View(run)) if "nswers" in text]
    compared = [(6, 0, ""), (6, 2, ""), (0, 0, "they vary"), (6, 0, ""), (0, 0, "")]
    run.manifest["preflight"]["answers"] = {
        label: dict(zip(("cells", "differ", "unlike"), facts, strict=True))
        for label, facts in zip(labels, compared, strict=True)
    }
    (cell,) = (id_ for id_, axes in run.axes_by_cell.items() if axes["workload"] == "b")
    run.manifest["preflight"]["differing"] = {cell: "answers differ: operation 17 returned 0.0, under serial 1.0"}
    assert [text for text in user_code.remarks(View(run)) if "nswers" in text] == [
        "The same answers in all cells, compared operation by operation: `a` and `d`.",
        "Other answers than under serial in 2 of 6 cells, whose trials are invalid: `b` "
        "(threads: operation 17 returned 0.0, under serial 1.0). If that is meant, `returns: any` allows it.",
        "Answers not compared, because they vary: `c`.",
    ]


def test_values_that_were_no_numbers_are_counted(tmp_path):
    """Of which name, how many of how many: also where a name never had one, and where another trial had none such."""
    by_block = {
        0: {"returned.residual": 1.0, "not_numbers.residual": 50, "values.residual": 100},
        1: {"returned.residual": 1.0, "not_numbers.never": 100, "values.never": 100},
    }
    assert remarks(tmp_path, by_block.get) == [
        "100 of 200 values of `never` that `solve` (`mine.py:solve`) returned were not numbers (NaN, infinite or None): "
        "the means leave them out.",
        "50 of 200 values of `residual` that `solve` (`mine.py:solve`) returned were not numbers (NaN, infinite or None): "
        "the means leave them out.",
    ]


def test_plain_values_that_were_no_numbers_are_counted(tmp_path):
    """A number without a name, of each workload on its own; nothing is said where all were numbers."""
    counts = {"returned": 1.0, "not_numbers": 1, "values": 100}
    texts = remarks(tmp_path / "some", counts, ("one", "other"))
    assert [text.partition(" returned were")[0] for text in texts] == [
        "2 of 200 values that `one` (`mine.py:solve`)",
        "2 of 200 values that `other` (`mine.py:solve`)",
    ]
    assert remarks(tmp_path / "none", {"returned": 1.0}) == []


def test_what_calls_are_given_and_where_results_go_is_said(tmp_path):
    """Results that are sent and items that calls get: a reader must know of both."""
    run = journal_builder.write(tmp_path, [journal_builder.cell("solve", plugins={"workload": "cpu_sum"})])
    run.manifest["preflight"] = {"entries": {"solve": {**ENTRY, "returns": "sent", "over": "mine.py:items"}}}
    texts = user_code.remarks(View(run))
    assert "Results of `solve` (`mine.py:solve`) go back to the caller; from other processes they are pickled." in texts
    assert "Calls of `solve` (`mine.py:solve`) get the items of `mine.py:items`, one after the other." in texts
