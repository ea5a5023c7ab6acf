"""What is fuzzed: each takes an input and returns when all is well; what concexp refuses has to say where and what to do."""

from concexp import report
from concexp.analysis import results
from concexp.analysis.cells import table
from concexp.errors import ConcexpError, Damaged, InputError
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.run.storage import journal, schema
from concexp.trial import wire

SMALL = 2000  # trials: a plan of so many is made, of more it is only counted that they are not too many


def experiment(text):
    """A YAML is read and planned, or refused with a place that is in it."""
    lines = text.count("\n") + 2
    try:
        spec = parse_text(text, "x.yaml")
        if spec.measure.blocks * spec.measure.iterations <= SMALL:
            make_plan(spec, 2)
    except InputError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.message
            assert (
                0
                <= problem.line
                <= lines + text.count("\r") + text.count("\u2028") + text.count("\x85") + text.count("\u2029")
            )
            assert problem.line or problem.path, problem
    except ConcexpError as error:
        assert error.message
        assert error.hint


def journal_bytes(path, data, page=False):
    """A journal is read, told as tables, and on a page if asked, or refused with its line."""
    path.write_bytes(data)
    try:
        found = schema.read(path)
        run = results.Run(path.parent, found.header, found.records)
        assert len(run.trials) >= sum(record["role"] != "machine" for record in found.records)
        table(run)
        if page:
            report.write(run, path.parent)
    except Damaged as error:
        assert str(path) in error.message
        assert error.hint
    except ConcexpError as error:
        assert error.message


def prefix(path, data, whole):
    """Of a damaged journal those records are read, and only those, that were written."""
    path.write_bytes(data)
    try:
        found = journal.read(path)
    except Damaged as error:
        assert str(path) in error.message
        return
    assert all(record in whole for record in found.records)


def answer(data):
    """What comes from a child is a value, the beginning of one, or a ValueError that says why."""
    try:
        value, whole = wire.decode(data)
    except ValueError as error:
        assert str(error)
    else:
        assert whole or value is None
