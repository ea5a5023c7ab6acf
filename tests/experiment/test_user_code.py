"""Names of user code -> Entries: files, modules, suites and the long form, none of it ever executed."""

import pytest

from concexp.errors import InputError
from concexp.experiment import load, parse_text
from tests.helpers.user_code import SHOUTS, problems


def test_classes_coroutines_and_context_managers_are_taken(read, write):
    """What can be called, or gives something to call, is an entry; what a decorator or an import makes is left to the import."""
    write(
        "mine.py",
        "import contextlib\nfrom json import loads\ntwice = lambda: 2\n"
        "class C:\n def __init__(self, size=1): pass\n def run(self): pass\n def f(self, n): pass\n"
        "async def co(n=1): pass\n"
        "@contextlib.contextmanager\ndef ready(k=1):\n yield print\n"
        "if True:\n def inside(): pass\n" + SHOUTS,
    )
    names = ["C", "{C: {size: 2}}", "{C.f: {n: 1}}", "co", "{ready: {k: 3}}", "inside", "twice", "{loads: {s: '1'}}"]
    texts = [name.replace("{", "{mine.py:", 1) if "{" in name else f"mine.py:{name}" for name in names]
    for text in texts:
        (entry,) = read(text)
        assert entry.is_user_code
        entry.build()
    assert not list(write("x", "").parent.glob("*.executed"))


def test_a_suite_is_an_entry_for_each_function(read, write):
    """`*` takes the functions and classes of a file that fit, in their order, labelled by their names; private ones unasked no."""
    write(
        "b.py",
        "def bench_b(n=1): pass\nasync def bench_a(n=2): pass\ndef other(): pass\ndef _bench_c(): pass\n" + SHOUTS,
    )
    assert [(e.label, e.name, e.parameters) for e in read("{b.py:bench_*: {n: 3}}")] == [
        ("bench_b", "b.py:bench_b", {"n": 3}),
        ("bench_a", "b.py:bench_a", {"n": 3}),
    ]
    assert [e.label for e in read("b.py:*")] == ["bench_b", "bench_a", "other"]
    assert [e.label for e in read("b.py:_b*")] == ["_bench_c"]
    assert [e.label for e in read("[sleep, b.py:o*]")] == ["sleep", "other"]


def test_a_suite_of_methods(read, write):
    """A pattern with a dot takes methods."""
    write("b.py", "class S:\n def setup(self): pass\n def time_a(self): pass\n def time_b(self): pass\n")
    assert [e.label for e in read("b.py:S.time_*")] == ["S.time_a", "S.time_b"]


def test_a_suite_needs_a_source(read):
    """What is in a built-in module is unknown without importing it."""
    (found,) = problems(read, "math:*")
    assert (found.message, found.hint) == (
        "math is not Python source, so its content is unknown",
        "name its functions",
    )


def test_the_long_form(read, write):
    """`call` has a target, its arguments, what is done with what it returns, and a check."""
    write("b.py", "def fib(n): pass\ndef right(v): pass\n" + SHOUTS)
    (entry,) = read("{call: {target: b.py:fib, arguments: {n: 3}, returns: seconds, check: b.py:right}, as: fib}")
    assert (entry.label, entry.name, entry.parameters, entry.returns) == ("fib", "b.py:fib", {"n": 3}, "seconds")
    assert entry.check.name == "b.py:right"
    plain = read("{call: {target: b.py:fib, arguments: {n: 3}}}")
    assert plain == read("{b.py:fib: {n: 3}}")
    assert [e.label for e in read("{call: {target: 'b.py:f*', arguments: {n: 1}, returns: nothing}}")] == ["fib"]


def test_an_argument_of_the_long_form_can_be_swept(read, write):
    """Its axis is the label and the argument's name."""
    write("b.py", "def fib(n=1): pass\n")
    text = "{call: {target: b.py:fib, returns: nothing}, as: f}"
    assert read(text, "sweep: {f.n: [1, 2]}\n")[0].accepts() == ("n",)


@pytest.mark.parametrize(
    ("text", "column", "path", "says", "cure"),
    [
        ("call", 11, "workload", "`call` needs a target", "call: {target: my.py:parse"),
        ("{call: {tarket: b.py:f}}", 12, "workload.call", "`call` needs a target", ""),
        ("{call: {target: b.py:f, check: b.py:g}}", 42, "workload.call.check", "defines no function 'g'", ""),
        ("{call: {target: b.py:f, check: b.py:C}}", 42, "workload.call.check", "C is not a plain function", ""),
        ("{call: {target: b.py:f, returns: second}}", 44, "workload.call.returns", "expected one of", "'seconds'"),
        ("{call: {target: b.py:f, arguments: 3}}", 46, "workload.call.arguments", "expected a map, not 3", ""),
        ("{call: {target: b.py:f, arguments: {x: 3}}}", 47, "workload.call.arguments.x", "no parameter 'x'", ""),
        ("{call: {target: b.py:g}}", 27, "workload.call.target", "defines no function 'g'", ""),
        ("{call: {target: b.py:f, n: 3}}", 35, "workload.call.n", "there is no key 'n' here", ""),
        ("{call: {target: 3}}", 27, "workload.call.target", "expected text, not 3", ""),
    ],
)
def test_what_is_wrong_with_the_long_form(read, write, text, column, path, says, cure):
    """Each mistake is told at its own key."""
    write("b.py", "def f(): pass\nclass C: pass\n")
    (found,) = problems(read, text)
    assert (found.line, found.column, found.path) == (1, column, path)
    assert says in found.message
    assert cure in found.hint


def test_how_it_is_timed_and_checked_is_part_of_what_is_measured(read, write):
    """Another check or another clock is another cell; a folder is not."""
    write("b.py", "def f(): pass\ndef right(v): pass\n")
    texts = ["b.py:f", "{call: {target: b.py:f, returns: seconds}}", "{call: {target: b.py:f, check: b.py:right}}"]
    chosen = [read(text)[0].non_default for text in texts]
    assert chosen[0] == {}
    assert len({repr(one) for one in chosen}) == 3
    assert not any("/" in repr(one) for one in chosen)


def test_named_numbers_that_are_returned_are_metrics(read, write):
    """`returned` and `returned.NAME` may be asked for, be claimed and be what counts most; a misspelt metric is told."""
    write("b.py", "def f(): pass\n")
    read("b.py:f", "metrics: [throughput, returned, returned.hits]\nprimary: returned.hits\n")
    claim = "claims: [{says: it hits, expect: 'returned.hits[serial] >= 3 and %s > 1'}]\n"
    (found,) = load(write("x.yaml", "workload: b.py:f\nmodel: [serial, threads]\n" + claim % "returned.hits")).claims
    assert found.metrics == ("returned.hits",)
    with pytest.raises(InputError, match=r"throughput\.hits"):
        load(write("x.yaml", "workload: b.py:f\nmodel: [serial, threads]\n" + claim % "throughput.hits"))
    for wrong in ("returned.", "returned.a b", "throughput.x", "return"):
        with pytest.raises(InputError, match="there is no metric"):
            read("b.py:f", f"metrics: ['{wrong}']\n")


@pytest.mark.parametrize(
    ("written", "cure"),
    [
        ("None", 'write null, or "None" in quotes'),
        ("yes", 'write true, or "yes" in quotes'),
        ("Off", 'write false, or "Off" in quotes'),
        ("[1, {a: NO}]", 'write false, or "NO" in quotes'),
        (".nan", "let the function make it"),
    ],
)
def test_an_argument_that_would_not_be_what_was_meant(read, write, written, cure):
    """A word of YAML 1.1 or of Python would reach the function as a text: refused in every place that gives arguments."""
    write("b.py", "def f(x=1): pass\n")
    for text, more, path in [
        (f"{{b.py:f: {{x: {written}}}}}", "", "workload.b.py:f.x"),
        (f"{{call: {{target: b.py:f, arguments: {{x: {written}}}}}}}", "", "workload.call.arguments.x"),
        ("{b.py:f: {x: 1}, as: f}", f"sweep: {{f.x: [[1], {written}]}}\n", "sweep.f.x[1]"),
        ("{b.py:f: {x: 1}, as: f}", f"sweep: {{f.x: [1, {{is: {written}, as: a}}]}}\n", "sweep.f.x[1]"),
    ]:
        with pytest.raises(InputError) as caught:
            read(text, more)
        (found,) = caught.value.problems
        assert found.path.startswith(path)
        assert cure in found.hint
        assert found.line > 0
    quoted = read("{b.py:f: {x: ['None', \"no\"]}}")[0]
    assert quoted.parameters == {"x": ["None", "no"]}


def test_arguments_have_the_types_of_yaml_1_2(read, write):
    """True is a flag, Null is None, 0x1F a number and .inf infinite: two values of a sweep are two things to measure."""
    write("b.py", "def f(x=1): pass\n")
    (entry,) = read("{b.py:f: {x: [True, FALSE, Null, 0x1F, 0o17, -.Inf, 'True']}}")
    assert entry.parameters["x"] == [True, False, None, 31, 15, float("-inf"), "True"]


def test_items_fill_the_first_parameter(read, write):
    """`over` names a list or a function of the user's; the parameter that gets the items is not missing."""
    write("mine.py", "ITEMS = [1, 2]\ndef work(item, size): pass\n" + SHOUTS)
    (entry,) = read("{call: {target: mine.py:work, over: mine.py:ITEMS, arguments: {size: 3}, returns: sent}, as: w}")
    assert (entry.over.function, entry.returns, entry.parameters) == ("ITEMS", "sent", {"size": 3})
    assert entry.non_default == {"size": 3, "returns:": "sent", "over:": "mine.py:ITEMS"}
    (problem,) = problems(read, "{call: {target: mine.py:work, over: mine.py:ITEMS}}")
    assert "work needs size" in problem.message
    (problem,) = problems(read, "{call: {target: mine.py:work, over: mine.py:ITEM, arguments: {size: 3}}}")
    assert problem.path.endswith("call.over")


ROLES = "def make(sync): pass\ndef take(sync): pass\ndef other(size): pass\n"


def test_two_roles_are_one_workload(tmp_path):
    """A producer and a consumer, each with or without the primitive; its load counts items."""
    (tmp_path / "b.py").write_text(ROLES)
    text = "workload: {call: {producer: b.py:make, consumer: b.py:take}, as: mine}\nmodel: threads\nsync: queue\n"
    (entry,) = parse_text(text, str(tmp_path / "x.yaml")).grids[0].workload
    request = entry.request()
    assert (entry.label, request["name"]) == ("mine", "_roles")
    assert (request["parameters"]["function"], request["parameters"]["consumer"]["function"]) == ("make", "take")
    assert request["parameters"]["takes_sync"]
    assert request["parameters"]["consumer"]["takes_sync"]
    assert "ops" in entry.plugin.load


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("{producer: b.py:make}", "a producer and a consumer"),
        ("{consumer: b.py:take}", "a producer and a consumer"),
        ("{producer: b.py:make, consumer: b.py:tale}", "defines no function 'tale'"),
        ("{producer: b.py:make, consumer: b.py:other}", "other needs size"),
        ("{producer: b.py:make, consumer: b.py:take, target: b.py:other}", "target"),
    ],
)
def test_roles_that_cannot_be_read(tmp_path, call, words):
    """A problem at its place."""
    (tmp_path / "b.py").write_text(ROLES)
    with pytest.raises(InputError) as caught:
        parse_text(f"workload: {{call: {call}, as: mine}}\nmodel: threads\n", str(tmp_path / "x.yaml"))
    assert any(words in problem.message for problem in caught.value.problems)
