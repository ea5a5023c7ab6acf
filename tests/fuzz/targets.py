"""The targets of fuzzing: each takes an input and returns if it is accepted, or refused with a place and a hint."""

from concexp import report
from concexp.analysis import results
from concexp.errors import ConcexpError, Damaged, InputError, PageIncomplete
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.run.child import answer
from concexp.run.storage import journal, schema

SMALL = 2000  # trials: larger plans are not made, since they only take longer


def experiment(text):
    """Reads and plans a YAML; an error must name a place in it."""
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
    """Reads a journal and makes its tables, and its page if `page`; an error must name its line."""
    path.write_bytes(data)
    try:
        found = schema.read(path)
        run = results.Run(path.parent, found.header, found.records)
        assert len(run.trials) >= sum(record["role"] != "machine" for record in found.records)
        assert len(run.cells) == len(found.header["cells"])
        if page:
            report.write(run, path.parent)
    except PageIncomplete:  # a part of the page met what it could not bear
        raise
    except Damaged as error:
        assert str(path) in error.message
        assert error.hint
    except ConcexpError as error:
        assert error.message


def prefix(path, data, whole):
    """Reads a damaged journal; every record must be one of `whole`, the records that were written."""
    path.write_bytes(data)
    try:
        found = journal.read(path)
    except Damaged as error:
        assert str(path) in error.message
        return
    assert all(record in whole for record in found.records)


def sent(data):
    """Decodes the bytes of a child: an answer, the beginning of one, or a ValueError with a reason."""
    try:
        found = answer.decode(data)
    except ValueError as error:
        assert str(error)
    else:
        assert found is None or isinstance(found, dict)
