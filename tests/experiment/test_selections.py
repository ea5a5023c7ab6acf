"""`exclude:`, `allow:` and `baseline:`: what they may name, and where a mistake is."""

import pytest

from concexp.errors import InputError
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan

SHORT = (
    "workload: [cpu_sum, sleep]\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\nload: {ops: 64, scaling: strong}\n"
)
HEAD = "workload: [echo, sleep, {counter: {form: call}, as: cc}]\nmodel: [serial, threads, processes]\n"


def problems(text, **more):
    with pytest.raises(InputError) as caught:
        parse_text(text, "dir/01_a_b.yaml", **more)
    return caught.value.problems


def spec(sweep, more=""):
    return parse_text(f"{HEAD}sweep: {sweep}\n{more}", "x.yaml")


def problem(sweep, more=""):
    with pytest.raises(InputError) as caught:
        spec(sweep, more)
    (found,) = caught.value.problems
    return found


def test_without_serial_there_is_no_baseline():
    """The default baseline is serial, if it is there."""
    assert parse_text("workload: sleep\nmodel: threads\n", "x.yaml").baseline == {}


def test_a_conditions_mistake_is_told_where_it_stands():
    """A misspelt name in a condition, quoted or not, is told at its own column."""
    for text, column in (("exclude: [workers > 4*cpus and modle == serial]", 32), ("exclude: 'modle == serial'", 11)):
        (found,) = problems(SHORT + text + "\n")
        assert (found.line, found.column) == (5, column)
        assert found.hint == "did you mean 'model'?"


def test_an_unquoted_comma_in_a_condition():
    """Inside brackets a comma ends the condition: the cure is quotes."""
    found = problems(SHORT + "exclude: [min(workers, 2) == 2]\n")
    assert (found[0].line, found[0].column) == (5, 22)
    assert "a comma ends a value" in found[0].hint
    assert parse_text(SHORT + "exclude: ['min(workers, 2) == 2']\n", "x.yaml").grids


def test_exclude_of_all_grids_may_speak_of_what_one_has():
    """With several grids, the root's `exclude` knows the axes and labels of all of them."""
    spec = parse_text(
        "workload: sleep\nsweep: [{model: serial, startup: [once, each]}, {model: threads, workers: [1, 2]}]\n"
        "exclude: [{startup: each}, model == threads and workers > 1]\n",
        "x.yaml",
    )
    assert [(c.model.label, c.startup, c.workers) for c in make_plan(spec, 2).cells] == [
        ("serial", "once", None),
        ("threads", "once", 1),
    ]


def test_a_grids_own_exclude_knows_its_own_names():
    """A grid's `exclude` may not speak of another grid's axes."""
    text = (
        "workload: sleep\nmodel: threads\nsweep:\n- {workers: [1, 2], exclude: [workers > 1]}\n"
        "- {seed: 1, exclude: [{startup: each}]}\n- {startup: [once, each]}\n"
    )
    (found,) = problems(text)
    assert (found.line, found.path) == (5, "sweep[1].exclude[0].startup")


def test_a_selection_may_speak_of_the_second_role_where_there_are_several():
    """A background that no grid has is an error with a cure; with one background alone there is nothing to select."""
    grids = "sweep: [{background: regex, background.workers: 1}, {background: %s, background.workers: 1}]\n"
    text = "workload: echo\nmodel: threads\nexclude: [{background: rege}]\n" + grids
    (found,) = problems(text % "sort")
    assert (found.message, found.hint) == ("no background here has the label 'rege'", "did you mean 'regex'?")
    (found,) = problems(text % "regex")
    assert found.message == "there is no key 'background' here"


@pytest.mark.parametrize(
    ("more", "where", "says", "cure"),
    [
        ("exclude: [{python: 3.9}]\n", (4, 20), "no python here has the label 3.9", 'put it in quotes: "3.9"'),
        (
            "exclude: [{python: ['3.9', 3.10]}]\n",
            (4, 28),
            "no python here has the label 3.1",
            'put it in quotes: "3.10"',
        ),
        ("baseline: {python: '3.8'}\n", (4, 20), "no python here has the label '3.8'", ""),
        ("allow: [{gil: true, status: invalid}]\n", (4, 15), "no gil here has the label true", "known: off, on"),
    ],
)
def test_a_selection_of_texts_needs_texts(more, where, says, cure):
    """A version that YAML reads as a number, and a flag that it reads as a truth, would quietly select nothing."""
    found = problem("{python: [current, '3.9', '3.10'], gil: [on, off]}", more)
    assert (found.line, found.column) == where
    assert says in found.message
    assert cure in found.hint


@pytest.mark.parametrize("condition", ["python == 3.9", "3.10 == python", "python != 3.10", "'python in [3.9]'"])
def test_a_condition_on_texts_needs_quotes(condition):
    """… and so would a condition."""
    found = spec("{python: ['3.9', '3.10']}", f"exclude: [{condition}]\n")
    with pytest.raises(InputError, match="is a text here: put it in quotes"):
        make_plan(found, 2)
    with pytest.raises(InputError, match="is a text here: put it in quotes"):
        make_plan(spec("{python: ['3.9', '3.10']}"), 2, condition.strip("'"))


def test_a_condition_on_texts():
    """In quotes it selects."""
    found = make_plan(spec("{python: ['3.9', '3.10', current]}", "exclude: ['python == \"3.9\"']\n"), 2)
    assert {cell.axes["python"] for cell in found.cells} == {"3.10", "current"}


@pytest.mark.parametrize(
    ("answer", "path", "message", "hint"),
    [
        ("{compete: chunk}", "answer.compete", "no axis here is called 'chunk'", "known: workload"),
        ("{for_each: [worker]}", "answer.for_each", "no axis here is called 'worker'", "workers"),
        (
            "{compete: model, for_each: [model]}",
            "answer.for_each",
            "cannot both compete and be a condition",
            "one of the two",
        ),
        ("{versus: [[echo, nothing]]}", "answer.versus", "no workload here has the label 'nothing'", "known: "),
        ("{versus: [[echo]]}", "answer.versus", "a group needs two workloads at least", "competes with"),
        ("{by: latency}", "answer.by", "there is no metric 'latency'", ""),
        ("{by: returned.lag_ms}", "answer.by", "does not say which of two numbers is better", "better: lower"),
        ("{by: throughput, better: lower}", "answer.better", "the higher number is better", "leave out `better`"),
        ("{better: lower}", "answer.better", "no metric is named", "answer: {by: METRIC}"),
        ("{by: throughput, better: more}", "answer.better", "expected 'lower' or 'higher'", ""),
        ("{tell: throughput}", "answer.tell", "there is no key 'tell' here", "known: compete"),
        ("model", "answer", "expected a map", "compete"),
    ],
)
def test_what_competes_has_to_exist(answer, path, message, hint):
    """Axes, labels and keys of `answer:` that do not exist are problems with a place and a cure."""
    found = problem("{workers: [1, 2]}", f"answer: {answer}")
    assert found.path.startswith(path)
    assert message in found.message
    assert hint in found.hint
    assert found.line == 4


def test_one_name_is_a_list_of_one():
    """And one group of workloads needs no outer brackets."""
    answer = spec("{workers: [1, 2]}", "answer: {compete: workers, versus: [echo, sleep]}").answer
    assert answer.compete == ["workers"]
    assert answer.versus == [["echo", "sleep"]]


def test_the_metric_that_tells_is_measured():
    """Also a number that the user's own code returns; a metric that knows what is better need not be told."""
    found = spec("{workers: [1, 2]}", "answer: {by: returned.lag_ms, better: lower}")
    assert (found.answer.by, found.answer.better) == ("returned.lag_ms", "lower")
    assert "returned.lag_ms" in found.requested_metrics
    assert spec("{workers: [1, 2]}", "answer: {by: cpus_used, better: lower}").answer.by == "cpus_used"
    assert spec("{workers: [1, 2]}", "answer: {by: throughput}").answer.better is None
