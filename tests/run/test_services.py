"""What workloads need beside their interpreter, as the manifest records it."""

from importlib import metadata

from concexp import experiment
from concexp.plan.planner import make_plan
from concexp.run import services
from concexp.run.interpreters import interpreter
from concexp.run.provided import NOTHING
from tests.helpers.children import staged


def test_libraries_are_those_that_some_cell_needs(write):
    """With the versions of the interpreter that runs them; where none is needed nothing is asked."""
    text = "workload: [noop, matmul]\nmodel: [threads, {simulated: {serial: 1%}}]\n"
    plan = make_plan(experiment.load(write("x.yaml", text)), 2)
    pythons = {"current": interpreter.current(staged())}
    assert services.libraries(plan, pythons, staged()) == {"current": {"numpy": metadata.version("numpy")}}
    plain = make_plan(experiment.load(write("y.yaml", "workload: noop\nmodel: threads\n")), 2)
    assert services.libraries(plain, {}, staged()) == {}


def test_no_server_is_asked_where_none_is_needed(write):
    """An experiment over what concexp brings starts no child for that, and waits for no lock."""
    plan = make_plan(experiment.load(write("x.yaml", "workload: noop\nmodel: threads\n")), 2)
    assert services.ask_servers(plan, {}, staged(), None, NOTHING) == services.Answers({}, {})
