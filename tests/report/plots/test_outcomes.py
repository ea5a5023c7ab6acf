"""The matrix of outcomes: what each model lost with each primitive, and who notices which fault."""

from concexp.report.answer import endings
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import alt_text


def test_shares_that_were_lost(tmp_path):
    """A panel per workload, a row per model, a column per primitive; what cannot run says so."""
    text = alt_text(tmp_path, "outcomes", **scenarios.syncs())
    assert text.startswith("Share of the updates lost, a field per cell. counter, threads: none 0, lock 0, rlock 0, ")
    assert ". counter, processes: none " in text
    assert (
        "counter, asyncio: none 0, lock 0, rlock cannot run, semaphore 0, condition 0. counter_call, threads: none "
        in text
    )


def test_nothing_lost_is_no_picture(tmp_path):
    """Nor is a run whose trials ended well."""
    made = scenarios.syncs()
    made["cells"] = [one for one in made["cells"] if one["axes"]["sync"] != "none"]
    assert alt_text(tmp_path, "outcomes", **made) is None
    assert alt_text(tmp_path / "scaling", "outcomes", **scenarios.scaling()) is None


def test_who_notices_which_fault(tmp_path):
    """A row per model and a column per fault: a time, or that it was never noticed."""
    cells = []
    for model in ("threads", "mp_pool"):
        for how in ("raise", "hang"):
            never = how == "hang" or model == "mp_pool"
            cells.append(journal_builder.cell("faulty", model, workers=2, status="timeout" if never else "failed",
                                              reason="no answer" if never else "ValueError", axes={"faulty.how": how}))  # fmt: skip
    spec = {"baseline": {}, "allow": [{"status": ["failed", "timeout"]}]}
    text = alt_text(tmp_path, "outcomes", cells=cells, spec=spec)
    assert text.endswith("threads: raise failed, hang timed out. mp_pool: raise timed out, hang timed out.")
    assert endings.NEVER == "never"


def test_a_fault_that_never_came_was_not_missed(tmp_path):
    """A trial that was over before its fault timed out, and nobody failed to notice anything."""
    known = {
        "loky": ("crashed", {"detected_s": 0.002, "undone": 9}),
        "mp_pool": ("timeout", {"detected_s": None, "undone": 9}),
        "ray": ("timeout", {}),
    }
    cells = [
        journal_builder.cell("faulty", model, workers=2, status=status, record=record)
        for model, (status, record) in known.items()
    ]
    spec = {"baseline": {}, "allow": [{"status": ["crashed", "timeout"]}]}
    text = alt_text(tmp_path, "outcomes", cells=cells, spec=spec)
    assert text.endswith("loky: 2.0 ms. mp_pool: never. ray: timed out.")


def test_one_axis_is_a_column(tmp_path):
    """Two forms of one model are two rows."""
    cells = [
        journal_builder.cell(form, "threads", workers=2, status="invalid" if form == "call" else "ok",
                             counts={"lost_updates": 10 if form == "call" else 0}, plugins={"workload": "counter"})
        for form in ("plain", "call")
    ]  # fmt: skip
    text = alt_text(tmp_path, "outcomes", cells=cells, spec={"baseline": {}})
    assert text.startswith("Share of the updates lost, a field per cell. plain: 0. call: 2.0 %.")


def test_forms_and_interpreters(tmp_path):
    """A row for each form, a column for each interpreter."""
    cells = [
        journal_builder.cell(form, "threads", workers=2, status="invalid" if python == "3.9" else "ok", axes={"python": python},
                             counts={"lost_updates": 10 if python == "3.9" else 0}, plugins={"workload": "counter"})
        for form in ("plain", "call")
        for python in ("3.9", "3.13")
    ]  # fmt: skip
    text = alt_text(tmp_path, "outcomes", cells=cells, spec={"baseline": {}})
    assert text.endswith("plain: 3.9 2.0 %, 3.13 0. call: 3.9 2.0 %, 3.13 0.")


def test_work_that_counts_nothing_has_no_field(tmp_path):
    """A sum that runs beside the counters, and the models that only it has, are in no row and no column."""
    cells = [
        journal_builder.cell(form, "threads", workers=2, status="invalid" if form == "call" else "ok", axes={"python": python},
                             counts={"lost_updates": 10 if form == "call" else 0}, plugins={"workload": "counter"})
        for form in ("plain", "call")
        for python in ("3.9", "3.13")
    ]  # fmt: skip
    cells += [
        journal_builder.cell("cpu_sum", model, workers=2, axes={"python": python})
        for model in ("threads", "processes")
        for python in ("3.9", "3.13")
    ]
    text = alt_text(tmp_path, "outcomes", cells=cells, spec={"baseline": {}})
    assert text.endswith("plain: 3.9 0, 3.13 0. call: 3.9 2.0 %, 3.13 2.0 %.")
