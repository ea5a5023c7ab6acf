"""What is computed once for each run or view."""

from concexp.analysis.claims.verdicts import verdicts_of
from concexp.analysis.memo import once
from concexp.report.views import view_of
from tests.helpers import journal_builder, scenarios


class Holder:
    """Something that results are kept with."""

    def __init__(self):
        self.memo = {}


def test_each_holder_has_a_result_of_each_function():
    """Built once, None as well, and not shared between holders or functions of one name."""
    calls = []

    def build(of):
        calls.append(of)

    first, second = once(build), once(lambda of: len(of.memo))
    one, other = Holder(), Holder()
    assert [first(one), first(one), first(other)] == [None, None, None]
    assert calls == [one, other]
    assert (second(one), second(one)) == (1, 1)


def test_a_run_has_one_view_and_its_verdicts_once(tmp_path):
    """The page and the terminal share them."""
    run = journal_builder.write(tmp_path, **scenarios.scaling())
    assert view_of(run) is view_of(run)
    assert verdicts_of(run) is view_of(run).verdicts
