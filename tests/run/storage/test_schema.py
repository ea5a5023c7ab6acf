"""The schema of a journal: every field is described, and what does not fit is named by its path and in fixed words."""

import pytest
from pydantic import BaseModel

from concexp import catalog
from concexp.analysis import frame
from concexp.run.storage import journal, schema
from concexp.run.storage.columns import StructColumn, pack
from concexp.run.storage.schema import header, iterations, trial, types
from concexp.run.storage.schema.iterations import iterations_mismatch
from concexp.run.storage.schema.trial import Answer, TrialRecord
from concexp.run.storage.schema.types import Part, first_mismatch
from tests.helpers import journal_builder, scenarios

MODELS = sorted(
    {
        model
        for module in (types, header, trial, iterations)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, Part) and model is not Part
    },
    key=lambda model: model.__name__,
)
GOOD = {"wall_s": 0.5, "ops": 3, "worker_ops": [1, 2], "counts": {"n": 1}, "latency": [[3, 1], [4, 2]], "cpu_s": None}
TIMELINE = {
    "end": 9, "more": 0,
    "workers": [{"index": 0, "made": 1, "came": 2, "grain": 0, "lined": None, "segments": [[1, 2, 3, 4, 5, {"a": 6}]]}],
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_described(model):
    """The models document the journal: each has a docstring of its own, and each field says what it holds."""
    assert model.__doc__ not in (None, BaseModel.__doc__, Part.__doc__)
    assert all(field.description for field in model.model_fields.values())


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({}, "workload is missing"),
        ({"workload": 1}, "workload: 1 cannot stand there"),
        ([], ": expected a map, not []"),
        ({"workload": "a", "model": "b", "sync": "c"}, "workers is missing"),
        ({"workload": "a", "model": "b", "sync": "c", "workers": 0}, "workers: 0 cannot stand there"),
        ({"workload": "a", "model": "b", "sync": "c", "workers": True}, "workers: True cannot stand there"),
        ({"workload": "a", "model": "b", "sync": "c", "workers": 2**63}, f"workers: {2**63} cannot stand there"),
    ],
)
def test_the_first_problem_is_named(value, says):
    """In the order of the fields, with its path, and whether it is missing, of the wrong kind or out of range."""
    assert str(first_mismatch(types.Axes.model_validate, value)) == says


def test_keys_of_later_versions_are_ignored():
    """What has no field is not checked."""
    axes = {"workload": "a", "model": "b", "sync": "c", "workers": None, "novelty": {"x": [1]}}
    assert first_mismatch(types.Axes.model_validate, axes) is None


def test_a_path_has_keys_and_indices():
    """Keys are joined by dots, indices stand in brackets, and long keys are cut."""
    wrong = types.Mismatch(("answer", "iterations", 3, "counts", "k" * 50), " is missing")
    assert str(wrong) == f"answer.iterations[3].counts.{'k' * 40} is missing"


def test_a_long_value_is_cut():
    """A message stays a line, whatever a forged journal holds."""
    assert types.shown("x" * 100) == "'" + "x" * 56 + "…"


def test_a_part_of_a_value_is_not_named_where_the_whole_does_not_fit():
    """A claim is a map or a list of maps: what does not fit either is named as a whole."""
    spec = {"name": "a", "question": "b", "primary": "c", "measure": {}, "claims": [{"expect": 1}]}
    wrong = str(first_mismatch(header.Spec.model_validate, spec))
    assert wrong == "claims: [{'expect': 1}] cannot stand there"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("wall_s", "1", ".wall_s: '1' cannot stand there"),
        ("worker_ops", 3, ".worker_ops: expected a list, not 3"),
        ("worker_ops", [1, "2"], ".worker_ops[1]: '2' cannot stand there"),
        ("counts", [1], ".counts: expected a map, not [1]"),
        ("counts", {"n": None}, ".counts.n: None cannot stand there"),
        ("latency", [], ".latency: [] cannot stand there"),
        ("latency", [[4, 1], [3, 1]], ".latency: [[4, 1], [3, 1]] cannot stand there"),
        ("latency", [[3, 0]], ".latency: [[3, 0]] cannot stand there"),
        ("worker_waits", {}, ".worker_waits: {} cannot stand there"),
        ("timeline", {"end": 1, "more": 0}, ".timeline.workers is missing"),
        ("timeline", {**TIMELINE, "workers": [{**TIMELINE["workers"][0], "segments": [[1]]}]},
         ".timeline.workers[0].segments[0]: [1] cannot stand there"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("packed", [True, False])
def test_a_fact_that_does_not_fit_is_named_with_its_iteration(name, value, says, place, packed):
    """Whichever iteration it is in, and whether or not the iterations are kept as columns."""
    rows = [{**GOOD, name: GOOD.get(name)} for _ in range(3)]
    rows[place][name] = value
    if packed:
        rows = pack(rows)
        assert isinstance(rows, StructColumn)
    assert str(iterations_mismatch(rows)) == f"[{place}]{says}"


@pytest.mark.parametrize(
    "rows", [[GOOD], [GOOD, {}], [GOOD, {**GOOD, "timeline": TIMELINE}], [{"novelty": object()}], []]
)
def test_iterations_that_fit(rows):
    """Facts may differ between iterations, be absent or be unknown to this version."""
    assert iterations_mismatch(rows) is None
    assert iterations_mismatch(pack(rows)) is None


def test_what_fits_by_its_type_is_not_looked_at_again(monkeypatch):
    """Numbers that are kept as an array, and facts that are missing: most columns of a trial are one or the other."""
    asked = []
    column = iterations._column
    monkeypatch.setattr(iterations, "_column", lambda kind: asked.append(kind) or column(kind))
    rows = pack(
        [{"wall_s": 0.5 + row, "ops": 3, "user_s": None, "counts": None, "worker_ops": [1, 2]} for row in range(3)]
    )
    assert iterations_mismatch(rows) is None
    assert asked == ["numbers"]


@pytest.mark.parametrize(("rows", "says"), [(5, ": expected a list, not 5"), ([{}, 5], "[1]: expected a map, not 5")])
def test_what_are_no_iterations(rows, says):
    """Iterations are a list of maps."""
    assert str(iterations_mismatch(rows)) == says


def test_each_probe_declares_columns_of_known_kinds():
    """What a probe records is checked without naming the probe here."""
    for name in catalog.names("probe"):
        columns = catalog.load("probe", name).columns
        assert set(columns.values()) <= set(iterations.KINDS), name
        assert columns.items() <= iterations.kinds().items()


def test_a_journal_with_another_versions_probe_is_read(monkeypatch):
    """A column whose probe this version lacks is ignored."""
    iterations.kinds.cache_clear()
    monkeypatch.setattr(catalog, "names", lambda kind: [])
    try:
        assert iterations_mismatch([{**GOOD, "latency": "anything"}]) is None
        assert iterations_mismatch([{**GOOD, "wall_s": "x"}]) is not None
    finally:
        iterations.kinds.cache_clear()


def test_roles_are_words():
    """Pages show a role as it is."""
    assert schema.ROLE.fullmatch("sentinel")
    assert not schema.ROLE.fullmatch("<b>")


def test_every_key_that_is_written_or_read_is_known():
    """What has no field is dropped on reading, so nothing that a table needs may lack one."""
    assert {*frame.RECORD, *frame.FAULT} <= set(TrialRecord.model_fields)
    assert set(frame.ANSWER.values()) <= set(Answer.model_fields)


def test_unknown_keys_are_not_kept(tmp_path):
    """Of a line and of its answer; a later version's journal, or a stranger's, may hold anything under them."""
    journal_builder.write(tmp_path, **scenarios.partly_withheld())
    (path,) = tmp_path.rglob("journal.jsonl")
    lines = [journal.decode(line) for line in path.read_bytes().splitlines()]
    expected = schema.read(path).records
    previous, written = None, []
    for line in lines:
        line["later"] = [[]] * 9
        if isinstance(line.get("answer"), dict):
            line["answer"]["later"] = {"x": []}
        written.append(journal.encode(line, previous))
        previous = journal.checksum_of(written[-1][:-1])
    path.write_bytes(b"".join(written))
    assert schema.read(path).records == expected
