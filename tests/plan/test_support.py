"""Cells and what is known of their interpreter -> reasons."""

import pytest

from concexp.errors import EnvironmentRefused
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.plan.support import SupportCheck, absent, here
from concexp.trial.models import processes

# What interpreters say of themselves, as far as settings need it.
WITH_GIL = {"implementation": "CPython", "version": "3.13.0", "gil_built": True, "gil_enabled": True, "jit_built": None,
            "switch_interval": 0.005, "pins": True}  # fmt: skip
FREE_THREADED = {**WITH_GIL, "version": "3.14.0", "gil_built": False, "gil_enabled": False, "jit_built": False}
WITH_JIT = {**WITH_GIL, "version": "3.14.0", "jit_built": True}
PYPY = {**WITH_GIL, "implementation": "PyPy", "version": "3.9.16", "switch_interval": None, "pins": False}
CELLS = "workload: sleep\nmodel: [serial, threads]\n"


def judge(facts, refused=""):
    return SupportCheck(facts, lambda cells: [refused] * len(cells))


def plan(text, **judges):
    return make_plan(parse_text(text, "x.yaml"), 2, "", judges)


def reasons(sweep, **judges):
    """The different reasons of the cells of a sweep, in order; "" of those that can run."""
    return list(dict.fromkeys(cell.reason for cell in plan(f"{CELLS}sweep: {sweep}\n", **judges).cells))


@pytest.mark.parametrize(
    ("sweep", "facts", "expected"),
    [
        ("gil: [on, off]", WITH_GIL,
         ["", "CPython 3.13.0 is built with the GIL: only a free-threaded build can turn it off"]),
        ("gil: [on, off]", FREE_THREADED, [""]),
        ("jit: [off, on]", WITH_GIL, ["", "this build of CPython 3.13.0 has no JIT compiler to turn on"]),
        ("jit: [off, on]", FREE_THREADED, ["", "this build of CPython 3.14.0 has no JIT compiler to turn on"]),
        ("jit: [off, on]", WITH_JIT, [""]),
        ("switch_interval: [5ms, 1ms]", WITH_GIL, [""]),
        ("pin: [none, spread]", WITH_GIL, [""]),
        ("pin: [none, spread]", PYPY,
         ["", "PyPy 3.9.16 cannot pin workers to CPUs on this system: it has no os.sched_setaffinity"]),
    ],
)  # fmt: skip
def test_a_setting_needs_a_build_that_has_it(sweep, facts, expected):
    """What an interpreter says of itself decides, and the reason names it."""
    assert reasons(f"{{{sweep}, python: '3.14'}}", **{"3.14": judge(facts)}) == expected


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("switch_interval: 5ms", "PyPy 3.9.16 has no switch interval"),
        ("jit: on", "PyPy 3.9.16 has no compiler that could be switched"),
        ("jit: off", "PyPy 3.9.16 has no compiler that could be switched"),
        ("gil: off", "PyPy 3.9.16 is built with the GIL: only a free-threaded build can turn it off"),
    ],
)
def test_what_pypy_lacks(setting, reason):
    """The switches of CPython are none of PyPy's: its cells stay, and say so, beside those that run."""
    text = f"{CELLS}sweep: [{{python: pypy3.9, {setting}}}, {{python: current}}]\n"
    found = plan(text, **{"pypy3.9": judge(PYPY)})
    assert {cell.reason for cell in found.cells if cell.runtime.python == "pypy3.9"} == {reason}
    assert {cell.reason for cell in found.cells if cell.runtime.python == "current"} == {""}


def test_each_interpreter_judges_its_own_cells():
    """A combination is refused by the one and carried by the other; both are asked about their own cells alone."""
    asked = []

    def refuse(cells):
        asked.append({cell.runtime.python for cell in cells})
        return ["too new for it" if cell.model.name == "threads" else "" for cell in cells]

    found = plan(f"{CELLS}sweep: {{python: ['3.9', current]}}\n", **{"3.9": SupportCheck(WITH_GIL, refuse)})
    assert [(c.axes["model"], c.axes["python"], c.reason) for c in found.cells] == [
        ("serial", "3.9", ""),
        ("serial", "current", ""),
        ("threads", "3.9", "too new for it"),
        ("threads", "current", ""),
    ]
    assert asked == [{"3.9"}]
    assert {(t.cell.axes["model"], t.cell.axes["python"]) for t in found.trials if t.role == "measured"} == {
        ("serial", "3.9"), ("serial", "current"), ("threads", "current"),
    }  # fmt: skip


def test_an_interpreter_that_is_not_there_leaves_its_cells():
    """They are kept with the reason; only where nothing else can run the plan is refused."""
    text = f"{CELLS}sweep: {{python: [current, '3.99']}}\n"
    found = plan(text, **{"3.99": absent("no Python 3.99")})
    assert {cell.axes["python"]: cell.reason for cell in found.cells} == {"current": "", "3.99": "no Python 3.99"}
    with pytest.raises(EnvironmentRefused, match=r"no Python 3\.99"):
        plan(text.replace("current, ", ""), **{"3.99": absent("no Python 3.99")})


def test_who_was_not_asked_may_run_everything():
    """Without a judge for a label its cells are planned, and the plan says that nobody was asked."""
    found = plan(f"{CELLS}sweep: {{python: [current, {{is: ./python3, as: mine}}]}}\n")
    assert found.unprobed == ("mine",)
    assert not found.unsupported
    assert len(found.cells) == 4


def test_pinning_beside_a_background_is_refused():
    """Two roles on the same CPUs would measure each other."""
    text = f"{CELLS}background: cpu_sum\nsweep: {{background.workers: [0, 1], pin: [none, spread]}}\n"
    found = plan(text, current=judge(WITH_GIL))
    refused = {(c.axes["background.workers"], c.axes["pin"]) for c in found.unsupported}
    assert refused == {(1, "spread")}


def test_pins_may_be_an_axis_or_a_measure():
    """`measure.pin` holds for all cells, an axis `pin` for its own; both make another cell than none."""
    text = "workload: sleep\nmodel: threads\n"
    plain, measured = plan(text).cells[0], plan(text + "measure: {pin: compact}\n", current=judge(WITH_GIL)).cells[0]
    swept = plan(text + "sweep: {pin: [none, compact]}\n", current=judge(WITH_GIL)).cells
    assert [cell.runtime.settings.get("pin", "") for cell in (plain, measured, *swept)] == [
        "",
        "compact",
        "",
        "compact",
    ]
    assert len({cell.id for cell in (plain, measured, *swept)}) == 4


def test_settings_are_part_of_an_id_and_labels_are_not_the_whole():
    """The same label for another switch interval is another cell; however a flag is written, it is the same one."""
    head = "workload: sleep\nmodel: threads\n"
    one, two = (plan(f"{head}sweep: {{switch_interval: {{is: {value}, as: short}}}}\n") for value in ("1ms", "2ms"))
    assert one.cells[0].id != two.cells[0].id
    on, true = (plan(f"{head}sweep: {{gil: {value}}}\n").cells[0] for value in ("on", "true"))
    assert (on.id, on.axes["gil"]) == (true.id, "on")


def test_this_interpreter_tells_of_itself():
    """The judge for what runs this knows at least what settings need."""
    assert set(WITH_GIL) <= set(here().facts)


def test_what_a_trial_is_told():
    """Switches of the start go into the environment and the command line, what workers set themselves into the request.

    All that can be read back is.
    """
    sweep = "{gil: on, jit: off, switch_interval: 2ms, pin: spread, flags: -O, env.SOME: x, python: '3.14'}"
    runtime = plan(f"{CELLS}sweep: {sweep}\n", **{"3.14": judge(WITH_JIT)}).cells[0].runtime
    assert runtime.variables() == {"PYTHON_GIL": "1", "PYTHON_JIT": "0", "SOME": "x"}
    assert runtime.flags() == ["-O"]
    read_back = ["gil", "jit", "switch_interval", "pin", "flags"]
    assert runtime.request() == {"switch_interval": 0.002, "pin": "spread", "read_back": read_back}


def test_a_model_is_asked_once_what_it_lends(monkeypatch):
    """All cells of a model get the same tools: those of processes take longer to put together than the rest of a cell."""
    asked = []
    lent = processes.Model.primitives
    monkeypatch.setattr(processes.Model, "primitives", lambda self: asked.append(self) or lent(self))
    found = plan(
        "workload: cpu_sum\nmodel: processes\nsync: [none, lock]\nsweep: {workers: [1, 2], cpu_sum.size: [1, 2, 3]}\n"
    )
    assert len(found.cells) == 12
    assert len(asked) == 1
