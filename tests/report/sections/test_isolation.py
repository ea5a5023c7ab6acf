"""What the page says of trials that are forks: what they share, and which of them were none."""

from concexp.report.sections import isolation, trust
from concexp.report.text.language import written_in
from concexp.report.view import View
from tests.helpers import journal_builder
from tests.helpers.journal_builder import cell

FORK = {"isolation": "fork"}
MEASURE = {"warmup": 1, "iterations": 2, "repetitions": 6, "timeout": "60s", "seed": 1, "isolation": "fork"}


def test_forks_say_what_they_share(tmp_path):
    """One sentence, among what makes the numbers less certain."""
    cells = [cell(runtime=FORK), cell(model="threads", workers=2, runtime=FORK)]
    view = View(journal_builder.write(tmp_path, cells, spec={"measure": MEASURE}))
    (sentence,) = isolation.threats(view)
    assert sentence.startswith(
        "12 trials are forks of a warm process of their interpreter, whose layout of memory, hash seed"
    )
    assert sentence in trust.threats(view)


def test_trials_that_were_not_forked_are_counted(tmp_path):
    """With the reason, and those that never are by their models."""
    failed = {"leaked": [], "not_forked": "the process that forks trials was killed by SIGKILL"}
    cells = [
        cell(runtime=FORK),
        cell(model="threads", workers=2, runtime=FORK, record=failed),
        cell(model="loky", workers=2),
    ]
    run = journal_builder.write(tmp_path, cells, spec={"measure": MEASURE})
    shared, instead, always = isolation.threats(View(run))
    assert shared.startswith("6 trials are forks")
    assert (
        instead == "6 trials had fresh processes instead of forks: the process that forks trials was killed by SIGKILL."
    )
    assert always == "Each trial of `loky` had a fresh process, which it needs."


def test_nothing_is_said_of_fresh_processes(tmp_path):
    """They are what a trial is."""
    assert isolation.threats(View(journal_builder.write(tmp_path, [cell()]))) == []


def test_an_axis_shows_which_trials_are_forks(tmp_path):
    """Fresh processes that were asked for are not named as an exception."""
    axes = {"isolation": "process"}, {"isolation": "fork"}
    cells = [cell(axes=axes[0]), cell(axes=axes[1], runtime=FORK)]
    (sentence,) = isolation.threats(View(journal_builder.write(tmp_path, cells, spec={"measure": MEASURE})))
    assert sentence.startswith("6 trials are forks")


def test_it_is_said_in_chinese(tmp_path):
    """The same sentence."""
    view = View(journal_builder.write(tmp_path, [cell(runtime=FORK)], spec={"measure": MEASURE}))
    with written_in("zh"):
        (sentence,) = isolation.threats(view)
    assert "fork" in sentence
    assert "哈希" in sentence
